/**
 * What is left when everything is left out that makes a gateway: sockets, JSON, the OCA's schemas, and messages on disk before
 * their answers, in grouped commits. Nobody is authorised, nothing is decoded, and nothing can be asked of it. No gateway that
 * validates and keeps on this stack can be faster. `node floor.ts <port> <directory>`
 */
import Database from 'better-sqlite3';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import { loadSchemas } from '../../../adapters/ocpp/schemas/load.ts';

const [port, directory = '.'] = process.argv.slice(2);
const schemas = loadSchemas('ocpp1_6.json', 'lenient');

const sqlite = new Database(join(directory, 'floor.db'));
sqlite.pragma('journal_mode = WAL');
sqlite.pragma('synchronous = FULL');
sqlite.exec('CREATE TABLE log (number INTEGER PRIMARY KEY, lines TEXT NOT NULL) STRICT');
const [begin, insert, commit] = ['BEGIN IMMEDIATE', 'INSERT INTO log (lines) VALUES (?)', 'COMMIT'].map((sql) =>
  sqlite.prepare(sql),
);

let waiting: { socket: WebSocket; text: string; answer: string }[] = [];

function flush(): void {
  const batch = waiting;
  waiting = [];
  begin?.run();
  insert?.run(batch.map(({ text }) => text).join('\n'));
  commit?.run();
  for (const { socket, answer } of batch) socket.send(answer);
}

function answerTo(action: string): object {
  if (action === 'BootNotification')
    return { status: 'Accepted', currentTime: new Date().toISOString(), interval: 300 };
  return action === 'StartTransaction' ? { transactionId: 1, idTagInfo: { status: 'Accepted' } } : {};
}

function receive(socket: WebSocket, text: string): void {
  const [, messageId, action, payload] = JSON.parse(text) as [number, string, string, unknown];
  if (schemas.problems(`${action}.req`, payload).length > 0) return socket.terminate();
  if (waiting.length === 0) setImmediate(flush);
  waiting.push({ socket, text, answer: JSON.stringify([3, messageId, answerTo(action)]) });
}

const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false, handleProtocols: () => 'ocpp1.6' });
server.on('connection', (socket) => {
  socket.on('message', (data: Buffer) => receive(socket, data.toString()));
  socket.on('error', () => socket.terminate());
});
http.listen(Number(port), '127.0.0.1');
