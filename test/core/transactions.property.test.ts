import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
} from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { applyConfig } from '../../gateway/apply-config.ts';
import { reportStatus } from '../../gateway/availability.ts';
import { connectCharger } from '../../gateway/chargers.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { createGateway } from '../../gateway/create-gateway.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { recordSamples, recoverSamples } from '../../gateway/samples.ts';
import { listSessions, refreshAll } from '../../gateway/sessions.ts';
import { listTransactions, startTransaction, stopTransaction } from '../../gateway/transactions.ts';
import { testConfig } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 1000 };
const NOON = Date.UTC(2026, 10, 21, 12);
const MINUTE = 60_000;

/** What may happen next on one EVSE; `again` sends the last message once more, `cut` is a power cut of the gateway. */
type Step =
  | { kind: 'start'; card: 'CARD1' | 'STRANGER' }
  | { kind: 'meter'; wh: number }
  | { kind: 'suspend' | 'resume' | 'stop' | 'again' | 'cut' };

interface Open {
  wireId: string;
  card: string;
  startedAt: number;
  meterStart: number;
}

/** What there must be in the end: one entry for each transaction that was ever started. */
interface Expected {
  wireId: string;
  card: string;
  energyWh: number | null;
  seconds: number | null;
}

const step: Arbitrary<Step> = oneof(
  {
    weight: 3,
    arbitrary: record({
      kind: constant('start' as const),
      card: constantFrom('CARD1' as const, 'STRANGER' as const),
    }),
  },
  { weight: 6, arbitrary: record({ kind: constant('meter' as const), wh: integer({ min: 0, max: 5000 }) }) },
  { weight: 1, arbitrary: record({ kind: constant('suspend' as const) }) },
  { weight: 1, arbitrary: record({ kind: constant('resume' as const) }) },
  { weight: 3, arbitrary: record({ kind: constant('stop' as const) }) },
  { weight: 3, arbitrary: record({ kind: constant('again' as const) }) },
  { weight: 1, arbitrary: record({ kind: constant('cut' as const) }) },
);

/** One charger with one EVSE, and the plain model of what its messages mean. */
async function play(steps: Step[], directory: string): Promise<void> {
  let now = NOON;
  let register = 1000;
  let open: Open | null = null;
  const last: { again: (() => Promise<unknown>) | null } = { again: null };
  const expected: Expected[] = [];
  const stamps: number[] = [];
  let gw = await build(directory, () => now);

  const send = async <T>(message: () => Promise<T>): Promise<T> => {
    const answer = await message();
    last.again = async () => expect(await message()).toEqual(answer);
    return answer;
  };

  for (const next of steps) {
    now += MINUTE;
    const at = now;
    const timestamp = new Date(at).toISOString();
    switch (next.kind) {
      case 'start': {
        if (open) break;
        const meterStart = register;
        const { wireId } = await send(() =>
          startTransaction(gw, {
            chargerId: 'BAY-1',
            evse: 1,
            connector: 1,
            tokenUid: next.card,
            meterStart,
            reportedAt: at,
            receivedAt: at,
            timestamp,
          }),
        );
        open = { wireId, card: next.card, startedAt: at, meterStart };
        expected.push({ wireId, card: next.card, energyWh: null, seconds: null });
        break;
      }
      case 'meter': {
        register += next.wh;
        const sample = {
          reportedAt: at,
          context: null,
          energyWh: register,
          powerW: null,
          currentMa: null,
          socPercent: null,
          values: [{ value: String(register) }],
        };
        await send(() =>
          recordSamples(gw, {
            chargerId: 'BAY-1',
            evse: 1,
            wireId: open?.wireId ?? null,
            samples: [sample],
            receivedAt: at,
          }),
        );
        break;
      }
      case 'suspend':
      case 'resume': {
        const status = next.kind === 'suspend' ? 'SuspendedEV' : 'Charging';
        await reportStatus(gw, {
          chargerId: 'BAY-1',
          evse: 1,
          status,
          errorCode: null,
          reportedAt: at,
          receivedAt: at,
        });
        break;
      }
      case 'stop': {
        if (!open) break;
        const { wireId, meterStart, startedAt } = open;
        const meterStop = register;
        await send(() =>
          stopTransaction(gw, {
            chargerId: 'BAY-1',
            wireId,
            meterStop,
            reportedAt: at,
            receivedAt: at,
            timestamp,
            reason: 'Local',
            tokenUid: null,
            samples: [],
            payload: null,
          }),
        );
        Object.assign(expected.at(-1)!, { energyWh: meterStop - meterStart, seconds: (at - startedAt) / 1000 });
        open = null;
        break;
      }
      case 'again':
        await last.again?.();
        break;
      case 'cut':
        // What was answered is on disk: closing adds nothing but lines that nobody waits for.
        gw.db.close();
        gw = await build(directory, () => now);
        break;
    }
    stamps.push(...(await gw.db.write((tx) => [tx.stamp])));
  }
  judge(gw, expected, stamps);
  gw.db.close();
}

async function build(directory: string, clock: () => number): Promise<Gateway> {
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const { settings } = testConfig(directory);
  const gw = createGateway({ settings, directory, maxBytes: 0, clock, log: silent });
  await applyConfig(gw);
  await recoverSamples(gw);
  await refreshAll(gw);
  await connectCharger(gw, 'BAY-1', 'ocpp1.6');
  return gw;
}

function judge(gw: Gateway, expected: Expected[], stamps: number[]): void {
  const transactions = listTransactions(gw, ALL).items;
  const sessions = listSessions(gw, ALL).items;
  const cdrs = listCdrs(gw, ALL).items;
  expect(transactions.map(({ wireId }) => wireId)).toEqual(expected.map(({ wireId }) => wireId));
  expect(sessions).toHaveLength(expected.length);
  const billed = expected.filter(({ energyWh, card }) => energyWh !== null && (card === 'CARD1' || energyWh > 0));
  expect(cdrs.map(({ energyWh, seconds }) => ({ energyWh, seconds }))).toEqual(
    billed.map(({ energyWh, seconds }) => ({ energyWh, seconds })),
  );
  for (const [index, session] of sessions.entries()) {
    const { energyWh } = expected[index]!;
    const status = energyWh === null ? 'ACTIVE' : session.cost === null ? 'INVALID' : 'COMPLETED';
    expect(session.status).toBe(status);
  }
  for (const { periods, energyWh, startedAt, endedAt } of cdrs) {
    expect(periods.reduce((sum, period) => sum + period.energyWh, 0)).toBe(energyWh);
    expect([periods[0]?.from, ...periods.map(({ to }) => to)]).toEqual([...periods.map(({ from }) => from), endedAt]);
    expect(periods[0]?.from).toBe(startedAt);
    expect(periods.every((period) => period.energyWh >= 0)).toBe(true);
  }
  expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
  expect(new Set(stamps).size).toBe(stamps.length);
}

describe('any history of one EVSE', () => {
  test('one transaction a start, re-sent messages change nothing, one exact CDR a stop, also through power cuts', async () => {
    await assert(
      asyncProperty(array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const directory = mkdtempSync(join(tmpdir(), 'chargegate-property-'));
        try {
          await play(steps, directory);
        } finally {
          rmSync(directory, { recursive: true, force: true });
        }
      }),
      { numRuns: 150 },
    );
  });
});
