import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GatewayError } from '../../gateway/domain/errors.ts';

/** Sockets that have not become a charger's yet. */
const HANDSHAKES = 256;

/** Connections that wait to be taken; the system has its own bound beside. */
const BACKLOG = 4096;

/** Bounds what whoever reaches a charger port can take of it. */
export function boundServer(server: Server, maxConnections: number): void {
  server.headersTimeout = 10_000;
  // Files take what they take: their service bounds them, and headers have the time above.
  server.requestTimeout = 0;
  server.maxHeadersCount = 50;
  // Beside the chargers, a few that are still shaking hands; who says nothing is dropped by the timeouts above.
  server.maxConnections = maxConnections + HANDSHAKES;
}

/** Opens a port; gives its number. Errors: PORT_IN_USE, and what else the system says; `onFault` hears of later ones. */
export function openPort(
  server: Server,
  { host, port }: { host: string; port: number },
  onFault: (error: Error) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => reject(inWords(error, `${host}:${port}`));
    server.once('error', refuse);
    // A whole depot may dial at once.
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', refuse);
      server.on('error', onFault);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function inWords(error: Error, where: string): Error {
  if (!('code' in error) || error.code !== 'EADDRINUSE') return error;
  const problem = `the OCPP server cannot listen on ${where}: another program does. Stop it, or set another port`;
  return new GatewayError('PORT_IN_USE', problem, { cause: error });
}
