import type { CardAnswer } from '../../../gateway/authorization.ts';
import type { Verdict } from '../../../gateway/domain/types.ts';
import type { MessageContext } from '../protocol.ts';
import type { IdTokenInfoType, IdTokenType } from '../schemas/generated/v201.ts';
import { writeTime } from '../times.ts';

const STATUS: Record<Verdict, IdTokenInfoType['status']> = {
  accepted: 'Accepted',
  blocked: 'Blocked',
  expired: 'Expired',
  invalid: 'Invalid',
  concurrent: 'ConcurrentTx',
  'no-credit': 'NoCredit',
  'not-here': 'NotAtThisLocation',
};

/** Most characters of a card number (OCPP 2.0.1 part 2, IdTokenType). */
export const TOKEN_LIMIT = 36;

/** Is this the number of a chip: 4, 7 or 10 bytes in hexadecimal (ISO 14443)? */
const CHIP = /^(?:[0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20})$/i;

/** The same of a chip that is read from further off: 8 bytes, the first of which is E0 (ISO 15693). */
const FAR_CHIP = /^E0[0-9A-F]{14}$/i;

/** A card as it goes to a charger. What is no chip's number stands for somebody here, `Central`. */
export function idToken(uid: string): IdTokenType {
  return { idToken: uid, type: CHIP.test(uid) ? 'ISO14443' : FAR_CHIP.test(uid) ? 'ISO15693' : 'Central' };
}

/** What a charger is told of a card. */
export function idTokenInfo(context: MessageContext, { verdict, groupId, expiresAt }: CardAnswer): IdTokenInfoType {
  return {
    status: STATUS[verdict],
    ...groupOf(groupId),
    // Until when the charger may remember that it was accepted.
    ...(verdict === 'accepted' && expiresAt !== null && { cacheExpiryDateTime: writeTime(context, expiresAt) }),
  };
}

/** Cards of one group may stop and use what another of it began or reserved; a longer name cannot be said. */
export function groupOf(groupId: string | null): { groupIdToken?: IdTokenType } {
  const group = groupId ?? '';
  return group !== '' && group.length <= TOKEN_LIMIT ? { groupIdToken: { idToken: group, type: 'Central' } } : {};
}
