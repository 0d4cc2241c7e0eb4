import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FORM, START, filesYaml, form, http, openFileSite, sha256, someBytes, type FileSite } from './harness.ts';

const LOG = someBytes(200_003);

let site: FileSite;

beforeEach(async () => {
  // One megabyte at the most, three in all.
  site = await openFileSite(filesYaml('{ link-hours: 2, max-upload-megabytes: 1, keep-megabytes: 3 }'));
  await site.charger('BAY-1', { GetDiagnostics: { fileName: 'announced.zip' } });
});
afterEach(() => site.cleanUp());

const link = async (body: object = {}): Promise<string> => (await site.logLink('BAY-1', body)).url;

/** The log that came in last, and its bytes as the operator gets them. */
async function newest() {
  const [log] = await site.logs();
  if (!log) throw new Error('no log came in');
  const got = await http(`${site.urls.console}api/logs/${log.id}`);
  return { log, got };
}

describe('an upload link', () => {
  test('Q64: ends in a slash, to which chargers append their file name; or in a name, for those that want one', async () => {
    expect(new URL(await link()).pathname).toMatch(/^\/files\/[A-Za-z0-9_-]{43}\/$/);
    expect(await link({ fileName: 'log.zip' })).toMatch(/\/log\.zip$/);
  });

  test.each<[string, 'PUT' | 'POST', string, Record<string, string>, Buffer, string]>([
    ['PUT with a name', 'PUT', 'diag 1.zip', {}, LOG, 'diag_1.zip'],
    ['PUT with an encoded name', 'PUT', 'diag%201.zip', {}, LOG, 'diag_1.zip'],
    ['PUT after a second slash', 'PUT', '/diag.zip', {}, LOG, 'diag.zip'],
    ['PUT without a name: the one it announced', 'PUT', '', {}, LOG, 'announced.zip'],
    ['PUT in chunks', 'PUT', 'chunks.log', { 'transfer-encoding': 'chunked' }, LOG, 'chunks.log'],
    ['POST of the bare bytes', 'POST', 'bare.log', {}, LOG, 'bare.log'],
    [
      'POST with a name in its header',
      'POST',
      '',
      { 'content-disposition': 'attachment; filename="head.log"' },
      LOG,
      'head.log',
    ],
    ['POST of a form', 'POST', '', FORM, form('form.log', LOG), 'form.log'],
    ['POST of a form whose file has no name', 'POST', 'from-path.log', FORM, form(null, LOG), 'from-path.log'],
    ['POST of a form in chunks', 'POST', '', { ...FORM, 'transfer-encoding': 'chunked' }, form('c.log', LOG), 'c.log'],
  ])('takes %s', async (_how, method, name, headers, body, called) => {
    const url = await link();
    expect(
      await http(url, { path: new URL(url).pathname + name.replaceAll(' ', '%20'), method, headers, body }),
    ).toMatchObject({
      status: 200,
    });
    const { log, got } = await newest();
    expect(log).toMatchObject({
      chargerId: 'BAY-1',
      kind: 'diagnostics',
      name: called,
      bytes: LOG.length,
      sha256: sha256(LOG),
    });
    expect(got.body.equals(LOG)).toBe(true);
    expect(await site.transfers()).toMatchObject([{ file: called, bytes: LOG.length, status: null }]);
  });

  test('takes one log', async () => {
    const url = await link();
    expect((await http(url, { method: 'PUT', body: 'first' })).status).toBe(200);
    expect((await http(url, { method: 'PUT', body: 'second' })).status).toBe(404);
    expect(await site.logs()).toHaveLength(1);
    expect(site.lying('logs')).toHaveLength(1);
  });

  test('of two that come at once, one is taken', async () => {
    const url = await link();
    const both = await Promise.all([
      http(url, { method: 'PUT', body: LOG }),
      http(`${url}other.log`, { method: 'POST', body: LOG }),
    ]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404]);
    expect(site.lying('logs')).toHaveLength(1);
  });

  test('is over after its hours; a log that began in time is taken', async () => {
    const url = await link();
    const begun = begin(url, 'late.log');
    begun.write('begun in time, ');
    await site.when(() => site.lying('logs').length === 1);
    site.setTime(START + 2 * 3_600_000);
    await expect(http(await link(), { method: 'GET' })).resolves.toMatchObject({ status: 405 });
    expect((await http(url, { method: 'PUT', body: 'too late' })).status).toBe(404);
    expect(await ended(begun, 'ended late')).toBe(200);
    expect((await newest()).got.body.toString()).toBe('begun in time, ended late');
  });

  test('gives nothing away', async () => {
    const got = await http(await link());
    expect(got).toMatchObject({ status: 405, headers: { allow: 'PUT, POST' } });
  });

  test.each([
    ['an empty body', 'PUT', {}, ''],
    ['a part of a file', 'PUT', { 'content-range': 'bytes 0-3/8' }, 'half'],
    ['a form without a file', 'POST', FORM, form('x', 'y').subarray(0, 78).toString() + '\r\n--edge--\r\n'],
    ['a form without a boundary', 'POST', { 'content-type': 'multipart/form-data' }, 'x'],
    ['a form that ends in its file', 'POST', FORM, form('cut.log', 'half a', '').toString()],
  ])('refuses %s, and is still good', async (_what, method, headers, body) => {
    const url = await link();
    expect((await http(url, { method, headers, body })).status).toBe(400);
    expect(site.lying('logs')).toEqual([]);
    expect((await http(url, { method: 'PUT', body: 'whole' })).status).toBe(200);
  });
});

