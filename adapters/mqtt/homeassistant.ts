import type { ChargerView } from '../../gateway/chargers.ts';
import { contentHash } from '../../gateway/domain/hash.ts';
import { STATUSES } from './payloads.ts';
import { topicOf } from './topics.ts';

/** Where Home Assistant looks, and for whom. */
export interface Discovery {
  /** Home Assistant's own base topic, usually `homeassistant`. */
  prefix: string;
  base: string;
  siteId: string;
  siteName: string;
  version: string;
}

/** One thing of a device; keys as Home Assistant's MQTT discovery names them. */
type Component = Record<string, unknown> & { platform: string };

interface Sensor {
  key: string;
  name: string;
  template: string;
  rest: Record<string, unknown>;
}

/** What Home Assistant shows of an EVSE; the energy dashboard takes the first (device class, state class and unit). */
const SENSORS: Sensor[] = [
  {
    key: 'energy',
    name: 'energy',
    template: 'energyWh',
    rest: { device_class: 'energy', state_class: 'total_increasing', unit_of_measurement: 'Wh' },
  },
  {
    key: 'session_energy',
    name: 'session energy',
    template: 'session.kwh if value_json.session else None',
    rest: { device_class: 'energy', state_class: 'total_increasing', unit_of_measurement: 'kWh' },
  },
  {
    key: 'power',
    name: 'power',
    template: 'powerW',
    rest: { device_class: 'power', state_class: 'measurement', unit_of_measurement: 'W' },
  },
  {
    key: 'current',
    name: 'current',
    template: 'currentA',
    rest: { device_class: 'current', state_class: 'measurement', unit_of_measurement: 'A' },
  },
  {
    key: 'soc',
    name: 'state of charge',
    template: 'socPercent',
    rest: { device_class: 'battery', state_class: 'measurement', unit_of_measurement: '%' },
  },
  { key: 'status', name: 'status', template: 'status', rest: { device_class: 'enum', options: [...STATUSES] } },
];

/** The topic on which Home Assistant says that it has started. */
export function birthTopic({ prefix }: Pick<Discovery, 'prefix'>): string {
  return `${prefix}/status`;
}

/** Where a charger's device is described; null: the gateway's own. An empty retained message there removes it. */
export function discoveryTopic(discovery: Discovery, chargerId: string | null): string {
  return `${discovery.prefix}/device/${deviceId(discovery, chargerId)}/config`;
}

/** The gateway as a device: is it there, is its uplink, how many chargers are connected. */
export function gatewayDevice(discovery: Discovery): object {
  const { base, siteName, version } = discovery;
  const id = deviceId(discovery, null);
  const state = topicOf(base, 'gatewayState');
  const info = topicOf(base, 'gatewayInfo');
  const components: Record<string, Component> = {
    running: {
      platform: 'binary_sensor',
      unique_id: `${id}_running`,
      name: 'running',
      device_class: 'running',
      entity_category: 'diagnostic',
      state_topic: state,
      payload_on: 'online',
      payload_off: 'offline',
    },
    uplink: {
      platform: 'binary_sensor',
      unique_id: `${id}_uplink`,
      name: 'uplink',
      device_class: 'connectivity',
      entity_category: 'diagnostic',
      state_topic: info,
      value_template: "{{ 'OFF' if value_json.uplink == 'down' else 'ON' }}",
      availability: [{ topic: state }],
    },
    connected: {
      platform: 'sensor',
      unique_id: `${id}_connected`,
      name: 'connected chargers',
      state_class: 'measurement',
      entity_category: 'diagnostic',
      state_topic: info,
      value_template: '{{ value_json.connectedChargers }}',
      availability: [{ topic: state }],
    },
  };
  return {
    device: { identifiers: [id], name: siteName, manufacturer: 'chargegate', model: 'gateway', sw_version: version },
    origin: { name: 'chargegate', sw_version: version },
    components,
  };
}

