import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FileServer {
  url: string;
  /** What was put, by path. */
  put: Map<string, string>;
  stop: () => Promise<void>;
}

/** A file server: gives `files` by path and keeps what is put. */
export async function startFileServer(files: Record<string, Buffer> = {}): Promise<FileServer> {
  const put = new Map<string, string>();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (request.method === 'GET') {
      const file = files[path];
      response.writeHead(file ? 200 : 404).end(file);
      return;
    }
    let body = '';
    request.on('data', (data) => (body += String(data)));
    request.on('end', () => {
      put.set(path, body);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    put,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
