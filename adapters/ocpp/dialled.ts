import type { IncomingMessage } from 'node:http';

/**
 * Host and port that a charger dialled, by its Host header: the surest address to be reached at by it, also through
 * port forwarding and on machines with several networks. `port`, where given, takes the place of the one it dialled.
 * Null where it does not say.
 */
export function dialledAddress(request: IncomingMessage, port: number | null): string | null {
  const { host } = request.headers;
  if (host === undefined || !/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/.test(host)) return null;
  const url = `http://${host}/`;
  if (!URL.canParse(url)) return null;
  const dialled = new URL(url);
  if (port !== null) dialled.port = String(port);
  return dialled.host;
}
