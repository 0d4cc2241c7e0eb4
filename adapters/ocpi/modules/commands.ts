import { Type } from 'typebox';
import type { EvseView } from '../../../gateway/chargers.ts';
import type { CommandOrigin } from '../../../gateway/commands.ts';
import type { CommandAnswer } from '../../../gateway/domain/commands.ts';
import type { Session, TokenUse } from '../../../gateway/domain/types.ts';
import { parseTime } from '../../../gateway/domain/time.ts';
import { cancelForPeer, reserveForPeer } from '../../../gateway/reservation-commands.ts';
import { startSession, stopSession, unlockConnector } from '../../../gateway/session-commands.ts';
import { findSession } from '../../../gateway/sessions.ts';
import { siteView } from '../../../gateway/site.ts';
import { invalid, notFound, OcpiFault, STATUS, success, type Answer } from '../envelope.ts';
import { same } from '../headers.ts';
import { read } from '../inbound.ts';
import { displayText } from '../present/text.ts';
import type { Handler, OcpiContext, OcpiRequest } from '../request.ts';
import { domainType } from '../token-body.ts';
import { checkUrl } from '../url-guard.ts';

const Id = Type.String({ minLength: 1, maxLength: 36 });
const ResponseUrl = Type.String({ minLength: 1, maxLength: 255 });

/** OCPI 2.3.0 mod_commands StartSession. Of the token only what a session keeps is asked for: it is not ours to judge. */
const StartSession = Type.Object({
  response_url: ResponseUrl,
  token: Type.Object({
    country_code: Type.String({ minLength: 2, maxLength: 2 }),
    party_id: Type.String({ minLength: 1, maxLength: 3 }),
    uid: Type.String({ pattern: '^[\\x20-\\x7e]{1,36}$' }),
    type: Id,
    contract_id: Type.String({ pattern: '^[\\x20-\\x7e]{1,36}$' }),
  }),
  location_id: Id,
  evse_uid: Type.Optional(Id),
  connector_id: Type.Optional(Id),
  authorization_reference: Type.Optional(Type.String({ pattern: '^[\\x20-\\x7e]{1,36}$' })),
});

/** OCPI 2.3.0 mod_commands ReserveNow. */
const ReserveNow = Type.Object({
  response_url: ResponseUrl,
  token: StartSession.properties.token,
  expiry_date: Type.String({ minLength: 1, maxLength: 40 }),
  reservation_id: Id,
  location_id: Id,
  evse_uid: Type.Optional(Id),
  authorization_reference: Type.Optional(Type.String({ pattern: '^[\\x20-\\x7e]{1,36}$' })),
});

/** OCPI 2.3.0 mod_commands CancelReservation. */
const CancelReservation = Type.Object({ response_url: ResponseUrl, reservation_id: Id });

/** OCPI 2.3.0 mod_commands StopSession. */
const StopSession = Type.Object({ response_url: ResponseUrl, session_id: Id });

/** OCPI 2.3.0 mod_commands UnlockConnector. */
const UnlockConnector = Type.Object({ response_url: ResponseUrl, location_id: Id, evse_uid: Id, connector_id: Id });

type Doing = (context: OcpiContext, request: OcpiRequest) => Promise<CommandAnswer>;

const COMMANDS: Record<string, Doing> = {
  START_SESSION: startCommand,
  STOP_SESSION: stopCommand,
  UNLOCK_CONNECTOR: unlockCommand,
  RESERVE_NOW: reserveCommand,
  CANCEL_RESERVATION: cancelCommand,
};

/** A command: answered at once with whether it is taken on; its result is told to the `response_url` (OCPI 2.3.0 mod_commands). */
export const postCommand: Handler = async (context, request) => {
  const name = (request.params['command'] ?? '').toUpperCase();
  const run = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!run) throw notFound(`there is no command ${name}`);
  return commandAnswer(await run(context, request));
};

async function startCommand(context: OcpiContext, request: OcpiRequest): Promise<CommandAnswer> {
  const body = read(StartSession, request.body, 'StartSession');
  const origin = originOf(context, request, body.response_url);
  const evses = placeNamed(context, request, body.location_id);
  const evse = body.evse_uid === undefined ? null : evseNamed(evses, body.evse_uid);
  if (body.connector_id === undefined && evse !== null && evse.connectors.length > 1)
    throw invalid(
      `StartSession.connector_id: required for ${evse.uid}, which has ${evse.connectors.length} connectors`,
    );
  const connector = body.connector_id === undefined || evse === null ? null : connectorNamed(evse, body.connector_id);
  return startSession(context.gw, origin, {
    token: tokenOf(body.token),
    evse,
    connector,
    authorizationReference: body.authorization_reference ?? null,
  });
}

