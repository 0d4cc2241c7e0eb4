import Type from 'typebox';
import type { Static } from 'typebox';
import { TokenBody } from './schemas.ts';

const Time = Type.String({ format: 'date-time' });
const Address = Type.Union([Type.Integer(), Type.Null()], { description: 'on the line; null: the only one' });

export const ReaderBody = Type.Object({
  id: Type.String(),
  protocol: Type.String(),
  path: Type.String(),
  state: Type.Enum(['opening', 'up', 'silent', 'down']),
  reason: Type.Union([Type.String(), Type.Null()]),
  since: Time,
  addresses: Type.Array(Type.Object({ address: Address, answers: Type.Boolean() })),
  lastCard: Type.Union([Type.Object({ card: Type.String({ description: 'masked' }), at: Time }), Type.Null()]),
  places: Type.Array(Type.String(), { description: 'EVSE uids, charger ids or charger/EVSE; none: the whole site' }),
});
export type ReaderBody = Static<typeof ReaderBody>;

const MaybeText = Type.Union([Type.String(), Type.Null()]);

/** A card that was held to a reader to be seen, and what is known of it. */
export const SeenCardBody = Type.Object({
  readerId: Type.String(),
  address: Address,
  at: Time,
  uid: Type.String(),
  strength: Type.Enum(['random', 'weak', 'usual']),
  forms: Type.Union([
    Type.Object({
      hex: Type.String(),
      colons: Type.String(),
      decimal: Type.String(),
      reversed: MaybeText,
      decimalReversed: MaybeText,
    }),
    Type.Null(),
  ]),
  tokens: Type.Array(TokenBody, { description: "under this number: the site's own first, then those of peers" }),
  verdict: Type.String({ description: 'what it would be told now from what is known here; nothing begins' }),
  source: Type.String(),
  reason: MaybeText,
  asks: Type.Boolean({ description: 'its owner would be asked first' }),
});
export type SeenCardBody = Static<typeof SeenCardBody>;
