import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reportStatus } from '../../gateway/availability.ts';
import { acceptCharger, rejectCharger } from '../../gateway/onboarding.ts';
import { dialScripted } from '../harness/scripted-charger.ts';
import { hasMosquitto, type Json } from './broker.ts';
import { createRig, type Rig } from './rig.ts';

const closed = { additionalProperties: false };
const Topic = Type.String({ pattern: '^chargegate/[^+#]+$' });
const Template = Type.String({ pattern: '^\\{\\{ .+ \\}\\}$' });
const Availability = Type.Array(Type.Object({ topic: Topic }, closed), { minItems: 1 });
const common = {
  unique_id: Type.String({ pattern: '^[A-Za-z0-9_-]+$' }),
  name: Type.String({ minLength: 1 }),
  entity_category: Type.Optional(Type.Literal('diagnostic')),
  availability: Type.Optional(Availability),
};
/** A Wh or kWh that only rises, as the energy dashboard wants it; each class with its own unit. */
const measured = [
  ['energy', 'total_increasing', ['Wh', 'kWh']],
  ['power', 'measurement', ['W']],
  ['current', 'measurement', ['A']],
  ['battery', 'measurement', ['%']],
] as const;
const sensor = { ...common, platform: Type.Literal('sensor'), state_topic: Topic, value_template: Template };

/** What Home Assistant takes of device discovery, as far as we use it: nothing else may be there. */
const Device = Compile(
  Type.Object(
    {
      device: Type.Object(
        {
          identifiers: Type.Array(Type.String(), { minItems: 1, maxItems: 1 }),
          name: Type.String({ minLength: 1 }),
          manufacturer: Type.Optional(Type.String()),
          model: Type.Optional(Type.String()),
          serial_number: Type.Optional(Type.String()),
          sw_version: Type.Optional(Type.String()),
          via_device: Type.Optional(Type.String()),
        },
        closed,
      ),
      origin: Type.Object({ name: Type.Literal('chargegate'), sw_version: Type.String() }, closed),
      availability: Type.Optional(Availability),
      availability_mode: Type.Optional(Type.Literal('all')),
      components: Type.Record(
        Type.String(),
        Type.Union([
          ...measured.map(([device_class, state_class, units]) =>
            Type.Object(
              {
                ...sensor,
                device_class: Type.Literal(device_class),
                state_class: Type.Literal(state_class),
                unit_of_measurement: Type.Union(units.map((unit) => Type.Literal(unit))),
              },
              closed,
            ),
          ),
          Type.Object(
            { ...sensor, device_class: Type.Literal('enum'), options: Type.Array(Type.String(), { minItems: 2 }) },
            closed,
          ),
          Type.Object({ ...sensor, state_class: Type.Literal('measurement') }, closed),
          Type.Object(
            {
              ...common,
              platform: Type.Literal('binary_sensor'),
              device_class: Type.Enum(['connectivity', 'running']),
              state_topic: Topic,
              value_template: Type.Optional(Template),
              payload_on: Type.Optional(Type.String()),
              payload_off: Type.Optional(Type.String()),
            },
            closed,
          ),
          Type.Object(
            {
              ...common,
              platform: Type.Literal('button'),
              command_topic: Topic,
              payload_press: Type.String(),
              device_class: Type.Optional(Type.Literal('restart')),
            },
            closed,
          ),
          Type.Object(
            {
              ...common,
              platform: Type.Literal('switch'),
              state_topic: Topic,
              value_template: Template,
              command_topic: Topic,
              payload_on: Type.String(),
              payload_off: Type.String(),
              state_on: Type.Literal('ON'),
              state_off: Type.Literal('OFF'),
            },
            closed,
          ),
          // A thing that is no more.
          Type.Object({ platform: Type.Enum(['sensor', 'button', 'switch']) }, closed),
        ]),
      ),
    },
    closed,
  ),
);

const GATEWAY = 'homeassistant/device/chargegate_L1/config';
const BAY = 'homeassistant/device/chargegate_L1_charger_BAY-1/config';

type Components = Record<string, Record<string, string>>;
const componentsOf = (body: Json): Components => body['components'] as Components;

