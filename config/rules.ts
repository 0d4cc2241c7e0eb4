import { nearest } from './names.ts';
import type { ConfigDocument } from './schema.ts';

/** A document some of whose values were faulty and are missing. */
export type Draft<T> = T extends readonly (infer Item)[]
  ? (Draft<Item> | undefined)[]
  : T extends object
    ? { [Key in keyof T]?: Draft<T[Key]> | undefined }
    : T;

type DescribedConnector = Draft<ConfigDocument['chargers'][number]['evses'][number]['connectors'][number]>;
type ConnectorDraft = DescribedConnector | Draft<ConfigDocument['defaultConnector']>;

/** The file behind the draft. Paths are in the file's own spelling. */
export interface Source {
  /** Does the file itself say this key? */
  given(path: string): boolean;
  /** Tells of a fault, and of the earlier place that it collides with. */
  report(path: string, message: string, earlier?: string): void;
}

/**
 * What no single key can tell: ids that repeat, tariffs that are not there, ports that collide. Values that are missing
 * were reported before and are passed over.
 */
export function checkRules(draft: Draft<ConfigDocument>, source: Source): void {
  checkListeners(draft, source);
  checkOpeningTimes(draft.site?.openingTimes ?? {}, source);
  checkChargers(draft, source);
  checkTariffReferences(draft, source);
  checkTariffLists(draft, source);
  checkPower(draft, source);
  const { tariffs = [], tokens = [], peers = [] } = draft;
  unique(source, tariffs, (item, index) => ({ key: item?.id?.toLowerCase(), path: `tariffs[${index}].id` }));
  for (const [index, tariff] of tariffs.entries())
    checkElements(tariff?.elements ?? [], `tariffs[${index}].elements`, source);
  unique(source, tokens, (item, index) => ({
    key: item?.uid === undefined || item.type === undefined ? undefined : `${item.type} ${canonicalUid(item.uid)}`,
    path: `tokens[${index}].uid`,
  }));
  unique(source, peers, (item, index) => ({ key: item?.name?.toLowerCase(), path: `peers[${index}].name` }));
  unique(source, peers, (item, index) => ({
    key: item?.inboundToken ?? undefined,
    path: `peers[${index}].inbound-token`,
  }));
  checkReaders(draft.readers ?? [], source);
  checkMqtt(draft.mqtt ?? {}, source);
  for (const [index, item] of peers.entries()) checkPeerTls(item ?? {}, `peers[${index}]`, source);
}

function checkReaders(readers: Draft<ConfigDocument['readers']>, source: Source): void {
  unique(source, readers, (item, index) => ({ key: item?.id?.toLowerCase(), path: `readers[${index}].id` }));
  unique(source, readers, (item, index) => ({ key: item?.path, path: `readers[${index}].path` }));
  for (const [index, item] of readers.entries()) {
    if (item?.protocol === 'osdp' && item.osdp === null)
      source.report(`readers[${index}].osdp`, 'is missing: say which readers are on the line, by their addresses');
    const own: [string, unknown][] = [
      ['ascii', item?.ascii],
      ['twn4', item?.twn4],
      ['modbus-rtu', item?.modbusRtu],
      ['osdp', item?.osdp],
    ];
    for (const [protocol, given] of own)
      if (given !== null && given !== undefined && item?.protocol !== undefined && item.protocol !== protocol)
        source.report(`readers[${index}].${protocol}`, `does nothing: the reader speaks ${item.protocol}`);
  }
}

function checkMqtt({ url, username, password, tls }: Draft<ConfigDocument['mqtt']>, source: Source): void {
  if (typeof password === 'string' && username === null)
    source.report('mqtt.password', 'is given without username: a broker takes them together');
  if (!tls) return;
  const { certificatePath, keyPath } = tls;
  if (typeof certificatePath === 'string' && keyPath === null)
    source.report('mqtt.tls.certificate-path', 'is given without key-path: a certificate is shown with its key');
  if (typeof keyPath === 'string' && certificatePath === null)
    source.report('mqtt.tls.key-path', 'is given without certificate-path: say which certificate it is the key of');
  if (url?.startsWith('mqtt:'))
    source.report('mqtt.tls', 'does nothing, as mqtt.url is an mqtt:// URL: make it mqtts://');
}

