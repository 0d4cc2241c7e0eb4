import { cardAnswer } from '../../../gateway/authorization.ts';
import { decide } from '../../../gateway/decisions.ts';
import type { MessageContext } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v201.ts';
import { idTokenInfo } from './id-tokens.ts';
import type { Block } from './table.ts';

async function ask(context: MessageContext, { idToken }: Requests['Authorize']) {
  const { gw, chargerId, receivedAt } = context;
  const tap = { chargerId, evse: null, reader: null, uid: idToken.idToken, at: receivedAt };
  return { idTokenInfo: idTokenInfo(context, cardAnswer(await decide(gw, tap))) };
}

export const authorization = {
  Authorize: { handle: ask },
} satisfies Block;
