import { cardAnswer, type CardAnswer } from '../../../gateway/authorization.ts';
import { decide } from '../../../gateway/decisions.ts';
import type { Authorization } from '../../../gateway/domain/types.ts';
import type { MessageContext } from '../protocol.ts';
import type { AuthorizeResponse, Requests } from '../schemas/generated/v16.ts';
import type { Block } from './table.ts';
import { writeTime } from '../times.ts';

type IdTagInfo = AuthorizeResponse['idTagInfo'];

const STATUS: Record<Authorization['verdict'], IdTagInfo['status']> = {
  accepted: 'Accepted',
  blocked: 'Blocked',
  expired: 'Expired',
  invalid: 'Invalid',
  concurrent: 'ConcurrentTx',
  // 1.6 has no words for these.
  'no-credit': 'Blocked',
  'not-here': 'Invalid',
};

/** What a charger is told of a card, in 1.6's words. */
export function idTagInfo(context: MessageContext, { verdict, groupId, expiresAt }: CardAnswer): IdTagInfo {
  return {
    status: STATUS[verdict],
    ...groupOf(groupId),
    // Until when the charger may remember that it was accepted.
    ...(verdict === 'accepted' && expiresAt !== null && { expiryDate: writeTime(context, expiresAt) }),
  };
}

async function ask(context: MessageContext, request: Requests['Authorize']) {
  const { gw, chargerId, receivedAt } = context;
  const tap = { chargerId, evse: null, reader: null, uid: request.idTag, at: receivedAt };
  return { idTagInfo: idTagInfo(context, cardAnswer(await decide(gw, tap))) };
}

/** Cards of one group may stop and use what another of it began or reserved (OCPP 1.6 IdTagInfo parentIdTag, CiString20). */
function groupOf(groupId: string | null): { parentIdTag?: string } {
  const group = groupId ?? '';
  // A longer one cannot be said; cut short it might be another group's.
  return group !== '' && group.length <= 20 ? { parentIdTag: group } : {};
}

export const authorization = {
  Authorize: { handle: ask },
} satisfies Block;
