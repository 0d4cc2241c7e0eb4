import { createRequire } from 'node:module';
// a CommonJS package
import ocppRpc from 'ocpp-rpc';
import { asRecord } from './wire.ts';

type Validator = ReturnType<typeof ocppRpc.createValidator>;

/**
 * Validators that ocpp-rpc lacks for this version: it names 2.1's schemas otherwise (`urn:HeartbeatRequest`) than it
 * looks for them (`urn:Heartbeat.req`), so that its own strict mode refuses every call.
 */
export function strictValidators(protocol: string): Validator[] {
  if (protocol !== 'ocpp2.1') return [];
  const schemas: unknown = createRequire(import.meta.url)('ocpp-rpc/lib/schemas/ocpp2_1.json');
  const named = JSON.parse(JSON.stringify(schemas), mend) as object[];
  return [ocppRpc.createValidator(protocol, named)];
}

function mend(key: string, value: unknown): unknown {
  if (key === '$id')
    return String(value)
      .replace(/Request$/, '.req')
      .replace(/Response$/, '.conf');
  // its lists of words carry a rule for objects, over which the validator complains on the console
  const { additionalProperties, ...rest } = asRecord(value);
  return 'enum' in rest && additionalProperties !== undefined ? rest : value;
}
