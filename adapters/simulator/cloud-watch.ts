import Big from 'big.js';
import { kwh } from './narrate.ts';
import type { Holdings, SimulatedPeer } from './peer.ts';
import type { CloudView } from './screen.ts';
import { asList, asRecord, asText } from './wire.ts';

type Item = Record<string, unknown>;

/** Follows what a cloud learns by polling. */
export interface CloudWatch {
  /** Polls once; gives a line for each thing that is new to the cloud. Throws OcpiCallFailed. */
  poll(): Promise<string[]>;
  view(): CloudView;
}

/** Watches through the peer's polls alone: it knows nothing that OCPI does not tell it. */
export function watchCloud(peer: SimulatedPeer, name: string): CloudWatch {
  const statuses = new Map<string, string>();
  const sessions = new Map<string, string>();
  const cdrs = new Set<string>();
  let polls = 0;
  let view: CloudView = viewOf(peer.holdings(), name, '', 0);

  function changedStatuses(held: Holdings): string[] {
    return evsesOf(held).flatMap(({ id, status }) => {
      const before = statuses.get(id);
      statuses.set(id, status);
      return before === undefined || before === status ? [] : [`${name}: ${id} is ${status}`];
    });
  }

  function changedSessions(held: Holdings): string[] {
    return held.sessions.flatMap((session) => {
      const id = asText(session['id']) ?? '';
      const status = asText(session['status']) ?? '';
      const before = sessions.get(id);
      sessions.set(id, status);
      if (before === status) return [];
      const card = asText(asRecord(session['cdr_token'])['uid']) ?? '';
      return [`${name}: session of ${card} is ${status}${priceSoFar(session)}`];
    });
  }

  function newCdrs(held: Holdings): string[] {
    return held.cdrs.flatMap((cdr) => {
      const id = asText(cdr['id']) ?? '';
      if (cdrs.has(id)) return [];
      cdrs.add(id);
      return [`${name}: received a CDR, ${billOf(cdr)}`];
    });
  }

  return {
    async poll() {
      const held = await peer.poll();
      polls += 1;
      view = viewOf(held, name, peer.version ?? '', polls);
      return [...changedStatuses(held), ...changedSessions(held), ...newCdrs(held)];
    },
    view: () => view,
  };
}

function viewOf(held: Holdings, name: string, version: string, polls: number): CloudView {
  const running = held.sessions.filter((session) => session['status'] === 'ACTIVE').length;
  const last = held.cdrs.at(-1);
  return {
    name,
    version,
    polls,
    evses: evsesOf(held),
    sessionsRunning: running,
    sessionsEnded: held.sessions.filter((session) => session['status'] === 'COMPLETED').length,
    cdrs: held.cdrs.length,
    lastCdr: last ? billOf(last) : null,
  };
}

function evsesOf(held: Holdings): { id: string; status: string }[] {
  return held.locations
    .flatMap((location) => asList(location['evses']).map(asRecord))
    .map((evse) => ({
      id: asText(evse['evse_id']) ?? asText(evse['uid']) ?? '?',
      status: asText(evse['status']) ?? '?',
    }));
}

function priceSoFar(session: Item): string {
  const total = totalOf(session['total_cost']);
  return total === null ? '' : `, ${total} ${asText(session['currency']) ?? ''}`;
}

function billOf(cdr: Item): string {
  const energy = Number(cdr['total_energy']) * 1000;
  const card = asText(asRecord(cdr['cdr_token'])['uid']) ?? '';
  return `${kwh(energy)}, ${totalOf(cdr['total_cost']) ?? '?'} ${asText(cdr['currency']) ?? ''} for ${card}`;
}

/** With tax, from OCPI 2.3.0's price (before_taxes and taxes) or 2.2.1's (incl_vat). */
function totalOf(price: unknown): string | null {
  const fields = asRecord(price);
  const { before_taxes: net, taxes, incl_vat: gross } = fields;
  if (typeof gross === 'number') return new Big(gross).toFixed(2);
  if (typeof net !== 'number') return null;
  const amounts = asList(taxes).map((tax) => Number(asRecord(tax)['amount']));
  return amounts.reduce((sum, amount) => sum.plus(amount), new Big(net)).toFixed(2);
}
