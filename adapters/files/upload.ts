import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Upload } from '../../gateway/logs.ts';

/** What a form may hold beside its file. */
const FORM_LIMITS = { files: 1, fields: 20, parts: 30, fieldNameSize: 100, fieldSize: 4096, headerPairs: 50 };

/** What stands around the file in a form, at most. */
const FORM_OVERHEAD = 64 * 1024;

/**
 * Hands on what a charger uploads, as the body itself or as the first file of a form (multipart/form-data), and gives
 * what `take` gives. `pathName` is the end of the address, where it has one. Errors: REQUEST_INVALID, and those of `take`.
 */
export async function readUpload<T>(
  request: IncomingMessage,
  pathName: string | null,
  take: (upload: Upload) => Promise<T>,
): Promise<T> {
  if (request.headers['content-range'] !== undefined)
    throw new GatewayError('REQUEST_INVALID', 'a file is uploaded in one piece: Content-Range is not taken');
  const declared = declaredBytes(request);
  const type = request.headers['content-type'];
  if (request.method === 'POST' && type !== undefined && /^\s*multipart\/form-data\b/i.test(type))
    return readForm(request, { ...request.headers, 'content-type': type }, ({ name, source }) =>
      take({
        name: name ?? pathName,
        source,
        declaredBytes: declared === null ? null : Math.max(0, declared - FORM_OVERHEAD),
      }),
    );
  return take({ name: namedInHeader(request) ?? pathName, source: request, declaredBytes: declared });
}

function declaredBytes(request: IncomingMessage): number | null {
  const text = request.headers['content-length'];
  return text === undefined ? null : Number(text);
}

/** `Content-Disposition: …; filename="…"`, which some clients send with a bare body. */
function namedInHeader(request: IncomingMessage): string | null {
  const [, quoted, plain] =
    /filename\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(request.headers['content-disposition'] ?? '') ?? [];
  return quoted ?? plain ?? null;
}

async function readForm<T>(
  request: IncomingMessage,
  headers: BusboyHeaders,
  take: (file: { name: string | null; source: Readable }) => Promise<T>,
): Promise<T> {
  const form = openForm(headers);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let source: Readable | null = null;
  const broken = (error: unknown): void => {
    const fault = error instanceof Error ? error : new Error(String(error));
    // Whoever reads the file learns it there, and tidies up before anything is answered.
    if (source) source.destroy(fault);
    else reject(fault);
  };
  form.on('file', (_field, stream, name) => {
    source = stream;
    // Its own errors come out where it is read.
    stream.on('error', () => undefined);
    take({ name: name || null, source: stream }).then(resolve, reject);
  });
  form.on('finish', () => {
    if (!source) broken(new GatewayError('REQUEST_INVALID', 'the form holds no file'));
  });
  form.on('error', (error) =>
    broken(new GatewayError('REQUEST_INVALID', 'the form cannot be read to its end', { cause: error })),
  );
  request.on('error', broken);
  request.on('close', () => {
    if (!request.complete) broken(new Error('the connection ended within the form'));
  });
  request.pipe(form);
  try {
    return await promise;
  } finally {
    // After a refusal nobody reads the rest any more.
    request.unpipe(form);
    request.resume();
  }
}

function openForm(headers: BusboyHeaders): InstanceType<typeof Busboy> {
  try {
    // Some leave out the file's name; then its type tells.
    const isPartAFile = (_field?: string, type?: string, name?: string): boolean =>
      name !== undefined || type !== 'text/plain';
    return new Busboy({ headers, limits: FORM_LIMITS, isPartAFile });
  } catch (error) {
    throw new GatewayError('REQUEST_INVALID', 'the form has no boundary, so it cannot be read', { cause: error });
  }
}
