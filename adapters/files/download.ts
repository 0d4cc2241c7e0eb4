import type { IncomingMessage, ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { noteFetched } from '../../gateway/file-links.ts';
import type { OpenFile } from '../../gateway/file-store.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { addPart, isWhole, readRange, type Part } from './range.ts';

/** What has been sent over each link in this run: a charger may come for the rest of a file whose download broke. */
export type SentParts = Map<string, { etag: string; parts: Part[] }>;

/** Links whose parts are remembered; the oldest go first, and are then good until they expire. */
const MOST_LINKS = 1000;

/** Sends a firmware image, or the part of it that was asked for, and closes the file. Rejects where the charger went away. */
export async function sendFile(
  gw: Gateway,
  sent: SentParts,
  secret: string,
  file: OpenFile,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { bytes } = file;
    const etag = `"${bytes.toString(16)}-${file.modifiedAt.toString(16)}"`;
    const modified = new Date(file.modifiedAt).toUTCString();
    const head = {
      etag,
      'last-modified': modified,
      'accept-ranges': 'bytes',
      'cache-control': 'no-store',
      'content-type': 'application/octet-stream',
    };
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304, head).end();
    const condition = request.headers['if-range'];
    const current = condition === undefined || condition === etag || condition === modified;
    const part = request.method === 'GET' && current ? readRange(request.headers.range, bytes) : null;
    if (part === 'unsatisfiable')
      return void response.writeHead(416, { ...head, 'content-length': 0, 'content-range': `bytes */${bytes}` }).end();
    const { from, to } = part ?? { from: 0, to: bytes - 1 };
    response.writeHead(part ? 206 : 200, {
      ...head,
      'content-length': to - from + 1,
      ...(part && { 'content-range': `bytes ${from}-${to}/${bytes}` }),
    });
    if (request.method === 'HEAD' || bytes === 0) return void response.end();
    await send(gw, sent, { secret, etag, bytes }, { from, to }, file, response);
  } finally {
    await file.handle.close();
  }
}

async function send(
  gw: Gateway,
  sent: SentParts,
  { secret, etag, bytes }: { secret: string; etag: string; bytes: number },
  { from, to }: Part,
  file: OpenFile,
  response: ServerResponse,
): Promise<void> {
  let at = from;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      at += chunk.length;
      done(null, chunk);
    },
  });
  try {
    await pipeline(file.handle.createReadStream({ start: from, end: to, autoClose: false }), count, response);
  } finally {
    // A broken download counts as far as it went: who comes back asks for what it lacks.
    if (at > from) remember(sent, secret, etag, { from, to: at - 1 });
  }
  if (!isWhole(sent.get(secret)?.parts ?? [], bytes)) return;
  sent.delete(secret);
  await noteFetched(gw, secret, bytes);
}

function remember(sent: SentParts, secret: string, etag: string, part: Part): void {
  const known = sent.get(secret);
  const parts = known?.etag === etag ? known.parts : [];
  sent.delete(secret);
  sent.set(secret, { etag, parts: addPart(parts, part) });
  const [oldest] = sent.keys();
  if (sent.size > MOST_LINKS && oldest !== undefined) sent.delete(oldest);
}
