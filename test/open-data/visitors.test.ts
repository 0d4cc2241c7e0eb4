import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestSite } from '../harness/gateway.ts';
import { expectContract } from '../contract/ocpi/check.ts';

interface Location {
  last_updated: string;
  evses: { last_updated: string; capabilities: string[]; parking_restrictions?: string[]; parking?: unknown }[];
}

const charger = (more: string): string => `
chargers:
  - { id: BAY-1, ${more} evses: [{ id: 1, connectors: [{ id: 1 }] }] }
`;

describe('what the file says for those who come to charge', () => {
  let directory: string;
  let now = Date.UTC(2026, 10, 21, 12);
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'chargegate-visitors-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** The Location as the cloud sees it after a start with this file, in both versions. */
  async function told(yaml: string): Promise<Record<'2.3.0' | '2.2.1', Location>> {
    now += 60_000;
    const site = await startTestSite({ yaml, directory, clock: () => now });
    const read = async (version: '2.3.0' | '2.2.1'): Promise<Location> => {
      const { body } = await site.ocpiGet(`/cpo/${version}/locations`);
      const [location] = body.data as Location[];
      expectContract(version, 'location', location);
      return location!;
    };
    const both = { '2.3.0': await read('2.3.0'), '2.2.1': await read('2.2.1') };
    await site.stop();
    return both;
  }

  it('is told to peers in both versions, as far as each has words for it', async () => {
    const both = await told(
      charger('payment: [credit-card, pin-pad], vehicle-types: [bus],').replace(
        'id: 1, connectors',
        'id: 1, parking-restrictions: [taxis, plugged], connectors',
      ),
    );
    const [newer, older] = [both['2.3.0'].evses[0]!, both['2.2.1'].evses[0]!];
    for (const evse of [newer, older])
      expect(evse.capabilities).toEqual(expect.arrayContaining(['RFID_READER', 'CREDIT_CARD_PAYABLE', 'PED_TERMINAL']));
    expect(newer.parking_restrictions).toEqual(['TAXIS', 'PLUGGED']);
    expect(older.parking_restrictions).toEqual(['PLUGGED']);
    expect(newer.parking).toEqual([{ parking_id: 'BAY-1-1' }]);
    expect(older).not.toHaveProperty('parking');
    expect(both['2.3.0']).toMatchObject({
      parking_places: [
        { id: 'BAY-1-1', vehicle_types: ['BUS'], restricted_to_type: false, reservation_required: false },
      ],
    });
    expect(both['2.2.1']).not.toHaveProperty('parking_places');
  });

  it('is a change of the EVSE to those who poll, and none when the file stays as it is', async () => {
    const stamp = async (yaml: string): Promise<string> => (await told(yaml))['2.3.0'].evses[0]!.last_updated;
    const first = await stamp(charger(''));
    expect(await stamp(charger(''))).toBe(first);
    const paid = await stamp(charger('payment: [debit-card],'));
    expect(paid > first).toBe(true);
    expect(await stamp(charger('payment: [debit-card],'))).toBe(paid);
    expect((await stamp(charger(''))) > paid).toBe(true);
  });
});