describe.skipIf(!hasMosquitto)('Home Assistant', () => {
  let rig: Rig;

  beforeEach(async () => void (rig = await createRig()));
  afterEach(() => rig.cleanUp());

  test('each charger and the gateway is a device as discovery has it; its energy fits the energy dashboard', async () => {
    await rig.start({ homeAssistant: true });
    const charger = await rig.watcher.json(BAY);
    const gateway = await rig.watcher.json(GATEWAY);
    await rig.watcher.json('homeassistant/device/chargegate_L1_charger_LOCKED/config');
    const told = rig.watcher.seen.filter(({ topic }) => topic.startsWith('homeassistant/'));
    expect(told.map(({ text }) => [...Device.Errors(JSON.parse(text))])).toEqual(told.map(() => []));
    expect(charger['device']).toMatchObject({ via_device: (gateway['device'] as Json)['identifiers']?.toString() });
    expect(componentsOf(charger)['evse2_energy']).toMatchObject({
      unique_id: 'chargegate_L1_charger_BAY-1_2_energy',
      device_class: 'energy',
      state_class: 'total_increasing',
      unit_of_measurement: 'Wh',
      state_topic: 'chargegate/charger/BAY-1/evse/2/state',
    });
    const ids = told.flatMap(({ text }) =>
      Object.values(componentsOf(JSON.parse(text) as Json)).map((c) => c['unique_id']),
    );
    expect(new Set(ids).size).toBe(ids.length);
    // What is shown is there to be shown, and may be shown as it is.
    const state = await rig.watcher.json('chargegate/charger/BAY-1/evse/1/state');
    const shown = Object.entries(componentsOf(charger)).flatMap(([key, { value_template: template = '' }]) =>
      key.startsWith('evse1_') ? [...(/value_json\.(\w+)/.exec(template)?.slice(1) ?? [])] : [],
    );
    expect(Object.keys(state)).toEqual(expect.arrayContaining(shown));
    expect(shown).toHaveLength(7);
    expect(componentsOf(charger)['evse1_status']?.['options']).toContain(state['status']);
  });

  test('its buttons and switches do what they say', async () => {
    const charger = await dialScripted(rig.site.urls.ocpp, 'BAY-1');
    await charger.boot();
    await charger.status(1, 'Available');
    await rig.start({ homeAssistant: true });
    const { evse1_operative: operative, evse1_unlock: unlock, reset } = componentsOf(await rig.watcher.json(BAY));
    charger.calls.splice(0);
    await rig.watcher.publish(operative!['command_topic']!, operative!['payload_off']!);
    expect(await charger.called('ChangeAvailability')).toEqual({ connectorId: 1, type: 'Inoperative' });
    await rig.watcher.publish(unlock!['command_topic']!, unlock!['payload_press']!);
    expect(await charger.called('UnlockConnector')).toEqual({ connectorId: 1 });
    await rig.watcher.publish(reset!['command_topic']!, reset!['payload_press']!);
    expect(await charger.called('Reset')).toEqual({ type: 'Soft' });
    await charger.status(1, 'Unavailable');
    await rig.watcher.json('chargegate/charger/BAY-1/evse/1/state', (state) => state['operative'] === false);
  });

  test('everything is told again when it starts, with the same ids, and seldom else', async () => {
    await rig.start({ homeAssistant: true });
    const first = await rig.watcher.json(BAY);
    await rig.watcher.json('chargegate/charger/BAY-1/evse/1/state');
    const report = { chargerId: 'BAY-1', evse: 1, errorCode: null, reportedAt: null, receivedAt: Date.now() };
    await reportStatus(rig.site.gateway, { ...report, status: 'Charging' });
    await rig.watcher.json('chargegate/charger/BAY-1/evse/1/state', ({ status }) => status === 'Charging');
    expect(rig.watcher.seen.filter(({ topic }) => topic === BAY)).toHaveLength(1);
    const from = rig.watcher.seen.length;
    await rig.watcher.publish('homeassistant/status', 'online');
    expect(await rig.watcher.json(BAY, () => true, from)).toEqual(first);
    await rig.watcher.json(GATEWAY, () => true, from);
    await rig.watcher.json('chargegate/charger/BAY-1/evse/1/state', () => true, from);
    await rig.watcher.json('chargegate/gateway/info', () => true, from);
  });

  test('a charger that is let in gets its device, one that is turned away loses it', async () => {
    const charger = await dialScripted(rig.site.urls.ocpp, 'NEW');
    await charger.boot();
    await charger.status(1, 'Available');
    await rig.start({ homeAssistant: true });
    const topic = 'homeassistant/device/chargegate_L1_charger_NEW/config';
    expect((await rig.watcher.json(topic))['device']).toMatchObject({ manufacturer: 'V', serial_number: 'S-NEW' });
    await rejectCharger(rig.site.gateway, 'NEW');
    await rig.watcher.until((seen) => seen.topic === topic && seen.text === '');
    await rig.watcher.until((seen) => seen.topic === 'chargegate/charger/NEW/evse/1/state' && seen.text === '');
    const from = rig.watcher.seen.length;
    await acceptCharger(rig.site.gateway, 'NEW');
    await rig.watcher.json(topic, () => true, from);
  });
});