test.each([
  ['../../../../etc/cron.d/x', 'x'],
  ['..\\..\\boot.ini', 'boot.ini'],
  ['.bashrc', 'bashrc'],
  ['a"b;c\u0000d\ne.log', 'a_b_c_d_e.log'],
  ['--rf', 'rf'],
  ['..', 'announced.zip'],
  ['журнал.log', '_.log'],
  [`${'x'.repeat(300)}.tar.gz`, `${'x'.repeat(93)}.tar.gz`],
])('a file name from outside is made safe: %j', async (sent, called) => {
  const url = await link();
  const path = new URL(url).pathname + encodeURIComponent(sent);
  expect((await http(url, { method: 'PUT', path, body: 'log' })).status).toBe(200);
  expect((await newest()).log.name).toBe(called);
  const [file] = site.lying('logs');
  expect(file).toMatch(/^20261121T040000Z-BAY-1-[0-9a-f]{8}-[A-Za-z0-9._-]+$/);
  expect(file?.endsWith(called)).toBe(true);
});

describe('bounds', () => {
  test('a log that says it is too big is refused before it is sent', async () => {
    const url = await link();
    const request = begin(url, 'big.log', { 'content-length': '1000001' });
    request.flushHeaders();
    expect(await statusOf(request)).toBe(413);
    expect(site.lying('logs')).toEqual([]);
  });

  test.each([
    ['bytes', {}, Buffer.alloc(1_000_001)],
    ['a form', FORM, form('big.log', Buffer.alloc(1_000_001), '')],
  ])('one that turns out to be too big is broken off: %s', async (_what, headers, body) => {
    const request = begin(await link(), 'big.log', headers);
    request.write(body);
    expect(await statusOf(request)).toBe(413);
    expect(site.lying('logs')).toEqual([]);
    expect(await site.logs()).toEqual([]);
  });

  test('an upload that is broken off leaves nothing, and the charger may try again', async () => {
    const url = await link();
    for (const headers of [{}, FORM]) {
      const request = begin(url, 'half.log', headers);
      request.write(form('half.log', LOG, ''));
      await site.when(() => site.lying('logs').length === 1);
      request.destroy();
      await site.when(() => site.lying('logs').length === 0);
    }
    expect(await site.transfers()).toMatchObject([{ bytes: null }]);
    expect((await http(url, { method: 'PUT', body: LOG })).status).toBe(200);
  });

  test('more than a few at a time over one link are asked to come back', async () => {
    const url = await link();
    const open = Array.from({ length: 4 }, () => begin(url, 'slow.log'));
    for (const request of open) request.write('a little');
    await site.when(() => site.lying('logs').length === 4);
    expect(await http(url, { method: 'PUT', body: 'x' })).toMatchObject({
      status: 503,
      headers: { 'retry-after': '30' },
    });
    for (const request of open) request.destroy();
    await site.when(() => site.lying('logs').length === 0);
    expect((await http(url, { method: 'PUT', body: 'x' })).status).toBe(200);
  });

  test('the oldest logs make room, none that is being written', async () => {
    const being = begin(await link(), 'being-written.log');
    being.write(Buffer.alloc(900_000));
    await site.when(() => site.lying('logs').length === 1);
    for (const name of ['a', 'b', 'c', 'd'])
      await http((await link()) + name, { method: 'PUT', body: Buffer.alloc(900_000, name) });
    expect((await site.logs()).map(({ name }) => name)).toEqual(['d', 'c', 'b']);
    expect(await ended(being, 'the end')).toBe(200);
    expect((await site.logs()).map(({ name }) => name)).toEqual(['being-written.log', 'd', 'c']);
    expect(site.lying('logs')).toHaveLength(3);
  });

  test('what was half written when the power went is cleared away', async () => {
    await http(await link(), { method: 'PUT', body: 'whole' });
    await site.stop();
    writeFileSync(join(site.directory, 'logs', '.part-0123'), 'half');
    writeFileSync(join(site.directory, 'firmware', '.part-4567'), 'half');
    const again = await openFileSite('', site.directory);
    expect(again.lying('logs')).toHaveLength(1);
    expect(again.lying('firmware')).toEqual([]);
    expect(await again.logs()).toMatchObject([{ name: 'announced.zip', bytes: 5 }]);
    await again.stop();
  });
});

/** An upload of which nothing but the head is known yet. */
function begin(url: string, name: string, headers: Record<string, string> = {}): ClientRequest {
  const request = httpRequest(url + name, { method: headers === FORM ? 'POST' : 'PUT', headers });
  // Being broken off is what some of these are about.
  request.on('error', () => undefined);
  return request;
}

async function statusOf(request: ClientRequest): Promise<number | undefined> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

async function ended(request: ClientRequest, rest: string): Promise<number | undefined> {
  request.end(rest);
  return statusOf(request);
}
