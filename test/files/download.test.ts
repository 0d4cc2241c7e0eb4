import { rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RETRY_TAIL } from '../../gateway/file-links.ts';
import { START, filesYaml, http, openFileSite, someBytes, type FileSite } from './harness.ts';

const IMAGE = someBytes(300_001);
const HOUR = 3_600_000;

let site: FileSite;

beforeEach(async () => {
  site = await openFileSite(filesYaml('{ link-hours: 2 }'));
  await site.addImage('twin-2.0.bin', IMAGE);
});
afterEach(() => site.cleanUp());

/** The link of a charger that was told to update. */
async function link(body: object = {}): Promise<string> {
  await site.charger('BAY-1', { UpdateFirmware: {} });
  return site.firmwareLink('BAY-1', 'twin-2.0.bin', body);
}

describe('a firmware link', () => {
  test('Q64: ends in the file name, and is served without it and with another one too', async () => {
    const url = await link();
    expect(new URL(url).pathname).toMatch(/^\/files\/[A-Za-z0-9_-]{43}\/twin-2\.0\.bin$/);
    const bare = url.replace('/twin-2.0.bin', '');
    for (const each of [url, bare, `${bare}/`, `${bare}//other.bin?x=1`])
      expect((await http(each)).body.equals(IMAGE)).toBe(true);
  });

  test('HEAD tells size and version, and sends nothing', async () => {
    const url = await link();
    const head = await http(url, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, headers: { 'content-length': '300001', 'accept-ranges': 'bytes' } });
    expect(head.body).toHaveLength(0);
    const again = await http(url, { headers: { 'if-none-match': head.headers.etag ?? '' } });
    expect(again).toMatchObject({ status: 304, headers: { etag: head.headers.etag } });
  });

  test.each([
    ['bytes=0-0', 0, 1],
    ['bytes=100000-', 100_000, 300_001],
    ['bytes=299999-999999', 299_999, 300_001],
    ['bytes=-5', 299_996, 300_001],
  ])('a part is sent as it is asked for: %s', async (range, from, to) => {
    const got = await http(await link(), { headers: { range } });
    expect(got.status).toBe(206);
    expect(got.headers['content-range']).toBe(`bytes ${from}-${to - 1}/300001`);
    expect(got.body.equals(IMAGE.subarray(from, to))).toBe(true);
  });

  test.each(['bytes=0-1,5-6', 'bytes=9-2', 'lines=1-2', 'bytes=-'])(
    'what is no single part is the whole: %s',
    async (range) => {
      const got = await http(await link(), { headers: { range } });
      expect(got.status).toBe(200);
      expect(got.body.equals(IMAGE)).toBe(true);
    },
  );

  test.each(['bytes=300001-', 'bytes=-0'])('a part beyond the end is 416 with the size: %s', async (range) => {
    const got = await http(await link(), { headers: { range } });
    expect(got).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */300001' } });
  });

  test('a part of another version is not mixed with this one (If-Range)', async () => {
    const url = await link();
    const { headers } = await http(url, { method: 'HEAD' });
    const range = 'bytes=10-19';
    expect((await http(url, { headers: { range, 'if-range': headers.etag ?? '' } })).status).toBe(206);
    expect((await http(url, { headers: { range, 'if-range': '"older"' } })).status).toBe(200);
  });

  test('a download that breaks is taken up again, and counts as one', async () => {
    const url = await link();
    const first = await breakOff(url);
    expect(first.length).toBeGreaterThan(0);
    expect(await site.transfers()).toMatchObject([{ bytes: null }]);
    const rest = await http(url, { headers: { range: `bytes=${first.length}-` } });
    expect(Buffer.concat([first, rest.body]).equals(IMAGE)).toBe(true);
    await site.until(async () => (await site.transfers())[0]?.bytes === IMAGE.length);
  });

  test('is over a while after one whole download, in however many pieces', async () => {
    const url = await link();
    for (let from = 0; from < IMAGE.length; from += 100_000)
      await http(url, { headers: { range: `bytes=${from}-${from + 99_999}` } });
    await site.until(async () => (await site.transfers())[0]?.bytes === IMAGE.length);
    site.setTime(START + RETRY_TAIL - 1);
    expect((await http(url)).status).toBe(200);
    site.setTime(START + RETRY_TAIL);
    expect((await http(url)).status).toBe(404);
  });

  test('is good for its hours while nothing whole was fetched, the last bytes first included', async () => {
    const url = await link();
    expect((await http(url, { headers: { range: 'bytes=-100' } })).status).toBe(206);
    site.setTime(START + 2 * HOUR - 1);
    expect((await http(url, { headers: { range: 'bytes=0-9' } })).status).toBe(206);
    site.setTime(START + 2 * HOUR);
    expect((await http(url)).status).toBe(404);
  });

  test('counts its hours from the time that the charger was told to come', async () => {
    const url = await link({ at: '2026-11-21T10:00:00Z' });
    site.setTime(START + 7 * HOUR);
    expect((await http(url, { method: 'HEAD' })).status).toBe(200);
    site.setTime(START + 8 * HOUR);
    expect((await http(url, { method: 'HEAD' })).status).toBe(404);
  });

  test('takes no upload, and says what it takes', async () => {
    const got = await http(await link(), { method: 'PUT', body: 'a log' });
    expect(got).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(site.lying('logs')).toEqual([]);
  });

  test('leads nowhere once the image was removed', async () => {
    const url = await link();
    expect((await site.api('DELETE', 'firmware/twin-2.0.bin')).status).toBe(204);
    expect((await http(url)).status).toBe(404);
  });
});

