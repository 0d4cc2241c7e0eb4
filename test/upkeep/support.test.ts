import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRawCharger } from '../../adapters/simulator/raw-charger.ts';
import { parseConfig } from '../../config/load.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import { createRedactor } from '../../gateway/redact.ts';
import { makeSupportBundle } from '../../gateway/support.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

/** Nothing of this may leave the site. Unique, so that none is found by chance. */
const CARDS = [
  '04C0FFEE123480',
  '04BADA55AA7711',
  'DEADBEEF77',
  '3141592653',
  'NL-TNM-C00112233-X',
  'visual 990 017',
  '04F00DCAFE5566',
];
const SECRETS = [
  'console-token-zulu',
  'inbound-token-yankee',
  'outbound-token-xray',
  'charger-password-whisky',
  '31337313373133731337313373133731',
  'Authorization-Key-Victor',
  'uniform-in-a-url',
  'tango-in-vendor-data',
  'sierra-is-broken-json',
  'Romeo Driver',
  'quebec-reference',
  'papa-free-text',
  'oscar-of-a-variable',
  'november-vpn-key',
  'mike-apn-password',
  'lima-customer',
];

const YAML = `
console: { host: 127.0.0.1, port: 0, token: ${SECRETS[0]} }
tokens:
  - { uid: ${CARDS[0]} }
  - { uid: "${CARDS[3]}" }
peers:
  - { name: cloud, visibility: all, inbound-token: ${SECRETS[1]}, outbound-token: ${SECRETS[2]}, versions-url: "http://user:${SECRETS[6]}@127.0.0.1:1/" }
chargers:
  - { id: BAY-1, password: ${SECRETS[3]}, evses: [{ id: 1, connectors: [{ id: 1 }] }], configuration: [{ key: LocalPhrase, value: ${SECRETS[5]} }] }
  - { id: BAY-2, evses: [{ id: 1, connectors: [{ id: 1 }] }] }
readers:
  - { id: gate, protocol: osdp, path: /dev/null, osdp: { readers: [{ address: 0, key: "${SECRETS[4]}" }] } }
`;

let [folder, data]: [string, string] = ['', ''];
let site: TestSite;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chargegate-support-'));
  data = mkdtempSync(join(tmpdir(), 'chargegate-data-'));
});
afterEach(async () => {
  await site.stop();
  for (const each of [folder, data]) rmSync(each, { recursive: true, force: true });
});

/** Has a charger say every canary in some frame, and the database hold it somewhere. */
async function plant(): Promise<void> {
  const charger = await createRawCharger(`${site.urls.ocpp}BAY-2`, { protocols: ['ocpp1.6'] });
  const [known, unknown, hotel, decimal] = CARDS;
  for (const idTag of [known, unknown, hotel]) await charger.call('Authorize', { idTag });
  await charger.call('StartTransaction', {
    connectorId: 1,
    idTag: hotel,
    meterStart: 5,
    timestamp: new Date(Date.UTC(2026, 0, 1)).toISOString(),
  });
  await charger.call('BootNotification', {
    chargePointVendor: 'V',
    chargePointModel: 'M',
    iccid: '8988211000000000000',
  });
  await charger.call('DataTransfer', { vendorId: 'V', data: JSON.stringify({ name: SECRETS[7], id: known }) });
  await charger.call('StatusNotification', {
    connectorId: 1,
    errorCode: 'OtherError',
    status: 'Faulted',
    info: `${SECRETS[11]} ${known}`,
    vendorErrorCode: decimal,
  });
  await charger.call('Authorize', { idTag: Number(decimal) }).catch(() => undefined);
  const note = site.gateway.diagnostics.frame;
  const texts = [
    JSON.stringify([2, '1', 'ChangeConfiguration', { key: 'AuthorizationKey', value: SECRETS[5] }]),
    JSON.stringify([2, '2', 'ChangeConfiguration', { key: 'AuthorizationKey', value: SECRETS[4] }]),
    JSON.stringify([2, '3', 'GetDiagnostics', { location: `ftp://u:${SECRETS[6]}@host/${SECRETS[6]}` }]),
    JSON.stringify([3, '4', { configurationKey: [{ key: 'Phrase', readonly: false, value: SECRETS[5] }] }]),
    JSON.stringify([4, '5', 'InternalError', `no ${SECRETS[11]}`, { [SECRETS[9] ?? '']: unknown, uid: unknown }]),
    ...ocpp2(CARDS[6] ?? ''),
    JSON.stringify([2, SECRETS[11], 'Authorize', { idTag: unknown }]),
    `[2, "6", ${SECRETS[8]}`,
    JSON.stringify({ card: unknown, secret: SECRETS[8] }),
  ];
  for (const text of texts) note('BAY-2', 'in', text);
  await flushDiagnostics(site.gateway);
  const { db, secrets } = site.gateway;
  await db.write(() => {
    db.run('UPDATE peer SET outbound_token = ?', secrets.seal(SECRETS[2] ?? ''));
    db.run(
      "INSERT INTO quarantine (charger_id, action, reason, payload, received_at) VALUES ('BAY-2', 'StopTransaction', ?, ?, 0)",
      `card ${known} is not ${hotel?.toLowerCase()}`,
      JSON.stringify({ idTag: unknown, note: SECRETS[11] }),
    );
    db.run(
      `INSERT INTO decision (at, uid_key, uid, verdict, source, reason, authorization_reference, token)
       VALUES (0, ?, ?, 'accepted', 'real-time', ?, ?, ?)`,
      unknown ?? '',
      unknown ?? '',
      SECRETS[9] ?? '',
      SECRETS[10] ?? '',
      JSON.stringify({ issuer: SECRETS[9] }),
    );
    db.run(
      'UPDATE token SET contract_id = ?, visual_number = ? WHERE uid = ?',
      CARDS[4] ?? '',
      CARDS[5] ?? '',
      known ?? '',
    );
    db.run('UPDATE deviation SET sample = ?', SECRETS[11] ?? '');
  });
  await charger.close();
}

