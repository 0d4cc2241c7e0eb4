/** A whole gateway with a clock of the test's own, a bare socket for the charger, and what operator and cloud see of it. */
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { findCharger } from '../../gateway/chargers.ts';
import type { Cdr, QuarantineEntry, Session } from '../../gateway/domain/types.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import { listQuarantine } from '../../gateway/quarantine.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { listTransactions, type TransactionView } from '../../gateway/transactions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 100 };
export const NOON = Date.UTC(2026, 10, 21, 12);

/** The charger's clock at this minute of the test. */
export const at = (minute: number): string => new Date(NOON + minute * 60_000).toISOString();

type Fields = Record<string, unknown>;

export interface Started {
  transactionId: number;
  idTagInfo: { status: string; parentIdTag?: string; expiryDate?: string };
}

export interface Depot {
  site: TestSite;
  /** Our clock: this many minutes after noon. */
  setMinute(minute: number): void;
  dial(id?: string): Promise<RawCharger>;
  /** The same site over the same data, as after a restart. */
  restart(): Promise<void>;
  transactions(): TransactionView[];
  sessions(): Session[];
  cdrs(): Cdr[];
  quarantined(): QuarantineEntry[];
  deviations(id?: string): Promise<string[]>;
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: never }>;
  close(): Promise<void>;
}

export async function openDepot(yaml = ''): Promise<Depot> {
  let now = NOON;
  const open: RawCharger[] = [];
  const hangUp = async (): Promise<void> => {
    for (const charger of open.splice(0)) await charger.close();
  };
  const depot: Depot = {
    site: await startTestSite({ yaml, clock: () => now }),
    setMinute(minute) {
      now = NOON + minute * 60_000;
    },
    async dial(id = 'BAY-1') {
      const charger = await createRawCharger(depot.site.urls.ocpp + id, { protocols: ['ocpp1.6'] });
      open.push(charger);
      return charger;
    },
    async restart() {
      await hangUp();
      await depot.site.stop();
      depot.site = await startTestSite({ yaml, clock: () => now, directory: depot.site.directory });
    },
    transactions: () => listTransactions(depot.site.gateway, ALL).items,
    sessions: () => listSessions(depot.site.gateway, ALL).items,
    cdrs: () => listCdrs(depot.site.gateway, ALL).items,
    quarantined: () => listQuarantine(depot.site.gateway, ALL).items,
    async deviations(id = 'BAY-1') {
      await flushDiagnostics(depot.site.gateway);
      return (findCharger(depot.site.gateway, id)?.deviations ?? []).map(({ code }) => code);
    },
    async api(method, path, body) {
      const response = await fetch(depot.site.urls.console.replace(/\/$/, '') + path, {
        method,
        ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as never };
    },
    async close() {
      await hangUp();
      await depot.site.cleanUp();
    },
  };
  return depot;
}

export async function start(charger: RawCharger, fields: Fields = {}): Promise<Started> {
  const payload = { connectorId: 1, idTag: 'CARD1', meterStart: 1000, timestamp: at(0), ...fields };
  return (await charger.call('StartTransaction', payload))[2] as Started;
}

export function stop(charger: RawCharger, transactionId: unknown, fields: Fields = {}): Promise<unknown[]> {
  return charger.call('StopTransaction', { transactionId, meterStop: 11_000, timestamp: at(60), ...fields });
}

/** Meter values of one instant; `transactionId` undefined: none is named. */
export function meter(
  charger: RawCharger,
  transactionId: number | undefined,
  minute: number,
  values: unknown[],
  fields: Fields = {},
): Promise<unknown[]> {
  return charger.call('MeterValues', {
    connectorId: 1,
    ...(transactionId !== undefined && { transactionId }),
    meterValue: [{ timestamp: at(minute), sampledValue: values }],
    ...fields,
  });
}

export function status(charger: RawCharger, text: string, connectorId = 1): Promise<unknown[]> {
  return charger.call('StatusNotification', { connectorId, errorCode: 'NoError', status: text });
}

/** Sends a frame to the letter and gives the answer to message `id`. */
export function sendFrame(charger: RawCharger, id: string, text: string): Promise<unknown[]> {
  const from = charger.texts.length;
  charger.send(text);
  return charger.waitFor((frame) => frame[1] === id, from);
}