test('whatever is wrong about a link, the answer is the same', async () => {
  const url = await link();
  const { origin } = new URL(url);
  const secret = new URL(url).pathname.split('/')[2] ?? '';
  site.setTime(START + 3 * HOUR);
  const over = await http(url);
  expect(over).toMatchObject({ status: 404, headers: { 'cache-control': 'no-store' } });
  const never = `${secret.startsWith('A') ? 'B' : 'A'}${secret.slice(1)}`;
  for (const path of [
    `/files/${never}/twin-2.0.bin`,
    '/files/',
    '/files',
    '/files/twin-2.0.bin',
    `/files/${never}/../../chargegate.db`,
    '/files/../chargegate.db',
    `/files/${never}/%2e%2e%2fchargegate.db`,
  ])
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const got = await http(origin, { path, method });
      expect({ path, method, status: got.status, body: got.body }).toEqual({
        path,
        method,
        status: 404,
        body: over.body,
      });
    }
});

test('what follows a good link does not lead out of it', async () => {
  const { origin, pathname } = new URL(await link());
  const path = `${pathname.replace('twin-2.0.bin', '')}../../../chargegate.db`;
  expect((await http(origin, { path })).body.equals(IMAGE)).toBe(true);
});

test('links are good after a restart, and only their hashes are in the database', async () => {
  const url = new URL(await link());
  const secret = url.pathname.split('/')[2] ?? '';
  const rows = JSON.stringify(site.gateway.db.all('SELECT hex(hash) AS hash, * FROM file_link'));
  expect(rows).toContain('twin-2.0.bin');
  expect(rows).not.toContain(secret);
  await site.stop();
  const again = await openFileSite('', site.directory);
  const { origin } = new URL(again.urls.ocpp.replace('ws', 'http'));
  expect((await http(origin + url.pathname)).body.equals(IMAGE)).toBe(true);
  await again.stop();
});

test('other requests are still told that this is the OCPP port', async () => {
  const { origin } = new URL(site.urls.ocpp.replace('ws', 'http'));
  expect((await http(`${origin}/firmware`)).status).toBe(426);
});

test('frames that operators see do not hold the link', async () => {
  await link();
  await site.charger('BAY-1', { UpdateFirmware: {} });
  const { body } = await site.api<{ items: { text: string }[] }>('GET', 'frames?charger=BAY-1');
  const update = body.items.find(({ text }) => text.includes('UpdateFirmware'));
  expect(update?.text).toMatch(/\/files\/\*\*\*\/twin-2\.0\.bin/);
});

test('a file that was swapped for a directory is not there', async () => {
  const url = await link();
  rmSync(join(site.directory, 'firmware', 'twin-2.0.bin'));
  expect((await http(url)).status).toBe(404);
});

/** Reads the first bytes of a download and hangs up; gives what came. */
function breakOff(url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, (response) => {
      response.once('data', (chunk: Buffer) => {
        response.on('error', () => undefined);
        response.once('close', () => resolve(chunk));
        request.destroy();
      });
    });
    request.on('error', reject);
    request.end();
  });
}
