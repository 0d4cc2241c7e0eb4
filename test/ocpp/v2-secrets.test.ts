/** OCPP 2.0.1 and 2.1: passwords of chargers, and what else is nobody's business. */
import { afterEach, describe, expect, test } from 'vitest';
import type { FrameBody } from '../../adapters/console/schemas.ts';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { basic, doorOf } from './access-harness.ts';

const OLD = 'the old password of it';
const VALUE = 'hush-hush-4711';

let site: TestSite;
const open: RawCharger[] = [];

afterEach(async () => {
  for (const charger of open.splice(0)) await charger.close();
  await site.cleanUp();
});

type Payload = Record<string, unknown>;

async function start(): Promise<void> {
  site = await startTestSite({
    yaml: `
chargers: [{ id: CP, password: "${OLD}" }]
ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: accept, provisioning: false }
`,
  });
}

/** A charger that answers every call by this. */
async function plugIn(
  version: string,
  password: string | Buffer,
  answer: (action: string, payload: Payload) => Payload = () => ({ status: 'Accepted' }),
): Promise<RawCharger> {
  const charger = await createRawCharger(site.urls.ocpp + 'CP', {
    protocols: [version],
    headers: basic('CP', password),
    onText(text) {
      const [type, id, action, payload] = JSON.parse(text) as [number, string, string, Payload];
      if (type === 2) charger.send(JSON.stringify([3, id, answer(action, payload)]));
    },
  });
  open.push(charger);
  await charger.call('Heartbeat', {});
  return charger;
}

const named = (component: string, variable: string, more: Payload = {}): Payload => ({
  component: { name: component },
  variable: { name: variable },
  ...more,
});

const PASSWORD = ['SecurityCtrlr', 'BasicAuthPassword'] as const;

/** Takes whatever is set. */
const takes = (_action: string, payload: Payload): Payload => ({
  setVariableResult: (payload['setVariableData'] as Payload[]).map(({ attributeValue: _, ...rest }) => ({
    ...rest,
    attributeStatus: 'Accepted',
  })),
});

async function frames(): Promise<FrameBody[]> {
  const { body } = await doorOf(site).api<{ items: FrameBody[] }>('GET', 'frames?charger=CP&limit=100');
  return body.items;
}

/** What the gateway keeps of a charger, as bytes of its tables. */
const kept = (): string =>
  JSON.stringify(
    ['charger_configuration', 'frame', 'deviation'].map((name) => site.gateway.db.all(`SELECT * FROM ${name}`)),
  );

