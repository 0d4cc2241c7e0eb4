/** What the operator does and sees: images, orders, logs, transfers. */
import { once } from 'node:events';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { http, openFileSite, sha256, someBytes, urlIn, type FileSite } from './harness.ts';

const IMAGE = someBytes(400_000);

let site: FileSite;

beforeEach(async () => {
  site = await openFileSite();
});
afterEach(() => site.cleanUp());

describe('firmware images', () => {
  test('are added over the API, listed with size and hash, and removed', async () => {
    const added = await site.addImage('twin-2.0.bin', IMAGE);
    const image = { name: 'twin-2.0.bin', bytes: IMAGE.length, sha256: sha256(IMAGE), addedAt: expect.any(String) };
    expect(added).toEqual({ status: 200, body: image });
    expect((await site.api('GET', 'firmware')).body).toEqual({ items: [image], next: null });
    expect((await site.api('DELETE', 'firmware/twin-2.0.bin')).status).toBe(204);
    expect((await site.api('GET', 'firmware')).body).toEqual({ items: [], next: null });
    expect(await site.api('DELETE', 'firmware/twin-2.0.bin')).toMatchObject({
      status: 404,
      body: { code: 'FILE_UNKNOWN' },
    });
    expect(site.lying('firmware')).toEqual([]);
  });

  test('are also what somebody drops into the directory', async () => {
    const path = join(site.directory, 'firmware', 'dropped.bin');
    writeFileSync(path, IMAGE);
    mkdirSync(join(site.directory, 'firmware', 'a-folder'));
    writeFileSync(join(site.directory, 'firmware', 'no charger asks for this.bin'), 'x');
    const dropped = { name: 'dropped.bin', sha256: sha256(IMAGE) };
    expect((await site.api<{ items: unknown[] }>('GET', 'firmware')).body.items).toMatchObject([dropped]);
    writeFileSync(path, 'another');
    utimesSync(path, 1, 1);
    expect((await site.api<{ items: unknown[] }>('GET', 'firmware')).body.items).toMatchObject([
      { sha256: sha256(Buffer.from('another')), addedAt: '1970-01-01T00:00:01Z' },
    ]);
  });

  test('are not replaced under a charger that is half through one; the same again is as good', async () => {
    await site.addImage('twin.bin', IMAGE);
    expect((await site.addImage('twin.bin', IMAGE)).status).toBe(200);
    expect(await site.addImage('twin.bin', Buffer.from('other'))).toMatchObject({
      status: 409,
      body: { code: 'FILE_EXISTS' },
    });
    expect(site.lying('firmware')).toEqual(['twin.bin']);
  });

  test.each(['..', '../x', '.hidden', 'a b', '-rf', 'x'.repeat(101), 'a/b'])('cannot be called %j', async (name) => {
    const { status } = await site.addImage(name, Buffer.from('x'));
    // A path that URLs fold away is no address of ours.
    expect(status).toBe(name === '..' ? 404 : 400);
    expect(site.lying('firmware')).toEqual([]);
  });

  test('that are empty are refused', async () => {
    expect(await site.addImage('none.bin', Buffer.alloc(0))).toMatchObject({ status: 400 });
    expect(site.lying('firmware')).toEqual([]);
  });

  test('a body that large is taken there and nowhere else', async () => {
    const large = Buffer.alloc(300_000, ' ');
    expect((await http(`${site.urls.console}api/firmware/l.bin`, { method: 'PUT', body: large })).status).toBe(200);
    const headers = { 'content-type': 'application/json' };
    const other = await http(`${site.urls.console}api/chargers/BAY-1/calls`, { method: 'POST', headers, body: large });
    expect(other.status).toBe(413);
    const bytes = { 'content-type': 'application/octet-stream' };
    const stream = await http(`${site.urls.console}api/chargers/BAY-1/calls`, {
      method: 'POST',
      headers: bytes,
      body: 'x',
    });
    expect(stream.status).toBe(415);
  });
});

test('files are behind the token too, and a body that was refused is not waited for', async () => {
  await site.stop();
  const guarded = await openFileSite('console: { host: 127.0.0.1, port: 0, token: a-token-for-the-console }\n');
  const firmware = `${guarded.urls.console}api/firmware/x.bin`;
  const request = httpRequest(firmware, { method: 'PUT' });
  request.on('error', () => undefined);
  request.write('the first bytes');
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response).toMatchObject({ statusCode: 401, headers: { connection: 'close' } });
  expect((await http(`${guarded.urls.console}api/logs/1`)).status).toBe(401);
  const authorization = 'Bearer a-token-for-the-console';
  expect((await http(firmware, { method: 'PUT', headers: { authorization }, body: 'x' })).status).toBe(200);
  expect(guarded.lying('firmware')).toEqual(['x.bin']);
  await guarded.cleanUp();
});

