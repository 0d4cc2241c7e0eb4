import { isRecord } from '../lenient.ts';
import type { VendorMessages } from './index.ts';

const KEY_CHARS = 4096;

/**
 * How chargers with meters under German calibration law announce the public keys of their meters, whoever made them:
 * `{"meters": [{"connectorId": 1, "meterSerial": "…", "type": "SIGNATURE", "publicKey": "<hex>"}]}`. Signed readings are
 * checked with these.
 */
export const meterConfiguration: VendorMessages = {
  vendor: 'generalConfiguration',
  messages: {
    setMeterConfiguration: (data) => {
      const meters = metersOf(data);
      return meters.length > 0 && meters.every(isMeter);
    },
  },
};

function metersOf(data: string | null): unknown[] {
  try {
    const content: unknown = JSON.parse(data ?? '');
    return isRecord(content) && Array.isArray(content['meters']) ? content['meters'] : [];
  } catch {
    // Not JSON: no meters.
    return [];
  }
}

function isMeter(meter: unknown): boolean {
  if (!isRecord(meter)) return false;
  const { connectorId, publicKey } = meter;
  return (
    Number.isInteger(connectorId) &&
    typeof publicKey === 'string' &&
    publicKey.length <= KEY_CHARS &&
    /^[0-9a-f]+$/i.test(publicKey)
  );
}