function checkPeerTls(
  { tls, versionsUrl }: Draft<ConfigDocument['peers'][number]>,
  path: string,
  source: Source,
): void {
  if (!tls) return;
  const { authoritiesPath, certificatePath, keyPath } = tls;
  if (typeof certificatePath === 'string' && keyPath === null)
    source.report(`${path}.tls.certificate-path`, 'is given without key-path: a certificate is shown with its key');
  if (typeof keyPath === 'string' && certificatePath === null)
    source.report(`${path}.tls.key-path`, 'is given without certificate-path: say which certificate it is the key of');
  if (authoritiesPath === null && certificatePath === null && keyPath === null)
    source.report(
      `${path}.tls`,
      'says nothing: give authorities-path, or certificate-path and key-path, or leave it out',
    );
  if (versionsUrl?.startsWith('http:'))
    source.report(`${path}.tls`, `does nothing, as ${path}.versions-url is an http:// URL: make it https://`);
}

function checkListeners(draft: Draft<ConfigDocument>, source: Source): void {
  const listeners = [
    ['ocpp', draft.ocpp?.port],
    ['ocpi', draft.ocpi?.port],
    ['console', draft.console?.port],
    // Without it, nothing is opened there.
    ['open-data', draft.openData?.publish === true ? draft.openData.port : undefined],
  ] as const;
  const given = (section: string) => Number(source.given(`${section}.port`));
  const taken = new Map<number, string>();
  // Of two that collide, the one that the file says is told of.
  for (const [section, port] of listeners.toSorted(([a], [b]) => given(a) - given(b))) {
    if (port === undefined || port === 0) continue;
    const other = taken.get(port);
    if (other === undefined) taken.set(port, section);
    else
      source.report(`${section}.port`, `is ${port}, which is ${other}.port too: each server needs a port of its own`);
  }
  const host = draft.console?.host;
  if (host !== undefined && !isLoopback(host) && draft.console?.token === null) {
    source.report('console.host', `is ${host}, which others can reach: set console.token or console.token-file`);
  }
}

function checkOpeningTimes(times: Draft<ConfigDocument['site']['openingTimes']>, source: Source): void {
  const { twentyFourSeven, hours = [] } = times;
  if (twentyFourSeven === true && hours.length > 0)
    source.report('site.opening-times.hours', 'says hours, but twenty-four-seven is true: leave one of them out');
  if (twentyFourSeven === false && hours.length === 0)
    source.report('site.opening-times.twenty-four-seven', 'is false: say the hours');
  for (const [index, period] of hours.entries())
    if (period?.from !== undefined && period.to !== undefined && period.to <= period.from)
      source.report(
        `site.opening-times.hours[${index}].to`,
        `is not later than from, ${period.from}; hours past midnight are two entries, the first until 23:59`,
      );
}

function checkChargers(draft: Draft<ConfigDocument>, source: Source): void {
  const chargers = draft.chargers ?? [];
  unique(source, chargers, (item, index) => ({ key: item?.id?.toLowerCase(), path: `chargers[${index}].id` }));
  const evses = chargers.flatMap((charger, index) =>
    (charger?.evses ?? []).map((evse, at) => ({ evse, path: `chargers[${index}].evses[${at}]` })),
  );
  unique(source, evses, ({ evse, path }) => ({ key: evse?.uid?.toLowerCase(), path: `${path}.uid` }));
  unique(source, evses, ({ evse, path }) => ({ key: evse?.evseId?.toLowerCase(), path: `${path}.evse-id` }));
  for (const [index, charger] of chargers.entries()) {
    const path = `chargers[${index}].evses`;
    unique(source, charger?.evses ?? [], (evse, at) => ({ key: evse?.id, path: `${path}[${at}].id` }));
  }
  for (const { evse, path } of evses) {
    unique(source, evse?.connectors ?? [], (connector, at) => ({
      key: connector?.id,
      path: `${path}.connectors[${at}].id`,
    }));
  }
}