describe('ordering', () => {
  test('a charger that is not there: 409, one that nobody knows: 404, and no transfer of either', async () => {
    await site.addImage('twin.bin', IMAGE);
    for (const [what, body] of [
      ['firmware', { file: 'twin.bin' }],
      ['logs', {}],
    ] as const) {
      expect(await site.api('POST', `chargers/BAY-1/${what}`, body)).toMatchObject({
        status: 409,
        body: { code: 'CHARGER_NOT_CONNECTED' },
      });
      expect((await site.api('POST', `chargers/NOBODY/${what}`, body)).status).toBe(404);
    }
    expect(await site.transfers()).toEqual([]);
  });

  test.each([
    ['neither image nor address', {}, 400],
    ['both', { file: 'a', url: 'http://x/' }, 400],
    ['an address nobody fetches from', { url: 'file:///etc/passwd' }, 400],
    ['no time', { file: 'a', at: 'tomorrow' }, 400],
    ['a time far ahead', { file: 'a', at: '2027-11-21T00:00:00Z' }, 400],
    ['a time to install unsigned firmware', { file: 'a', installAt: '2026-11-21T05:00:00Z' }, 400],
    ['an image that is not here', { file: 'a' }, 404],
  ])('firmware that names %s is refused', async (_what, body, status) => {
    await site.charger('BAY-1');
    expect((await site.api('POST', 'chargers/BAY-1/firmware', body)).status).toBe(status);
    expect(await site.transfers()).toEqual([]);
  });

  test('firmware from elsewhere goes out as it was given; passwords in it are not shown again', async () => {
    const charger = await site.charger('BAY-1', { UpdateFirmware: {} });
    const url = 'ftp://user:secret@files.example/fw/2.bin';
    const body = { url, at: '2026-11-21T05:00:00Z', retries: 2, retryInterval: 60 };
    expect(await site.api('POST', 'chargers/BAY-1/firmware', body)).toEqual({
      status: 200,
      body: { answer: {}, transfer: 1 },
    });
    const sent = await charger.waitFor((frame) => frame[2] === 'UpdateFirmware');
    expect(sent[3]).toEqual({ location: url, retrieveDate: '2026-11-21T05:00:00Z', retries: 2, retryInterval: 60 });
    expect(await site.transfers()).toMatchObject([{ file: 'ftp://files.example/fw/2.bin', kind: 'firmware' }]);
  });

  test('a charger that answers with an error has no transfer: 502', async () => {
    await site.addImage('twin.bin', IMAGE);
    const charger = await site.charger('BAY-1', { UpdateFirmware: 'NotSupported' });
    expect(await site.api('POST', 'chargers/BAY-1/firmware', { file: 'twin.bin' })).toMatchObject({
      status: 502,
      body: { code: 'NotSupported' },
    });
    expect(await site.transfers()).toEqual([]);
    expect((await http(urlIn(await charger.waitFor((frame) => frame[0] === 2)))).status).toBe(404);
  });

  test('a charger that does not answer may have heard it: 504, and its link is good', async () => {
    await site.addImage('twin.bin', IMAGE);
    const charger = await site.charger('BAY-1');
    const ordered = site.api('POST', 'chargers/BAY-1/firmware', { file: 'twin.bin' });
    const sent = await charger.waitFor((frame) => frame[2] === 'UpdateFirmware');
    charger.destroy();
    expect(await ordered).toMatchObject({ status: 504, body: { code: 'CALL_TIMEOUT' } });
    expect(await site.transfers()).toMatchObject([{ status: null, progress: 'open' }]);
    expect((await http(urlIn(sent), { method: 'HEAD' })).status).toBe(200);
  });

  test('a charger that declines is told verbatim, and its link is taken back', async () => {
    const charger = await site.charger('BAY-1', { GetLog: { status: 'Rejected' } });
    expect(await site.api('POST', 'chargers/BAY-1/logs', { log: 'security' })).toEqual({
      status: 200,
      body: { answer: { status: 'Rejected' }, transfer: 1 },
    });
    expect(await site.transfers()).toMatchObject([{ kind: 'security-log', status: 'Rejected', progress: 'failed' }]);
    const sent = await charger.waitFor((frame) => frame[2] === 'GetLog');
    expect((await http(urlIn(sent), { method: 'PUT', body: 'x' })).status).toBe(404);
  });

  test('numbers of signed updates and logs are never given out twice, restarts included', async () => {
    const signed = { certificate: 'PEM', signature: 'c2ln' };
    const numbers = async (at: FileSite): Promise<unknown[]> => {
      const accepted = { status: 'Accepted' };
      const charger = await at.charger('BAY-1', { SignedUpdateFirmware: accepted, GetLog: accepted });
      await at.api('POST', 'chargers/BAY-1/firmware', { url: 'http://x/', signed });
      await at.api('POST', 'chargers/BAY-1/logs', { log: 'security' });
      return charger.texts
        .map((text) => JSON.parse(text) as unknown[])
        .flatMap(([type, , , payload]) => (type === 2 ? [(payload as { requestId: number }).requestId] : []));
    };
    expect(await numbers(site)).toEqual([1, 2]);
    await site.stop();
    const again = await openFileSite('', site.directory);
    expect(await numbers(again)).toEqual([3, 4]);
    await again.stop();
  });
});

describe('logs', () => {
  test('are fetched as files that no browser opens, and removed', async () => {
    await site.charger('BAY-1', { GetDiagnostics: {} });
    const { url } = await site.logLink('BAY-1');
    await http(`${url}page.html`, { method: 'PUT', body: '<script>alert(1)</script>' });
    const [log] = await site.logs();
    const got = await http(`${site.urls.console}api/logs/${log?.id}`);
    expect(got).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment; filename="page.html"',
        'content-length': '25',
        'x-content-type-options': 'nosniff',
      },
    });
    expect((await site.api('GET', 'logs?charger=BAY-2')).body).toEqual({ items: [], next: null });
    expect((await site.api('DELETE', `logs/${log?.id}`)).status).toBe(204);
    expect(await http(`${site.urls.console}api/logs/${log?.id}`)).toMatchObject({ status: 404 });
    expect(site.lying('logs')).toEqual([]);
    expect(await http(`${site.urls.console}api/logs/../../x`)).toMatchObject({ status: 404 });
    expect(await http(`${site.urls.console}api/logs/1e1`)).toMatchObject({ status: 400 });
  });
});