/** The same in the words of OCPP 2.0.1 and 2.1. */
function ocpp2(card: string): string[] {
  const [variable, vpnKey, apnPassword, customer] = SECRETS.slice(12);
  const idToken = { idToken: card, type: 'ISO14443', additionalInfo: [{ additionalIdToken: card, type: 'x' }] };
  const actual = { type: 'Actual', value: variable, mutability: 'ReadWrite' };
  const about = { component: { name: 'TelemetryCtrlr' }, variable: { name: 'Phrase' } };
  return [
    ['TransactionEvent', { eventType: 'Started', seqNo: 0, transactionInfo: { transactionId: 't-1' }, idToken }],
    ['Authorize', { idToken }],
    [
      'SendLocalList',
      { versionNumber: 1, updateType: 'Full', localAuthorizationList: [{ idToken, groupIdToken: idToken }] },
    ],
    ['NotifyReport', { requestId: 1, seqNo: 0, reportData: [{ ...about, variableAttribute: [actual] }] }],
    ['NotifyReport', { requestId: 1, seqNo: 1, reportData: [{ ...about, variableAttribute: [{ value: variable }] }] }],
    ['SetVariables', { setVariableData: [{ ...about, attributeValue: variable }] }],
    ['NotifyEvent', { eventData: [{ ...about, actualValue: variable, techInfo: variable }] }],
    [
      'SetNetworkProfile',
      {
        connectionData: {
          apn: { apn: 'a', apnPassword, simPin: 9173 },
          vpn: { server: 's', user: customer, password: apnPassword, key: vpnKey, type: 'IPSec' },
        },
      },
    ],
    ['CustomerInformation', { customerIdentifier: customer, idToken }],
    ['NotifyCustomerInformation', { data: customer, seqNo: 0 }],
    ['SetDisplayMessage', { message: { id: 1, message: { format: 'UTF8', content: customer } } }],
  ].map(([action, payload], n) => JSON.stringify([2, `2x-${n}`, action, payload]));
}

