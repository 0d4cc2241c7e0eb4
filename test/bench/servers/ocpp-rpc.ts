/** The peer: a bare ocpp-rpc server that answers and stores nothing. `node ocpp-rpc.ts <port> lax|strict` */
import { RPCServer } from 'ocpp-rpc';

/** The package's own types do not resolve for ES modules. */
interface Client {
  handle(action: string, answer: () => object): void;
}

const [port, mode] = process.argv.slice(2);
const server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: mode === 'strict' });
let transactions = 0;

server.on('client', (client: Client) => {
  client.handle('BootNotification', () => ({
    status: 'Accepted',
    currentTime: new Date().toISOString(),
    interval: 300,
  }));
  client.handle('Authorize', () => ({ idTagInfo: { status: 'Accepted' } }));
  client.handle('StartTransaction', () => {
    transactions += 1;
    return { transactionId: transactions, idTagInfo: { status: 'Accepted' } };
  });
  client.handle('StopTransaction', () => ({ idTagInfo: { status: 'Accepted' } }));
  client.handle('MeterValues', () => ({}));
  client.handle('StatusNotification', () => ({}));
  client.handle('Heartbeat', () => ({ currentTime: new Date().toISOString() }));
});

await server.listen(Number(port), '127.0.0.1');