describe.each(['ocpp2.0.1', 'ocpp2.1'])('passwords over %s', (version) => {
  test('Q6: a new one is text of 40 characters; it comes back as it was given, and that is no deviation', async () => {
    await start();
    const door = doorOf(site);
    let given = '';
    await plugIn(version, OLD, (action, payload) => {
      given = String((payload['setVariableData'] as Payload[])[0]?.['attributeValue']);
      return takes(action, payload);
    });
    expect(await door.api('POST', 'chargers/CP/password/rotation')).toMatchObject({ body: { result: 'taken' } });
    expect(given).toMatch(/^[0-9a-f]{40}$/);
    await plugIn(version, given);
    expect(await door.deviations('CP')).not.toHaveProperty('PASSWORD_FORM');
    expect(await door.security('CP')).toMatchObject({ password: 'own', rotation: 'none' });
    // As 1.6 has it: good all the same, and noted.
    await plugIn(version, Buffer.from(given, 'hex'));
    expect(await door.deviations('CP')).toMatchObject({ PASSWORD_FORM: 1 });
    expect(await door.status('CP', OLD)).toBe(401);
    expect(kept() + JSON.stringify(await frames())).not.toContain(given);
  });

  test('set by hand among other variables: what the charger says of the password itself counts', async () => {
    await start();
    const door = doorOf(site);
    await plugIn(version, OLD, () => ({
      setVariableResult: [
        named('OCPPCommCtrlr', 'HeartbeatInterval', { attributeStatus: 'Rejected' }),
        named(...PASSWORD, { attributeStatus: 'Accepted' }),
      ],
    }));
    const setVariableData = [
      named('OCPPCommCtrlr', 'HeartbeatInterval', { attributeValue: '60' }),
      named(...PASSWORD, { attributeValue: 'set by hand, once' }),
    ];
    await door.api('POST', 'chargers/CP/calls', { action: 'SetVariables', payload: { setVariableData } });
    expect(await door.security('CP')).toMatchObject({ password: 'own', rotation: 'grace' });
    expect(await door.status('CP', 'set by hand, once')).toBe(101);
    expect(kept() + JSON.stringify(await frames())).not.toContain('set by hand');
  });

  test('secrets in calls, answers and reports are neither stored nor shown, whatever their shape', async () => {
    await start();
    const door = doorOf(site);
    const at = new Date().toISOString();
    const charger = await plugIn(version, OLD, (action) =>
      action === 'GetVariables'
        ? { getVariableResult: [{ attributeValue: VALUE, attributeStatus: 'Accepted', ...named(...PASSWORD) }] }
        : { status: 'Accepted' },
    );
    const secrets = [...[...PASSWORD].slice(1), 'ApnPassword', 'VpnPassword', 'VpnKey', 'SimPin', 'SharedSecret'];
    const report = (name: string, value: unknown): Payload =>
      named('NetworkConfiguration', name, { variableAttribute: [{ type: 'Actual', value, mutability: 'ReadWrite' }] });
    const head = { requestId: 1, generatedAt: at, seqNo: 0 };
    await charger.call('NotifyReport', { ...head, reportData: secrets.map((name) => report(name, VALUE)) });
    // As a number, and with fields that nobody knows.
    await charger.call('NotifyReport', { ...head, reportData: [report('SimPin', 471147)], adminPassword: VALUE });
    await charger.call('NotifyEvent', {
      ...head,
      eventData: [
        named('SecurityCtrlr', 'BasicAuthPassword', {
          eventId: 1,
          timestamp: at,
          trigger: 'Delta',
          actualValue: VALUE,
          eventNotificationType: 'HardWiredNotification',
        }),
      ],
    });
    await door.api('POST', 'chargers/CP/calls', {
      action: 'GetVariables',
      payload: { getVariableData: [named(...PASSWORD)] },
    });
    const connectionData = {
      ocppVersion: 'OCPP20',
      ocppInterface: 'Wireless0',
      ocppTransport: 'JSON',
      messageTimeout: 30,
      ocppCsmsUrl: 'wss://csms.example',
      securityProfile: 2,
      apn: { apn: 'internet', apnUserName: 'user', apnPassword: VALUE, simPin: 471147, apnAuthentication: 'AUTO' },
      vpn: { server: 'vpn.example', user: 'user', password: VALUE, key: VALUE, type: 'IKEv2' },
      ...(version === 'ocpp2.1' && { basicAuthPassword: `${VALUE}-own` }),
    };
    const profile = { action: 'SetNetworkProfile', payload: { configurationSlot: 1, connectionData } };
    expect(await door.api('POST', 'chargers/CP/calls', profile)).toMatchObject({ status: 200 });
    // Cut off in the middle: unreadable, and in the ring all the same.
    charger.send(`[2,"x","NotifyReport",{"reportData":[${JSON.stringify(report('VpnKey', VALUE))}`);
    charger.send(`[2,"y","NotifyReport",{"vpn":{"key":"${VALUE}`);
    await charger.waitFor((frame) => frame[1] === 'y');

    const shown = await frames();
    const all = kept() + JSON.stringify([shown, await door.api('GET', 'chargers/CP/configuration'), site.logged]);
    expect(all).not.toContain(VALUE);
    expect(all).not.toContain('471147');
    // What is no secret stays readable.
    for (const word of ['csms.example', 'vpn.example', 'BasicAuthPassword', 'HardWiredNotification'])
      expect(shown.some(({ text }) => text.includes(word))).toBe(true);
  });
});

test('a password in a network profile of 2.1 opens the door once the charger has changed over to it', async () => {
  await start();
  const door = doorOf(site);
  await plugIn('ocpp2.1', OLD);
  const connectionData = {
    ocppInterface: 'Wired0',
    ocppTransport: 'JSON',
    messageTimeout: 30,
    ocppCsmsUrl: 'wss://gateway.example',
    securityProfile: 1,
    basicAuthPassword: 'of the second slot',
  };
  const payload = { configurationSlot: 2, connectionData };
  await door.api('POST', 'chargers/CP/calls', { action: 'SetNetworkProfile', payload });
  // It may never change over, or only much later.
  expect(await door.status('CP', OLD)).toBe(101);
  expect(await door.status('CP', 'of the second slot')).toBe(101);
});
