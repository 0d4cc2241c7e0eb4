import { presentToken } from '../../../gateway/authorization.ts';
import type { Authorization } from '../../../gateway/domain/types.ts';
import type { MessageContext } from '../protocol.ts';
import type { AuthorizeResponse, Requests } from '../schemas/generated/v16.ts';
import type { Block } from './table.ts';

type IdTagInfo = AuthorizeResponse['idTagInfo'];

const STATUS: Record<Authorization['verdict'], IdTagInfo['status']> = {
  accepted: 'Accepted',
  blocked: 'Blocked',
  expired: 'Expired',
  invalid: 'Invalid',
  concurrent: 'ConcurrentTx',
};

/** A verdict in 1.6's words. */
export function idTagInfo(verdict: Authorization['verdict']): IdTagInfo {
  return { status: STATUS[verdict] };
}

async function ask(context: MessageContext, request: Requests['Authorize']) {
  const { verdict, token } = presentToken(context.gw, context.chargerId, request.idTag, context.receivedAt);
  return { idTagInfo: { ...idTagInfo(verdict), ...groupOf(token) } };
}

/** Cards of one group may stop and use what another of it began or reserved (OCPP 1.6 IdTagInfo parentIdTag, CiString20). */
function groupOf(token: Authorization['token']): { parentIdTag?: string } {
  const group = token?.groupId ?? '';
  // A longer one cannot be said; cut short it might be another group's.
  return group !== '' && group.length <= 20 ? { parentIdTag: group } : {};
}

export const authorization = {
  Authorize: { handle: ask },
} satisfies Block;