function tokenOf(token: {
  country_code: string;
  party_id: string;
  uid: string;
  type: string;
  contract_id: string;
}): TokenUse {
  return {
    countryCode: token.country_code.toUpperCase(),
    partyId: token.party_id.toUpperCase(),
    uid: token.uid,
    type: domainType(token.type),
    contractId: token.contract_id,
  };
}

async function stopCommand(context: OcpiContext, request: OcpiRequest): Promise<CommandAnswer> {
  const body = read(StopSession, request.body, 'StopSession');
  const origin = originOf(context, request, body.response_url);
  const session = visibleSession(context, request, body.session_id);
  if (!session) return { kind: 'unknown-session', message: `there is no session ${body.session_id}` };
  return stopSession(context.gw, origin, session);
}

async function unlockCommand(context: OcpiContext, request: OcpiRequest): Promise<CommandAnswer> {
  const body = read(UnlockConnector, request.body, 'UnlockConnector');
  const origin = originOf(context, request, body.response_url);
  const evse = evseNamed(placeNamed(context, request, body.location_id), body.evse_uid);
  return unlockConnector(context.gw, origin, evse, connectorNamed(evse, body.connector_id));
}

async function reserveCommand(context: OcpiContext, request: OcpiRequest): Promise<CommandAnswer> {
  const body = read(ReserveNow, request.body, 'ReserveNow');
  const origin = originOf(context, request, body.response_url);
  const evses = placeNamed(context, request, body.location_id);
  const expiry = parseTime(body.expiry_date);
  if (!expiry) throw invalid('ReserveNow.expiry_date: expected a DateTime');
  return reserveForPeer(context.gw, origin, {
    reservationId: body.reservation_id,
    token: tokenOf(body.token),
    evse: body.evse_uid === undefined ? null : evseNamed(evses, body.evse_uid),
    expiresAt: expiry.at,
    authorizationReference: body.authorization_reference ?? null,
  });
}

async function cancelCommand(context: OcpiContext, request: OcpiRequest): Promise<CommandAnswer> {
  const body = read(CancelReservation, request.body, 'CancelReservation');
  const origin = originOf(context, request, body.response_url);
  const [party] = request.peer.parties;
  return cancelForPeer(context.gw, origin, body.reservation_id, party ?? { countryCode: '', partyId: '' });
}

/** The peer's session of this id; null where there is none, or it is another's and not for this peer to see. */
export function visibleSession({ gw }: OcpiContext, { peer }: OcpiRequest, id: string): Session | null {
  const session = findSession(gw, id);
  return session && (peer.visibility === 'all' || session.peer === peer.name) ? session : null;
}

/** Where the result goes. 2001 for a URL that we would not call. */
export function originOf(context: OcpiContext, request: OcpiRequest, responseUrl: string): CommandOrigin {
  try {
    checkUrl(responseUrl, context.options.allowPrivateUrls);
  } catch (error) {
    throw invalid(`response_url: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { sender } = request;
  const believable = sender && sender.countryCode.length === 2 && /^[\x21-\x7e]{1,3}$/.test(sender.partyId);
  return { peer: request.peer.name, responseUrl, sender: believable ? sender : null };
}

/** EVSEs of the location; 2003 with a result where it is none that this peer knows. */
function placeNamed({ gw }: OcpiContext, { peer }: OcpiRequest, id: string): EvseView[] {
  const { site, evses } = siteView(gw);
  if (!same(site.id, id) || !(site.publish || peer.visibility === 'all')) throw unknownPlace(`location ${id}`);
  return evses.filter(({ removed }) => !removed);
}

function evseNamed(evses: EvseView[], uid: string): EvseView {
  const evse = evses.find((candidate) => same(candidate.uid, uid));
  if (!evse) throw unknownPlace(`EVSE ${uid}`);
  return evse;
}

function connectorNamed(evse: EvseView, id: string): number {
  const connector = evse.connectors.find((candidate) => String(candidate.connector) === id.trim());
  if (!connector) throw invalid(`connector_id: EVSE ${evse.uid} has no connector ${id}`);
  return connector.connector;
}

function unknownPlace(what: string): OcpiFault {
  const message = `${what} is not known here`;
  return new OcpiFault({
    http: 200,
    status: STATUS.unknownLocation,
    message,
    data: { result: 'REJECTED', timeout: 0, message: [displayText(message)] },
  });
}

const RESULT: Record<CommandAnswer['kind'], string> = {
  accepted: 'ACCEPTED',
  rejected: 'REJECTED',
  'not-supported': 'NOT_SUPPORTED',
  'too-often': 'REJECTED',
  'unknown-session': 'UNKNOWN_SESSION',
};

/** OCPI 2.3.0 mod_commands CommandResponse. */
function commandAnswer(answer: CommandAnswer): Answer {
  const result = RESULT[answer.kind];
  if (answer.kind === 'accepted') return success({ result, timeout: answer.timeout });
  return success({ result, timeout: 0, message: [displayText(answer.message)] });
}