function checkTariffReferences(draft: Draft<ConfigDocument>, source: Source): void {
  // A tariff whose own id is faulty may be the one that is meant.
  if (draft.tariffs === undefined || draft.tariffs.some((tariff) => tariff?.id === undefined)) return;
  const known = draft.tariffs.map((tariff) => tariff?.id ?? '');
  const listed = known.length === 0 ? 'there is none in tariffs' : `tariffs has ${known.slice(0, 10).join(', ')}`;
  const refer = (path: string, tariff: string): void => {
    if (known.includes(tariff)) return;
    const meant = nearest(tariff, known);
    const advice = meant === null ? listed : `did you mean ${meant}?`;
    source.report(path, `refers to a tariff that is not there, ${JSON.stringify(tariff)}; ${advice}`);
  };
  for (const { connector, path } of connectors(draft)) {
    if (typeof connector.tariff === 'string') refer(`${path}.tariff`, connector.tariff);
    for (const [index, tariff] of (connector.tariffs ?? []).entries())
      if (tariff !== undefined) refer(`${path}.tariffs[${index}]`, tariff);
  }
}

/** One tariff has a key of its own; a list is for several, each of them once. */
function checkTariffLists(draft: Draft<ConfigDocument>, source: Source): void {
  for (const { connector, path } of connectors(draft)) {
    const { tariff, tariffs = [] } = connector;
    if (typeof tariff === 'string' && tariffs.length > 0)
      source.report(`${path}.tariffs`, `and ${path}.tariff are both given; keep one of them`);
    unique(source, tariffs, (id, index) => ({ key: id, path: `${path}.tariffs[${index}]` }));
  }
}

function checkPower(draft: Draft<ConfigDocument>, source: Source): void {
  for (const { connector, path } of connectors(draft)) {
    const base = draft.defaultConnector;
    const volts = connector.maxVoltage ?? base?.maxVoltage;
    const amperes = connector.maxAmperage ?? base?.maxAmperage;
    const powerType = connector.powerType ?? base?.powerType;
    const power = connector.maxPower;
    if (!volts || !amperes || !powerType || !power) continue;
    const most = conductors(powerType) * volts * amperes;
    if (power <= most) continue;
    const product = `${conductors(powerType) === 1 ? '' : `${conductors(powerType)} × `}${volts} V × ${amperes} A`;
    source.report(`${path}.max-power`, `is ${power} W, more than ${product} = ${most} W`);
  }
}

function checkElements(
  elements: Draft<ConfigDocument['tariffs'][number]['elements']>,
  path: string,
  source: Source,
): void {
  for (const [index, element] of elements.entries()) {
    unique(source, element?.components ?? [], (component, at) => ({
      key: component?.type,
      path: `${path}[${index}].components[${at}].type`,
    }));
  }
}

/** The default connector and every described one. */
function connectors(draft: Draft<ConfigDocument>): { connector: ConnectorDraft; path: string }[] {
  const described = (draft.chargers ?? []).flatMap((charger, index) =>
    (charger?.evses ?? []).flatMap((evse, at) =>
      (evse?.connectors ?? []).map((connector, number) => ({
        connector: connector ?? {},
        path: `chargers[${index}].evses[${at}].connectors[${number}]`,
      })),
    ),
  );
  return [{ connector: draft.defaultConnector ?? {}, path: 'default-connector' }, ...described];
}

/** Conductors that carry the current, for OCPI's voltage (line to neutral where there is one). */
function conductors(powerType: ConfigDocument['defaultConnector']['powerType']): number {
  if (powerType === 'AC_3_PHASE') return 3;
  return powerType === 'AC_2_PHASE' || powerType === 'AC_2_PHASE_SPLIT' ? 2 : 1;
}

function unique<Item>(
  source: Source,
  items: readonly Item[],
  describe: (item: Item, index: number) => { key: string | number | undefined | null; path: string },
): void {
  const seen = new Map<string | number, string>();
  for (const [index, item] of items.entries()) {
    const { key, path } = describe(item, index);
    if (key === undefined || key === null) continue;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, path);
    else source.report(path, `repeats ${first}`, first);
  }
}

function canonicalUid(uid: string): string {
  return uid.toUpperCase().replace(/[^0-9A-Z]/g, '');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