/** Every byte of the bundle, unpacked by somebody else's tar. */
async function unpack(): Promise<Map<string, string>> {
  const path = join(folder, 'bundle.tar.gz');
  const config = parseConfig(readFileSync(join(folder, 'depot.yaml'), 'utf8'), join(folder, 'depot.yaml'), {
    CHARGEGATE_DATA_DIR: data,
  });
  const live: unknown = await (
    await fetch(new URL('/api/status', site.urls.console), { headers: { authorization: `Bearer ${SECRETS[0]}` } })
  ).json();
  const names = await makeSupportBundle({ directory: data, config, path, now: Date.UTC(2026, 0, 2), live });
  const into = join(folder, 'unpacked');
  mkdirSync(into);
  execFileSync('tar', ['-xzf', path, '-C', into]);
  const read = new Map(names.map((name) => [name, readFileSync(join(into, name), 'utf8')]));
  expect(readdirSync(join(into, 'chargegate-support')).length).toBe(names.length);
  return read;
}

describe('the support bundle', () => {
  beforeEach(async () => {
    site = await startTestSite({ directory: data, yaml: YAML });
    const SITE = `site: { address: A, city: C, country: SWE, latitude: "59.1", longitude: "15.1", time-zone: Europe/Stockholm, country-code: SE, party-id: DEP }\n`;
    writeFileSync(join(folder, 'depot.yaml'), SITE + YAML);
    await plant();
  });

  test('has none of the secrets and card numbers that were planted everywhere', async () => {
    const files = await unpack();
    const everything = [...files].map(([name, text]) => `${name}\n${text}`).join('\n');
    const plain = everything.toLowerCase().replaceAll(/[\s:-]/g, '');
    const found = [...CARDS, ...SECRETS].filter(
      (canary) =>
        everything.toLowerCase().includes(canary.toLowerCase()) ||
        plain.includes(canary.toLowerCase().replaceAll(/[\s:-]/g, '')) ||
        everything.includes(Buffer.from(canary).toString('base64')) ||
        everything.includes(Buffer.from(canary).toString('hex')),
    );
    expect(found).toEqual([]);
    expect(everything).not.toContain('sealed1:');
    expect(everything).not.toContain('8988211000000000000');
  });

  test('has what helps: makes, states, deviations, messages, sizes, and one name for one card', async () => {
    const files = await unpack();
    const file = (name: string): string => files.get(`chargegate-support/${name}`) ?? '';
    expect(JSON.parse(file('versions.json'))).toMatchObject({ chargegate: expect.any(String), node: process.version });
    expect(JSON.parse(file('database.json'))).toMatchObject({ schema: expect.any(Number), 'counter wire_id': 1 });
    expect(JSON.parse(file('config.json'))).toMatchObject({
      storage: { maxMegabytes: 0 },
      ocpp: { host: '0.0.0.0' },
    });
    expect(file('chargers.jsonl')).toMatch(/"id":"BAY-2".*"vendor":"V","model":"M"/);
    expect(file('deviations.jsonl')).toContain('BAY-2');
    expect(file('quarantine.jsonl')).toMatch(/"reason":"card card-[0-9a-f]{8} is not card-[0-9a-f]{8}"/);
    const frames = file('frames.jsonl');
    expect(frames).toMatch(/StatusNotification.*"errorCode\\":\\"OtherError/);
    expect(frames).toMatch(/NotifyReport.*TelemetryCtrlr.*Phrase.*\\"type\\":\\"Actual\\",\\"value\\":\\"<value>/);
    expect(frames).toMatch(/TransactionEvent.*Started.*card-[0-9a-f]{8}/);
    expect(frames).toMatch(/ChangeConfiguration.*AuthorizationKey.*<value>/);
    const cards = [...frames.matchAll(/(Authorize|StartTransaction)[^}]*(card-[0-9a-f]{8})/g)].map((match) => match[2]);
    // The third card asked and began.
    expect(cards.filter((card) => card === cards[2]).length).toBe(2);
  });

  test('never replaces a file', async () => {
    await unpack();
    await expect(
      makeSupportBundle({ directory: data, config: {}, path: join(folder, 'bundle.tar.gz'), now: 0, live: null }),
    ).rejects.toMatchObject({ code: 'FILE_EXISTS' });
  });
});

test('a card has another name in every bundle, so that names cannot be looked up', async () => {
  site = await startTestSite({ directory: data });
  const nameOf = (): string => createRedactor({ cards: ['04AABBCC'], secrets: [] }).sweep('04:aa:bb:cc');
  expect(nameOf()).toMatch(/^card-[0-9a-f]{8}$/);
  expect(nameOf()).not.toBe(nameOf());
});