/** A charger as a device, with the things of each of its EVSEs. An EVSE that it has no more is taken away by name. */
export function chargerDevice(discovery: Discovery, charger: ChargerView): object {
  const { base, version } = discovery;
  const id = deviceId(discovery, charger.id);
  const connected: Component = {
    platform: 'binary_sensor',
    unique_id: `${id}_connected`,
    name: 'connected',
    device_class: 'connectivity',
    entity_category: 'diagnostic',
    state_topic: topicOf(base, 'availability', charger.id),
    payload_on: 'online',
    payload_off: 'offline',
    // Its charger being away is what it tells.
    availability: [{ topic: topicOf(base, 'gatewayState') }],
  };
  const reset = button(discovery, `${id}_reset`, 'reset', 'reset', { charger: charger.id }, 'restart');
  const ofEvses = charger.evses.flatMap(({ evse, removed }) => {
    const own = evseComponents(discovery, charger.id, evse);
    return removed ? own.map(([key, { platform }]) => [key, { platform }] as const) : own;
  });
  const { vendor, model, serial, firmware } = charger;
  return {
    device: {
      identifiers: [id],
      name: charger.id,
      ...(vendor !== null && { manufacturer: vendor }),
      ...(model !== null && { model }),
      ...(serial !== null && { serial_number: serial }),
      ...(firmware !== null && { sw_version: firmware }),
      via_device: deviceId(discovery, null),
    },
    origin: { name: 'chargegate', sw_version: version },
    availability: [{ topic: topicOf(base, 'gatewayState') }, { topic: topicOf(base, 'availability', charger.id) }],
    availability_mode: 'all',
    components: { connected, reset, ...Object.fromEntries(ofEvses) },
  };
}

function evseComponents(discovery: Discovery, chargerId: string, evse: number): [string, Component][] {
  const { base } = discovery;
  const id = `${deviceId(discovery, chargerId)}_${evse}`;
  const name = `EVSE ${evse}`;
  const state_topic = topicOf(base, 'evse', chargerId, evse);
  const at = { charger: chargerId, evse };
  const sensors = SENSORS.map(({ key, name: what, template, rest }): [string, Component] => [
    key,
    {
      platform: 'sensor',
      unique_id: `${id}_${key}`,
      name: `${name} ${what}`,
      state_topic,
      value_template: `{{ value_json.${template} }}`,
      ...rest,
    },
  ]);
  const others: [string, Component][] = [
    ['stop', button(discovery, `${id}_stop`, `${name} stop`, 'stop', at, null)],
    ['unlock', button(discovery, `${id}_unlock`, `${name} unlock`, 'unlock', at, null)],
    [
      'operative',
      {
        platform: 'switch',
        unique_id: `${id}_operative`,
        name: `${name} in service`,
        state_topic,
        value_template: "{{ 'ON' if value_json.operative else 'OFF' }}",
        command_topic: topicOf(base, 'request', 'availability'),
        payload_on: JSON.stringify({ ...at, operative: true }),
        payload_off: JSON.stringify({ ...at, operative: false }),
        state_on: 'ON',
        state_off: 'OFF',
      },
    ],
  ];
  return [...sensors, ...others].map(([key, component]) => [`evse${evse}_${key}`, component]);
}

function button(
  { base }: Discovery,
  unique_id: string,
  name: string,
  request: string,
  body: object,
  device_class: string | null,
): Component {
  return {
    platform: 'button',
    unique_id,
    name,
    command_topic: topicOf(base, 'request', request),
    payload_press: JSON.stringify(body),
    ...(device_class !== null && { device_class }),
  };
}

/** Letters, digits, hyphens and underscores only; ids that differ stay different. It depends on nothing that changes. */
function deviceId({ siteId }: Discovery, chargerId: string | null): string {
  const site = slug(siteId);
  return chargerId === null ? `chargegate_${site}` : `chargegate_${site}_charger_${slug(chargerId)}`;
}

function slug(text: string): string {
  const plain = text.replaceAll(/[^A-Za-z0-9-]/g, '-');
  return plain === text ? plain : `${plain.slice(0, 40)}-${contentHash(text).toString(36)}`;
}
