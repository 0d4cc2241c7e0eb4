import type { HubClient, HubClientStatus } from '../../../gateway/domain/hub.ts';
import { HUB_CLIENT_STATUSES } from '../../../gateway/domain/hub.ts';
import { parseTime, toUtc } from '../../../gateway/domain/time.ts';
import { findHubClient, noteHubClient } from '../../../gateway/hub-clients.ts';
import { created, invalid, notFound, OcpiFault, STATUS, success } from '../envelope.ts';
import { same } from '../headers.ts';
import { ClientInfo, read } from '../inbound.ts';
import type { Handler, OcpiRequest } from '../request.ts';

/** What the hub told of a party (OCPI 2.3.0 mod_hub_client_info, Receiver GET). */
export const getClientInfo: Handler = (context, request) => {
  const { country, party } = addressOf(request);
  const client = findHubClient(context.gw, request.peer.name, country, party);
  if (!client) throw notFound(`nothing was told of party ${country}/${party}`);
  return success({
    country_code: client.countryCode,
    party_id: client.partyId,
    role: client.role,
    status: client.status,
    last_updated: toUtc(client.saidAt),
  });
};

/** The hub tells of a party: pushes to one that it does not reach wait until it does (Receiver PUT). 201 when new. */
export const putClientInfo: Handler = async (context, request) => {
  const { country, party } = addressOf(request);
  const client = toHubClient(request.peer.name, request.body);
  if (!same(client.countryCode, country) || !same(client.partyId, party))
    throw invalid(`${client.countryCode}/${client.partyId} is not the ${country}/${party} of the URL`);
  const outcome = await noteHubClient(context.gw, client);
  if (outcome === 'full')
    throw new OcpiFault({ http: 200, status: STATUS.clientError, message: 'too many parties behind one hub' });
  return outcome === 'created' ? created() : success();
};

/** A hub's word on a party. Throws OcpiFault (2001) where it does not fit. */
export function toHubClient(peer: string, body: unknown): HubClient {
  const info = read(ClientInfo, body, 'client_info');
  const saidAt = parseTime(info.last_updated)?.at;
  if (saidAt === undefined || Number.isNaN(saidAt)) throw invalid('client_info.last_updated: expected a DateTime');
  return {
    peer,
    countryCode: info.country_code.toUpperCase(),
    partyId: info.party_id.toUpperCase(),
    role: info.role.toUpperCase(),
    status: statusOf(info.status),
    saidAt,
  };
}

function statusOf(text: string): HubClientStatus {
  const status = HUB_CLIENT_STATUSES.find((known) => same(known, text));
  if (!status) throw invalid(`client_info.status: "${text}" is none of ${HUB_CLIENT_STATUSES.join(', ')}`);
  return status;
}

function addressOf({ params }: OcpiRequest): { country: string; party: string } {
  const { country = '', party = '' } = params;
  return { country: country.toUpperCase(), party: party.toUpperCase() };
}
