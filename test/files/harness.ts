/** A whole gateway, a bare charger that answers as told, and HTTP to the byte. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import type { LogBody, TransferBody } from '../../adapters/console/schemas.ts';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

export const START = Date.UTC(2026, 10, 21, 4, 0, 0);

/** `ocpp` of the test site, with other file settings. */
export const filesYaml = (files: string): string =>
  `ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: accept, call-timeout: 2, provisioning: false, files: ${files} }\n`;

export interface Got {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface FileSite extends TestSite {
  /** A JSON request to the operator API. */
  api<Body>(method: string, path: string, body?: object): Promise<{ status: number; body: Body }>;
  /** Puts an image among the firmware, over the operator API. */
  addImage(name: string, bytes: Buffer): Promise<{ status: number; body: unknown }>;
  /** A charger that booted; `answers` by action: a payload, or an error's code. */
  charger(id: string, answers?: Record<string, object | string>): Promise<RawCharger>;
  /** Asks a charger for its log; gives the link and the transfer's id. */
  logLink(id: string, body?: object): Promise<{ url: string; transfer: number }>;
  /** Tells a charger to fetch an image; gives the link. */
  firmwareLink(id: string, file: string, body?: object): Promise<string>;
  logs(): Promise<LogBody[]>;
  transfers(): Promise<TransferBody[]>;
  /** Names of the files that lie in a directory of the data directory. */
  lying(directory: 'firmware' | 'logs'): string[];
  /** Resolves once the check holds, looking whenever a transfer has changed. */
  until(check: () => boolean | Promise<boolean>): Promise<void>;
  /** Resolves once the check holds, looking again and again: for what only the disk shows. */
  when(check: () => boolean): Promise<void>;
  /** Sets the site's clock. */
  setTime(at: number): void;
}

/** The URL in a call to fetch or to upload. */
export function urlIn(frame: unknown[]): string {
  const payload = frame[3] as {
    location?: string;
    log?: { remoteLocation: string };
    firmware?: { location: string };
  };
  return payload.location ?? payload.log?.remoteLocation ?? payload.firmware?.location ?? '';
}

export async function openFileSite(yaml = '', directory?: string, startsAt = START): Promise<FileSite> {
  let now = startsAt;
  const site = await startTestSite({ yaml, clock: () => now, ...(directory !== undefined && { directory }) });
  const chargers: RawCharger[] = [];

  async function api<Body>(method: string, path: string, body?: object) {
    const response = await fetch(new URL(`api/${path}`, site.urls.console), {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as Body };
  }

  async function charger(id: string, answers: Record<string, object | string> = {}): Promise<RawCharger> {
    const raw: RawCharger = await createRawCharger(site.urls.ocpp + id, {
      protocols: ['ocpp1.6'],
      onText(text) {
        const [type, messageId, action] = JSON.parse(text) as [number, string, string];
        const answer = type === 2 ? answers[action] : undefined;
        if (typeof answer === 'string') raw.send(JSON.stringify([4, messageId, answer, '', {}]));
        else if (answer) raw.send(JSON.stringify([3, messageId, answer]));
      },
    });
    chargers.push(raw);
    await raw.call('BootNotification', { chargePointVendor: 'Voltan', chargePointModel: 'Twin 22' });
    return raw;
  }

  async function order(id: string, what: string, body: object): Promise<{ url: string; transfer: number }> {
    const raw = chargers.findLast(() => true);
    const from = raw?.texts.length ?? 0;
    const { status, body: ordered } = await api<{ transfer: number }>('POST', `chargers/${id}/${what}`, body);
    if (status !== 200 || !raw) throw new Error(`${status} ${JSON.stringify(ordered)}`);
    return { url: urlIn(await raw.waitFor((frame) => frame[0] === 2, from)), transfer: ordered.transfer };
  }

  async function until(check: () => boolean | Promise<boolean>): Promise<void> {
    for (;;) {
      let stop = (): void => undefined;
      const changed = new Promise<void>((resolve) => {
        stop = site.gateway.bus.on('transfer.changed', () => resolve());
      });
      const holds = await check();
      if (!holds) await changed;
      stop();
      if (holds) return;
    }
  }

  return {
    ...site,
    api,
    charger,
    until,
    async addImage(name, bytes) {
      const url = new URL(`api/firmware/${encodeURIComponent(name)}`, site.urls.console);
      const headers = { 'content-type': 'application/octet-stream' };
      const response = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) });
      return { status: response.status, body: await response.json() };
    },
    logLink: (id, body = {}) => order(id, 'logs', body),
    firmwareLink: async (id, file, body = {}) => (await order(id, 'firmware', { file, ...body })).url,
    logs: async () => (await api<{ items: LogBody[] }>('GET', 'logs')).body.items,
    transfers: async () => (await api<{ items: TransferBody[] }>('GET', 'transfers')).body.items,
    async when(check) {
      while (!check()) await new Promise((resolve) => setImmediate(resolve));
    },
    lying: (folder) => readdirSync(join(site.directory, folder)).toSorted(),
    setTime(at) {
      now = at;
    },
    async cleanUp() {
      for (const raw of chargers) raw.destroy();
      await site.cleanUp();
    },
  };
}

/** One HTTP request as written; the path is not normalised. */
export function http(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: Buffer | string; path?: string } = {},
): Promise<Got> {
  const { method = 'GET', headers = {}, body } = options;
  const { hostname, port, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const path = options.path ?? pathname + search;
    const request = httpRequest({ hostname, port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Bytes that are nowhere the same, so that a part in the wrong place shows. */
export function someBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE((at * 2654435761) >>> 0, Math.min(at, length - 4));
  return bytes;
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A form as browsers and curl write it. */
export function form(fileName: string | null, content: Buffer | string, end = '\r\n--edge--\r\n'): Buffer {
  const name = fileName === null ? '' : `; filename="${fileName}"`;
  return Buffer.concat([
    Buffer.from('--edge\r\nContent-Disposition: form-data; name="note"\r\n\r\nabout it\r\n'),
    Buffer.from(
      `--edge\r\nContent-Disposition: form-data; name="file"${name}\r\nContent-Type: application/octet-stream\r\n\r\n`,
    ),
    Buffer.from(content),
    Buffer.from(end),
  ]);
}

export const FORM = { 'content-type': 'multipart/form-data; boundary=edge' };
