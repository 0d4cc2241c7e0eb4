/** A 2.x charger with a device model that a test writes; it tells and takes variables as OCPP 2.0.1 part 2 has it. */
import { nameOf } from '../../adapters/ocpp/v201/variables.ts';
import type { Payload } from '../harness/scripted-charger.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { dialV2, type V2Charger, type Version } from './v2-charger.ts';

export interface Variable {
  value: string;
  mutability?: 'ReadOnly' | 'ReadWrite' | 'WriteOnly';
  /** The most that it can be. */
  max?: number;
  /** What comes of writing it, other than Accepted. */
  answer?: string;
}

export interface Device {
  /** By `Component.Variable[instance]`. */
  variables: Record<string, Variable>;
  /** Most variables that it can be asked for at a time. */
  most: number;
  /** GetBaseReport: so many variables a part, in this order of the parts; a word: its status, and nothing comes. */
  reports: { size: number; backwards?: boolean } | string;
  /** GetVariables is answered with this error. */
  refuses?: string;
  /** Answers otherwise; undefined: as it should. */
  answer?: (action: string, payload: Payload) => Payload | string | undefined;
}

/** A site that goes through configurations at once; `more` is what `ocpp` says besides. */
export function startDeviceSite(more = '', sections = ''): Promise<TestSite> {
  return startTestSite({
    yaml: `
ocpp:
  host: 127.0.0.1
  port: 0
  unknown-chargers: accept
  call-timeout: 1
  quiet-after-boot: 0
  ${more.includes('meter-interval') ? '' : 'meter-interval: 0'}
${more.replaceAll(/^/gm, '  ')}
models: [{ vendor: V, quirks: { call-pause: 0 } }]
${sections.includes('authorization:') ? '' : 'authorization: { local-lists: leave }'}
${sections}
`,
  });
}

interface Entry {
  component: Payload;
  variable: Payload;
  attributeValue?: string;
}

const entriesOf = (payload: Payload, key: string): Entry[] => (payload[key] ?? []) as Entry[];

function find({ variables }: Device, { component, variable }: Entry): [string, Variable] | undefined {
  const name = nameOf(component, variable)?.toLowerCase();
  return Object.entries(variables).find(([key]) => key.toLowerCase() === name);
}

/** As a name is written on the wire. */
export function placeOf(name: string): Payload {
  const match = /^(\w+)(?:#(\d+)(?:\.(\d+))?)?\.(\w+)(?:\[(\w+)\])?$/.exec(name)!;
  const [, component, evse, connector, variable, instance] = match;
  const at = evse && { evse: { id: Number(evse), ...(connector && { connectorId: Number(connector) }) } };
  return { component: { name: component, ...at }, variable: { name: variable, ...(instance && { instance }) } };
}

/** Connects it; it does not boot by itself. */
export async function plugDevice(site: TestSite, id: string, version: Version, device: Device): Promise<V2Charger> {
  const charger = await dialV2(site.urls.ocpp, id, version, Date.now, (action, payload) => {
    const other = device.answer?.(action, payload);
    if (other !== undefined) return other;
    if (action === 'GetVariables') return get(device, payload);
    if (action === 'SetVariables') return set(device, payload);
    if (action === 'GetLocalListVersion') return { versionNumber: 0 };
    if (action !== 'GetBaseReport') return { status: 'Accepted' };
    if (typeof device.reports === 'string') return { status: device.reports };
    const parts = partsOf(device, device.reports);
    // After its answer is out.
    setImmediate(() => void tell(charger, parts, payload['requestId']));
    return { status: 'Accepted' };
  });
  return charger;
}

function partsOf({ variables }: Device, { size, backwards = false }: { size: number; backwards?: boolean }) {
  const all = Object.entries(variables).map(([name, { value, mutability = 'ReadWrite', max }]) => ({
    ...placeOf(name),
    variableAttribute: [{ mutability, ...(mutability !== 'WriteOnly' && { value }) }],
    variableCharacteristics: {
      dataType: 'string',
      supportsMonitoring: false,
      ...(max !== undefined && { maxLimit: max }),
    },
  }));
  const count = Math.ceil(all.length / size);
  const parts = Array.from({ length: count }, (_, at) => ({
    seqNo: at,
    ...(at < count - 1 && { tbc: true }),
    reportData: all.slice(at * size, (at + 1) * size),
  }));
  return backwards ? parts.toReversed() : parts;
}

async function tell(charger: V2Charger, parts: Payload[], requestId: unknown): Promise<void> {
  for (const part of parts)
    await charger.send('NotifyReport', { requestId, generatedAt: new Date().toISOString(), ...part });
}

function get(device: Device, payload: Payload): Payload | string {
  if (device.refuses !== undefined) return device.refuses;
  const asked = entriesOf(payload, 'getVariableData');
  if (asked.length > device.most) return 'OccurrenceConstraintViolation';
  return {
    getVariableResult: asked.map((entry) => {
      const [, found] = find(device, entry) ?? [];
      const attributeStatus = !found ? 'UnknownVariable' : found.mutability === 'WriteOnly' ? 'Rejected' : 'Accepted';
      return { ...entry, attributeStatus, ...(attributeStatus === 'Accepted' && { attributeValue: found?.value }) };
    }),
  };
}

function set(device: Device, payload: Payload): Payload {
  return {
    setVariableResult: entriesOf(payload, 'setVariableData').map(({ attributeValue = '', ...entry }) => {
      const [name, found] = find(device, { ...entry }) ?? [];
      const attributeStatus = !found
        ? 'UnknownComponent'
        : (found.answer ?? (found.mutability === 'ReadOnly' ? 'Rejected' : 'Accepted'));
      if (name && found && /Accepted|Reboot/.test(attributeStatus))
        device.variables[name] = { ...found, value: attributeValue };
      return { ...entry, attributeStatus };
    }),
  };
}
