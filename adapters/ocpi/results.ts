import { findCommand, listUntold, settleResult } from '../../gateway/commands.ts';
import type { Command, CommandOutcome, CommandResult, Sender } from '../../gateway/domain/commands.ts';
import type { ActiveLimit } from '../../gateway/domain/orders.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { findPeer, outboundToken } from '../../gateway/peers.ts';
import { activeLimit } from '../../gateway/session-profiles.ts';
import { findSession } from '../../gateway/sessions.ts';
import type { Call, OcpiClient } from './client.ts';
import { presentActiveProfile } from './present/profiles.ts';
import { displayText } from './present/text.ts';
import type { Wire } from './present/shared.ts';
import { commandResponseV211 } from './present/v211.ts';
import { mannerOf, routedAs } from './push/target.ts';

/** Milliseconds before each attempt to tell something, and before each after those. */
const WAITS = [0, 100, 200, 400, 800, 1600, 3200];
const LONGEST_WAIT = 8000;
/** How long a session's new limit is told to a peer that is away; it promised nothing, and the next limit may be near. */
const LIMIT_TIME = 5000;

/** Tells peers what became of their commands, as long as it runs. */
export interface ResultPoster {
  close(): Promise<void>;
}

/**
 * Starts telling results to the URLs that came with the commands, also those that the last run left: again and again within
 * the time that was promised, and never later.
 */
export function startResultPoster(gw: Gateway, client: OcpiClient): ResultPoster {
  const running = new Set<Promise<void>>();
  const over = Promise.withResolvers<void>();
  const life = { closing: false };

  async function pause(millis: number): Promise<void> {
    if (millis === 0) return;
    const waited = Promise.withResolvers<void>();
    const timer = setTimeout(waited.resolve, millis).unref();
    await Promise.race([waited.promise, over.promise]);
    clearTimeout(timer);
  }

  async function tell(command: Command): Promise<void> {
    const told = await attempt(command);
    // What was cut short is told by the next run, where there is still time.
    if (told || !life.closing) await settleResult(gw, command.id, told ? 'delivered' : 'dropped');
  }

  async function attempt(command: Command): Promise<boolean> {
    const { peer, responseUrl: url, deadline, result } = command;
    const token = outboundToken(gw, peer);
    if (token === null || result === null) return false;
    const to = findPeer(gw, peer);
    if (!to) return false;
    const told = resultBody(command, result);
    const body = to.version === '2.1.1' ? commandResponseV211(told) : told;
    const manner = routedAs(to, routing(gw, command.sender));
    const problem = await call({ method: 'POST', url, token, body, ...manner }, deadline);
    if (problem !== null && !life.closing)
      gw.log.warn({ peer, command: command.id, kind: command.kind }, `a command's result was not told: ${problem}`);
    return problem === null;
  }

  /** Calls until it is heard; null: it was, else why not. */
  async function call(what: Call, deadline: Millis): Promise<string | null> {
    let problem = 'its time was over';
    for (let attempt = 0; ; attempt += 1) {
      await pause(WAITS[attempt] ?? LONGEST_WAIT);
      if (life.closing || gw.clock() >= deadline) return problem;
      const sent = await client.send(what);
      if (sent.kind === 'ok') return null;
      problem = sent.reason;
      // It heard us: saying it again changes nothing.
      if (sent.kind === 'refused') return problem;
    }
  }

  /** OCPI 2.3.0 mod_charging_profiles Sender PUT: only the peer that set the session's limit is told. */
  async function tellLimit(sessionId: string, name: string): Promise<void> {
    const [limit, session, peer] = [activeLimit(gw, sessionId), findSession(gw, sessionId), findPeer(gw, name)];
    const token = outboundToken(gw, name);
    const offered = peer?.endpoints.find(
      ({ identifier, role }) => identifier === 'chargingprofiles' && role === 'SENDER',
    );
    if (!limit || !session || !peer || !offered || token === null) return;
    const url = `${offered.url.replace(/\/+$/, '')}/${encodeURIComponent(sessionId)}`;
    const what = { method: 'PUT' as const, url, token, body: presentActiveProfile(limit) };
    const problem = await call({ ...what, ...mannerOf(gw, peer, session.token) }, gw.clock() + LIMIT_TIME);
    if (problem !== null && !life.closing)
      gw.log.warn({ peer: name, session: sessionId }, `the limit of a session was not told: ${problem}`);
  }

  function start(peer: string, telling: () => Promise<void>): void {
    if (life.closing) return;
    const work = telling()
      .catch((error: unknown) => gw.log.error({ err: error, peer }, 'telling a peer what it asked for failed'))
      .finally(() => running.delete(work));
    running.add(work);
  }

  const unsubscribes = [
    gw.bus.on('command.finished', ({ commandId, peer }) => {
      const command = findCommand(gw, commandId);
      if (command?.state === 'finished') start(peer, () => tell(command));
    }),
    gw.bus.on('session.limited', ({ sessionId, peer }) => start(peer, () => tellLimit(sessionId, peer))),
  ];
  for (const command of listUntold(gw)) start(command.peer, () => tell(command));

  return {
    async close() {
      life.closing = true;
      for (const unsubscribe of unsubscribes) unsubscribe();
      over.resolve();
      await Promise.all(running);
    },
  };
}

const RESULT: Record<CommandOutcome, string> = {
  accepted: 'ACCEPTED',
  rejected: 'REJECTED',
  failed: 'FAILED',
  timeout: 'TIMEOUT',
  occupied: 'EVSE_OCCUPIED',
  inoperative: 'EVSE_INOPERATIVE',
  'not-supported': 'NOT_SUPPORTED',
  'unknown-reservation': 'UNKNOWN_RESERVATION',
  'cancelled-reservation': 'CANCELED_RESERVATION',
  unknown: 'FAILED',
};

/** OCPI 2.3.0 mod_commands CommandResult; mod_charging_profiles' results have three words and no message. */
function resultBody({ kind }: Command, { outcome, message, limit }: CommandResult): Wire {
  if (kind === 'set-profile' || kind === 'read-profile' || kind === 'clear-profile')
    return { result: profileResult(outcome), ...profileOf(limit) };
  return { result: RESULT[outcome], ...(message !== null && { message: [displayText(message)] }) };
}

function profileResult(outcome: CommandOutcome): string {
  if (outcome === 'accepted') return 'ACCEPTED';
  return outcome === 'timeout' || outcome === 'unknown' ? 'UNKNOWN' : 'REJECTED';
}

function profileOf(limit: ActiveLimit | undefined): Wire {
  return limit ? { profile: presentActiveProfile(limit) } : {};
}

/** The command's own headers, swapped; those of a hub's party go to that party. */
function routing(gw: Gateway, sender: Sender | null): Record<string, string> {
  const { countryCode, partyId } = gw.settings.site;
  return {
    'ocpi-from-country-code': countryCode,
    'ocpi-from-party-id': partyId,
    ...(sender && { 'ocpi-to-country-code': sender.countryCode, 'ocpi-to-party-id': sender.partyId }),
  };
}
