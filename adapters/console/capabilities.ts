import Type from 'typebox';
import type { Static } from 'typebox';
import { capabilitiesOf } from '../../gateway/capabilities.ts';
import { toUtc } from '../../gateway/domain/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { ChargerBody } from './schemas.ts';

const MaybeCount = Type.Union([Type.Integer(), Type.Null()]);
const MaybeFlag = Type.Union([Type.Boolean(), Type.Null()]);

/** What a charger can do, as far as it has told; null: it has not said. */
export const CapabilitiesBody = Type.Object({
  features: Type.Union([Type.Array(Type.String()), Type.Null()]),
  evses: MaybeCount,
  security: MaybeFlag,
  localList: Type.Object({
    enabled: MaybeFlag,
    maxEntries: MaybeCount,
    maxPerMessage: MaybeCount,
    version: Type.Union([Type.Integer(), Type.Null()], { description: '-1: it can hold no list' }),
  }),
  smartCharging: Type.Object({
    maxStackLevel: MaybeCount,
    units: Type.Union([Type.Array(Type.Enum(['A', 'W'])), Type.Null()]),
    maxPeriods: MaybeCount,
    maxProfiles: MaybeCount,
    phaseSwitching: MaybeFlag,
  }),
  reserveWholeCharger: MaybeFlag,
  connectionTimeout: MaybeCount,
  maxKeys: MaybeCount,
  untriggerable: Type.Union([Type.Literal('all'), Type.Array(Type.String())], {
    description: 'messages that it was found not to send when asked for them',
  }),
  readAt: Type.Union([Type.String({ description: 'RFC 3339, UTC' }), Type.Null()]),
});
export type CapabilitiesBody = Static<typeof CapabilitiesBody>;

/** One charger, with what it can do. */
export const ChargerDetailBody = Type.Object({ ...ChargerBody.properties, capabilities: CapabilitiesBody });
export type ChargerDetailBody = Static<typeof ChargerDetailBody>;

/** What a charger can do, for the API. */
export function presentCapabilities(gw: Gateway, chargerId: string): CapabilitiesBody {
  const { readAt, ...capabilities } = capabilitiesOf(gw, chargerId);
  return { ...capabilities, readAt: readAt === null ? null : toUtc(readAt) };
}
