/** A 2.x charger on a bare socket: answers the gateway's calls by a script, and tells what a test wants told. */
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import type { Payload, Script } from '../harness/scripted-charger.ts';

export type Version = 'ocpp2.0.1' | 'ocpp2.1';

export interface V2Charger {
  raw: RawCharger;
  /** The gateway's calls so far, oldest first. */
  calls: [action: string, payload: Payload][];
  /** From now on it answers so. */
  script(next: Script): void;
  send(action: string, payload?: Payload): Promise<Payload>;
  boot(): Promise<Payload>;
  /** By StatusNotification; EVSE 0: the whole charger. */
  status(evse: number, word: string, connector?: number): Promise<Payload>;
  /** By NotifyEvent, as 2.1 would rather have it. */
  notify(evse: number, word: string, connector?: number): Promise<Payload>;
  /** An event of a transaction; its numbers count on by themselves. */
  event(id: string, eventType: string, triggerReason: string, more?: Payload): Promise<Payload>;
  /** What became of a reservation. */
  reservation(reservationId: unknown, reservationUpdateStatus: string): Promise<Payload>;
  /** The gateway's next call of this name that has not been waited for. */
  called(action: string): Promise<Payload>;
  /** How often it was called so. */
  count(action: string): number;
}

const CALL = 2;

export async function dialV2(
  url: string,
  id: string,
  version: Version,
  clock: () => number = Date.now,
  script: Script = () => ({ status: 'Accepted' }),
): Promise<V2Charger> {
  let answer = script;
  const calls: V2Charger['calls'] = [];
  const seen = new Map<string, number>();
  let seqNo = 0;
  // The gateway may call before it is known here that the socket is open.
  const opened = Promise.withResolvers<RawCharger>();
  const now = (): string => new Date(clock()).toISOString();
  const connected = await createRawCharger(url + id, {
    protocols: [version],
    onText(text) {
      const [type, messageId, action, payload] = JSON.parse(text) as [number, string, string, Payload];
      if (type !== CALL) return;
      calls.push([action, payload]);
      const said = answer(action, payload);
      if (said === null) return;
      const frame = typeof said === 'string' ? [4, messageId, said, '', {}] : [3, messageId, said];
      void opened.promise.then((raw) => raw.send(JSON.stringify(frame)));
    },
  });
  opened.resolve(connected);
  const send = async (action: string, payload: Payload = {}): Promise<Payload> =>
    (await connected.call(action, payload))[2] as Payload;

  return {
    raw: connected,
    calls,
    script: (next) => void (answer = next),
    send,
    boot: () => send('BootNotification', { reason: 'PowerUp', chargingStation: { model: 'M', vendorName: 'V' } }),
    status: (evseId, connectorStatus, connectorId = evseId === 0 ? 0 : 1) =>
      send('StatusNotification', { timestamp: now(), connectorStatus, evseId, connectorId }),
    notify: (evse, actualValue, connectorId = 1) =>
      send('NotifyEvent', {
        generatedAt: now(),
        seqNo: 0,
        eventData: [
          {
            eventId: calls.length + 1,
            timestamp: now(),
            trigger: 'Delta',
            actualValue,
            eventNotificationType: 'HardWiredNotification',
            component: { name: 'Connector', evse: { id: evse, connectorId } },
            variable: { name: 'AvailabilityState' },
          },
        ],
      }),
    event(transactionId, eventType, triggerReason, more = {}) {
      const { info = {}, ...rest } = more as { info?: object };
      return send('TransactionEvent', {
        eventType,
        triggerReason,
        timestamp: now(),
        seqNo: seqNo++,
        transactionInfo: { transactionId, ...info },
        ...rest,
      });
    },
    reservation: (reservationId, reservationUpdateStatus) =>
      send('ReservationStatusUpdate', { reservationId, reservationUpdateStatus }),
    async called(action) {
      const from = seen.get(action) ?? 0;
      const frame = await connected.waitFor(([type, , name]) => type === CALL && name === action, from);
      seen.set(action, connected.texts.findIndex((text) => (JSON.parse(text) as unknown[])[1] === frame[1]) + 1);
      return frame[3] as Payload;
    },
    count: (action) => calls.filter(([name]) => name === action).length,
  };
}

export const at = (evse: number): Payload => ({ evse: { id: evse, connectorId: 1 } });
export const card = (idToken: string, type = 'Central'): Payload => ({ idToken: { idToken, type } });
/** A meter's reading, kWh. */
export const register = (kwh: number, timestamp: string): Payload => ({
  meterValue: [
    {
      timestamp,
      sampledValue: [{ value: kwh, measurand: 'Energy.Active.Import.Register', unitOfMeasure: { unit: 'kWh' } }],
    },
  ],
});
