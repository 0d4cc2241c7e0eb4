import { WebSocket } from 'ws';

const HOUR = 3_600_000;

/** A bare socket that speaks OCPP 1.6J with one call in flight. No OCPP library: what is measured is the server. */
export interface Charger {
  boot: () => Promise<void>;
  startTransaction: () => Promise<void>;
  stopTransaction: () => Promise<void>;
  meterValues: () => Promise<void>;
  close: () => void;
}

/** The charger's own clock and meter, which only rise. Starts an hour back, so that no timestamp lies in the future. */
interface Meter {
  at: number;
  energy: number;
}

/** Opens one socket. Rejects when the server refuses it, and each call rejects on a CALLERROR or a closed socket. */
export async function connectCharger(baseUrl: string, id: string): Promise<Charger> {
  const socket = new WebSocket(`${baseUrl}/${id}`, 'ocpp1.6', { perMessageDeflate: false, skipUTF8Validation: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const meter: Meter = { at: Date.now() - HOUR, energy: 1000 };
  let sequence = 0;
  let transactionId = 0;
  let waiting: { head: string; resolve: (text: string) => void; reject: (error: Error) => void } | null = null;

  socket.on('message', (data: Buffer) => {
    if (waiting === null) return;
    const text = data.toString('latin1');
    if (text.startsWith('[2')) return;
    const { head, resolve, reject } = waiting;
    waiting = null;
    if (text.startsWith(head)) resolve(text.slice(head.length, -1));
    else reject(new Error(`${id}: unexpected answer ${text.slice(0, 300)}`));
  });
  socket.on('close', (code) => waiting?.reject(new Error(`${id}: socket closed with ${code}`)));
  socket.on('error', (error) => waiting?.reject(error));

  function call(action: string, payload: string): Promise<string> {
    sequence += 1;
    const messageId = `${id}-${sequence}`;
    const answer = new Promise<string>((resolve, reject) => {
      waiting = { head: `[3,"${messageId}",`, resolve, reject };
    });
    socket.send(`[2,"${messageId}","${action}",${payload}]`);
    return answer;
  }

  function accepted(answer: string): Record<string, unknown> {
    const payload = JSON.parse(answer) as { status?: string; idTagInfo?: { status: string }; transactionId?: number };
    const status = payload.status ?? payload.idTagInfo?.status;
    if (status !== 'Accepted') throw new Error(`${id}: not accepted: ${answer}`);
    return payload;
  }

  const timestamp = (): string => `${new Date(meter.at).toISOString().slice(0, 19)}Z`;

  return {
    async boot() {
      accepted(await call('BootNotification', '{"chargePointVendor":"Bench","chargePointModel":"Bare socket"}'));
    },
    async startTransaction() {
      meter.at += 1000;
      const start = { connectorId: 1, idTag: id, meterStart: meter.energy, timestamp: timestamp() };
      transactionId = Number(accepted(await call('StartTransaction', JSON.stringify(start)))['transactionId']);
    },
    async stopTransaction() {
      meter.at += 1000;
      meter.energy += 10;
      const stop = { transactionId, idTag: id, meterStop: meter.energy, timestamp: timestamp(), reason: 'Local' };
      await call('StopTransaction', JSON.stringify(stop));
    },
    async meterValues() {
      meter.at += 1000;
      meter.energy += 3;
      await call('MeterValues', meterValuesPayload(transactionId, timestamp(), meter.energy));
    },
    close: () => socket.terminate(),
  };
}

/** About 600 bytes, six sampled values: what a three-phase charger sends. */
export function meterValuesPayload(transactionId: number, timestamp: string, energy: number): string {
  const context = '"context":"Sample.Periodic"';
  const amperes = (10 + (energy % 50) / 10).toFixed(1);
  return (
    `{"connectorId":1,"transactionId":${transactionId},"meterValue":[{"timestamp":"${timestamp}","sampledValue":[` +
    `{"value":"${energy}",${context},"measurand":"Energy.Active.Import.Register","unit":"Wh"},` +
    `{"value":"${7000 + (energy % 400)}","measurand":"Power.Active.Import","unit":"W"},` +
    `{"value":"${amperes}","measurand":"Current.Import","phase":"L1","unit":"A"},` +
    `{"value":"${amperes}","measurand":"Current.Import","phase":"L2","unit":"A"},` +
    `{"value":"${amperes}","measurand":"Current.Import","phase":"L3","unit":"A"},` +
    `{"value":"231.4","measurand":"Voltage","phase":"L1-N","unit":"V"}]}]}`
  );
}
