import { siteView } from '../../../gateway/site.ts';
import { notFound, OcpiFault, type Answer } from '../envelope.ts';
import { same } from '../headers.ts';
import { commandResponseV211 } from '../present/v211.ts';
import type { Wire } from '../present/shared.ts';
import type { Handler, OcpiContext, OcpiRequest } from '../request.ts';
import { upgradeToken } from '../token-body.ts';
import { postCommand } from './commands.ts';

/** Commands that there were (OCPI 2.1.1 mod_commands CommandType). */
const COMMANDS: ReadonlySet<string> = new Set(['START_SESSION', 'STOP_SESSION', 'UNLOCK_CONNECTOR', 'RESERVE_NOW']);

/** Those with a token. */
const UPGRADED: ReadonlySet<string> = new Set(['START_SESSION', 'RESERVE_NOW']);

/** A command in 2.1.1's words: the token has no owner, a start no connector, the answer only a result (OCPI 2.1.1 mod_commands). */
export const postCommandV211: Handler = async (context, request) => {
  const name = (request.params['command'] ?? '').toUpperCase();
  if (!COMMANDS.has(name)) throw notFound(`there is no command ${name}`);
  const body = UPGRADED.has(name) ? upgradeStart(context, request) : request.body;
  try {
    return inV211(await postCommand(context, { ...request, body }));
  } catch (error) {
    if (error instanceof OcpiFault) throw new OcpiFault(inV211(error.answer));
    throw error;
  }
};

function inV211(answer: Answer): Answer {
  return answer.data === undefined ? answer : { ...answer, data: commandResponseV211(answer.data) };
}

/** The connection has one party, so the token is that one's; of several connectors the first is meant. */
function upgradeStart(context: OcpiContext, { body, peer }: OcpiRequest): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const start: Wire = { ...body };
  const [owner] = peer.parties;
  const uid = start['evse_uid'];
  const evse = siteView(context.gw).evses.find((each) => typeof uid === 'string' && same(each.uid, uid));
  const [connector] = evse?.connectors ?? [];
  return {
    ...start,
    // 2.1.1 numbers them.
    ...(typeof start['reservation_id'] === 'number' && { reservation_id: String(start['reservation_id']) }),
    ...(owner && { token: upgradeToken(start['token'], owner) }),
    ...(connector && { connector_id: String(connector.connector) }),
  };
}
