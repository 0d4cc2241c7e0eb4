import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';

const MOST_BYTES = 10_000_000;

/**
 * The JSON in a file of at most 10 MB; `-` reads stdin. Of an OCPI answer, what it holds (`data`), and of a list with one entry
 * that entry. `what` is read, in words: `a CDR`.
 */
export async function readDocument(file: string, what: string): Promise<{ document: unknown } | { problem: string }> {
  const read = await contentOf(file === '-' ? process.stdin : createReadStream(file));
  if ('problem' in read) return read;
  try {
    const document = unwrap(JSON.parse(read.text.replace(/^\uFEFF/, '')));
    return Array.isArray(document)
      ? { problem: `it is a list of ${document.length}; give ${what} alone` }
      : { document };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { problem: `it is no JSON (${error.message})` };
  }
}

async function contentOf(stream: Readable): Promise<{ text: string } | { problem: string }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      const part = Buffer.from(chunk as Buffer);
      bytes += part.length;
      if (bytes > MOST_BYTES) return { problem: `it is longer than ${MOST_BYTES / 1_000_000} MB` };
      chunks.push(part);
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { problem: `it could not be read (${error.message})` };
  }
  return { text: Buffer.concat(chunks).toString('utf8') };
}

function unwrap(json: unknown): unknown {
  const data = typeof json === 'object' && json !== null && 'status_code' in json && 'data' in json ? json.data : json;
  return Array.isArray(data) && data.length === 1 ? (data[0] as unknown) : data;
}
