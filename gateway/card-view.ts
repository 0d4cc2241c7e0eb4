import { judge, localVerdict } from './authorization.ts';
import { uidForms, uidStrength, type UidForms, type UidStrength } from './domain/token.ts';
import type { DecisionSource, Token, Verdict } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { findTokens } from './store/tokens.ts';

/** What is known of a card. */
export interface CardView {
  uid: string;
  strength: UidStrength;
  /** Null where its number is no whole bytes. */
  forms: UidForms | null;
  /** Under this number: the site's own first, then those of peers. */
  tokens: Token[];
  /** What it would be told now from what is known here. */
  verdict: Verdict;
  source: DecisionSource;
  reason: string | null;
  /** Would its owner be asked first? */
  asks: boolean;
}

/** Looks a card up, and changes nothing: nobody is asked, nothing is decided and nothing begins. */
export function viewCard(gw: Gateway, uid: string): CardView {
  const judgement = judge(gw, null, null, uid, gw.clock());
  const { verdict, source, reason = null } = localVerdict(judgement);
  return {
    uid,
    strength: uidStrength(uid),
    forms: uidForms(uid),
    tokens: findTokens(gw.db, uid),
    verdict,
    source,
    reason,
    asks: judgement.kind === 'ask',
  };
}
