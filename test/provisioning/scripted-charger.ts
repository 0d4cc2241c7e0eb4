import type { ConfigurationBody } from '../../adapters/console/routes/configuration.ts';
import { createRawCharger } from '../../adapters/simulator/raw-charger.ts';
import { wallClock, type Clock } from '../../gateway/domain/time.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

type Payload = Record<string, unknown>;

/** What a charger answers a call with: a payload, an error, or nothing at all. */
export type Reply = { payload: Payload } | { error: string } | 'silence';

export interface Key {
  value: string | null;
  readonly?: boolean;
}

export interface Script {
  /** The keys it has; ChangeConfiguration writes into it. */
  keys: Record<string, Key>;
  /** Answers that differ from those of an honest charger; undefined: as that one. */
  answer?: (action: string, payload: Payload) => Reply | Promise<Reply> | undefined;
  /** Default: Scripted One. */
  make?: Payload;
}

/** A charger whose answers a test writes. */
export interface ScriptedCharger {
  /** Every call it got, oldest first. */
  calls: { action: string; payload: Payload }[];
  /** What it got of one action. */
  of(action: string): Payload[];
  /** Resolves with the payload of call number `at` of this action, the first by default. */
  called(action: string, at?: number): Promise<Payload>;
  send(action: string, payload?: Payload): Promise<Payload>;
  boot(): Promise<Payload>;
  /** The socket is gone without a word. */
  drop(): void;
}

export const KEYS = {
  SupportedFeatureProfiles: { value: 'Core,RemoteTrigger', readonly: true },
  NumberOfConnectors: { value: '2', readonly: true },
  HeartbeatInterval: { value: '300' },
  MeterValueSampleInterval: { value: '60' },
  MeterValuesSampledData: { value: 'Energy.Active.Import.Register' },
} as const satisfies Record<string, Key>;

/** A site that provisions at once; `more` is what `ocpp` says besides, and whole sections after it. */
export function startSite(more = '', sections = '', clock: Clock = wallClock, directory?: string): Promise<TestSite> {
  return startTestSite({
    clock,
    ...(directory !== undefined && { directory }),
    yaml: `
ocpp:
  host: 127.0.0.1
  port: 0
  unknown-chargers: accept
  call-timeout: 2
  quiet-after-boot: 0
  ${more.includes('meter-interval') ? '' : 'meter-interval: 0'}
${more.replaceAll(/^/gm, '  ')}
${sections.includes('models:') ? '' : 'models: [{ vendor: Scripted, quirks: { call-pause: 0 } }]'}
${sections}
`,
  });
}

/** Connects a charger that answers by its script; it does not boot by itself. */
export async function connectScripted(
  site: { urls: { ocpp: string } },
  id: string,
  script: Script,
): Promise<ScriptedCharger> {
  const calls: ScriptedCharger['calls'] = [];
  const watchers = new Set<() => void>();
  const raw = await createRawCharger(site.urls.ocpp + id, {
    protocols: ['ocpp1.6'],
    onText(text) {
      const [type, messageId, action, payload] = JSON.parse(text) as [number, string, string, Payload];
      if (type !== 2) return;
      const reply = script.answer?.(action, payload) ?? honest(script, action, payload);
      const send = (given: Reply): void => {
        if (given === 'silence') return;
        raw.send(
          JSON.stringify('payload' in given ? [3, messageId, given.payload] : [4, messageId, given.error, '', {}]),
        );
      };
      // Who waits for the call may drop the line, so an answer at hand is sent first.
      if (reply instanceof Promise) void reply.then(send);
      else send(reply);
      calls.push({ action, payload });
      for (const watcher of watchers) watcher();
    },
  });
  const of = (action: string): Payload[] => calls.filter((call) => call.action === action).map((call) => call.payload);
  async function send(action: string, payload: Payload = {}): Promise<Payload> {
    const answer = await raw.call(action, payload);
    if (answer[0] !== 3) throw new Error(`${action} was answered ${JSON.stringify(answer)}`);
    return answer[2] as Payload;
  }
  return {
    calls,
    of,
    called(action, at = 0) {
      return new Promise((resolve) => {
        const look = (): void => {
          const payload = of(action)[at];
          if (!payload) return;
          watchers.delete(look);
          resolve(payload);
        };
        watchers.add(look);
        look();
      });
    },
    send,
    boot: () =>
      send('BootNotification', {
        chargePointVendor: 'Scripted',
        chargePointModel: 'One',
        firmwareVersion: '1.0',
        ...script.make,
      }),
    drop: () => raw.destroy(),
  };
}

function honest({ keys }: Script, action: string, payload: Payload): Reply {
  if (action === 'GetConfiguration') return { payload: readKeys(keys, payload['key'] as string[] | undefined) };
  if (action === 'ChangeConfiguration') return { payload: { status: writeKey(keys, payload) } };
  if (action === 'GetLocalListVersion') return { payload: { listVersion: 0 } };
  if (action === 'Reset') return { payload: { status: 'Accepted' } };
  return { error: 'NotImplemented' };
}

/** Key names without case, as the standard has it. */
export function readKeys(keys: Record<string, Key>, wanted: string[] = Object.keys(keys)): Payload {
  const found = wanted.map((name) => ({ name, entry: entryOf(keys, name) }));
  return {
    configurationKey: found.flatMap(({ entry }) =>
      entry ? [{ key: entry[0], readonly: entry[1].readonly ?? false, ...textOf(entry[1]) }] : [],
    ),
    unknownKey: found.filter(({ entry }) => !entry).map(({ name }) => name),
  };
}

const textOf = ({ value }: Key): Payload => (value === null ? {} : { value });

function entryOf(keys: Record<string, Key>, name: unknown): [string, Key] | undefined {
  return Object.entries(keys).find(([key]) => key.toLowerCase() === String(name).toLowerCase());
}

/** Writes a key as an honest charger does; gives its status. */
export function writeKey(keys: Record<string, Key>, { key, value }: Payload): string {
  const entry = entryOf(keys, key);
  if (!entry) return 'NotSupported';
  if (entry[1].readonly) return 'Rejected';
  keys[entry[0]] = { ...entry[1], value: String(value) };
  return 'Accepted';
}

/** Asks the operator API. */
export async function api<Body>(
  site: TestSite,
  path: string,
  method = 'GET',
  body?: object,
): Promise<{ status: number; body: Body }> {
  const response = await fetch(new URL(`api/${path}`, site.urls.console), {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

/** How each wanted key of the charger stands, as the operator sees it. */
export async function states(site: TestSite, id: string): Promise<Record<string, string>> {
  const { body } = await api<ConfigurationBody>(site, `chargers/${id}/configuration`);
  return Object.fromEntries(body.keys.flatMap(({ key, desired }) => (desired ? [[key, desired.state]] : [])));
}
