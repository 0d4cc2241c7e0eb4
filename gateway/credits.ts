import { randomUUID } from 'node:crypto';
import { durationsOf } from './cdrs.ts';
import { billAnew, refused, type Correction } from './corrections.ts';
import { GatewayError } from './domain/errors.ts';
import { waitsForBill } from './domain/outbox.ts';
import type { Tariff } from './domain/tariff.ts';
import type { Cdr } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { turnCost } from './pricing/turn.ts';
import { settlePrepaid } from './prepaid.ts';
import * as store from './store/cdrs.ts';
import type { Tx } from './store/db.ts';
import { isWaiting } from './store/outbox.ts';
import { listPeers } from './store/peers.ts';
import { findSession } from './store/sessions.ts';
import { findTariff } from './store/tariffs.ts';

/** What came of crediting a bill line. */
export interface Credited {
  credit: Cdr;
  /** The line that stands for it since; null where it was not corrected. */
  corrected: Cdr | null;
  /** Peers whose OCPI version (2.1.1) has no credits: they are told of neither, and the operator settles it with them. */
  untold: string[];
}

/**
 * Takes a bill line back, once, and issues the right one where a correction is given: both in one write, or nothing. The
 * first line stays as it is (OCPI 2.3.0 mod_cdrs, Credit CDRs).
 *
 * Errors: NOT_FOUND, CDR_IS_CREDIT, CDR_CREDITED, CORRECTION_REFUSED.
 */
export async function creditCdr(
  gw: Gateway,
  id: string,
  reason: string,
  correction: Correction | null,
): Promise<Credited> {
  return gw.db.write((tx) => {
    const cdr = creditable(gw, id);
    const corrected = correction && correctionOf(gw, tx, cdr, reason, correction);
    const credit = insert(gw, tx, creditOf(tx, cdr, reason));
    const untold = listPeers(gw.db)
      .filter(({ version, visibility, name }) => version === '2.1.1' && (visibility === 'all' || name === cdr.peer))
      .map(({ name }) => name);
    const result = { credit, corrected: corrected && insert(gw, tx, corrected), untold };
    tx.after(() =>
      gw.log.info(
        { cdr: id, credit: credit.id, corrected: result.corrected?.id ?? null, reason },
        'bill line credited',
      ),
    );
    return result;
  });
}

/** The same without a correction, inside the write at hand; nothing where it was taken back before. */
export function takeBack(gw: Gateway, tx: Tx, id: string, reason: string): void {
  if (store.findCreditOf(gw.db, id)) return;
  const credit = insert(gw, tx, creditOf(tx, creditable(gw, id), reason));
  tx.after(() => gw.log.info({ cdr: id, credit: credit.id, reason }, 'bill line credited'));
}

function creditable(gw: Gateway, id: string): Cdr {
  const cdr = store.findCdr(gw.db, id);
  if (!cdr) throw new GatewayError('NOT_FOUND', `there is no bill line with the id ${id} here`);
  if (cdr.creditOf !== undefined)
    throw new GatewayError('CDR_IS_CREDIT', `${id} is the credit of ${cdr.creditOf}: a credit cannot be taken back`);
  const credit = store.findCreditOf(gw.db, id);
  if (credit)
    throw new GatewayError('CDR_CREDITED', `${id} was taken back before, by ${credit.id}: that happens only once`);
  return cdr;
}

/** All of the line that it takes back; the amounts with their sign turned. */
function creditOf(tx: Tx, cdr: Cdr, reason: string): Omit<Cdr, 'seq'> {
  const { seq: _seq, corrects: _corrects, ...same } = cdr;
  const cost = turnCost(cdr.cost);
  return { ...same, id: randomUUID(), cost, remark: reason, creditOf: cdr.id, updatedAt: tx.stamp };
}

function correctionOf(gw: Gateway, tx: Tx, cdr: Cdr, reason: string, correction: Correction): Omit<Cdr, 'seq'> {
  const { remark, ...wrong } = correction;
  if (Object.keys(wrong).length === 0) throw refused('it is not said what was wrong');
  const session = findSession(gw.db, cdr.sessionId);
  const bounds = { startedAt: session?.startedAt ?? cdr.startedAt, endedAt: session?.endedAt ?? cdr.endedAt };
  const { notes, ...bill } = billAnew(cdr, wrong, bounds, tariffOf(gw, cdr, wrong));
  const { seq: _seq, ...same } = cdr;
  const remarks = [remark ?? `in place of ${cdr.id}: ${reason}`, ...notes];
  return {
    ...same,
    ...bill,
    ...durationsOf(bill),
    id: randomUUID(),
    remark: remarks.join('; '),
    corrects: cdr.id,
    updatedAt: tx.stamp,
  };
}

function tariffOf(gw: Gateway, cdr: Cdr, { tariffId, free }: Correction): Tariff | null {
  if (free === true) {
    if (tariffId !== undefined) throw refused('it cannot both be free and priced by a tariff');
    return null;
  }
  if (tariffId === undefined) return cdr.tariff;
  const tariff = findTariff(gw.db, tariffId);
  if (!tariff) throw refused(`there is no tariff ${tariffId}`);
  return tariff;
}

function insert(gw: Gateway, tx: Tx, cdr: Omit<Cdr, 'seq'>): Cdr {
  store.insertCdr(gw.db, cdr);
  settlePrepaid(gw, tx, cdr);
  tx.emit({ name: 'cdr.issued', data: { cdrId: cdr.id, sessionId: cdr.sessionId } });
  const stored = store.findCdr(gw.db, cdr.id);
  if (!stored) throw new Error(`bill line ${cdr.id} vanished inside its own write`);
  return stored;
}

/** Is it the one that its session ended with, neither a credit nor corrected? */
export function isFirstBill({ creditOf: takesBack, corrects }: Cdr): boolean {
  return takesBack === undefined && corrects === undefined;
}

/**
 * Why a peer cannot be told this line yet: a credit follows what it takes back, a corrected line the credit. Null: nothing
 * stands before it.
 */
export function billBefore(gw: Gateway, peer: string, cdr: Cdr): string | null {
  const before = cdr.creditOf ?? (cdr.corrects === undefined ? undefined : store.findCreditOf(gw.db, cdr.corrects)?.id);
  if (before === undefined || !isWaiting(gw.db, { peer, module: 'cdrs', object: before })) return null;
  return waitsForBill(before);
}
