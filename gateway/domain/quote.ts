import type { Cost, Decimal, Tariff } from './tariff.ts';
import type { Millis } from './time.ts';
import type { SessionLimit } from './types.ts';

/** A charge as somebody means to do it. Of energy and minutes one may be left out: it follows from the power. */
export interface Plan {
  startsAt: Millis;
  kwh: Decimal | null;
  minutes: number | null;
  /** Connected after charging. */
  parkingMinutes: number;
  /** The bay was kept before. */
  reservedMinutes: number;
  /** What vehicle and connector take together, W. */
  powerW: number;
}

/** What a charge will cost, said before it starts. */
export interface Offer {
  chargerId: string;
  evse: number;
  evseUid: string;
  connector: number;
  plan: Plan;
  /** With what follows from the power where the plan leaves it out. */
  kwh: Decimal;
  minutes: Decimal;
  currency: string;
  /** As it is at the start; null: charging is free. */
  tariff: Tariff | null;
  timeZone: string;
  /** Null: charging is free. */
  cost: Cost | null;
  /** What had to be assumed. */
  notes: string[];
}

/** An offer that is kept, so that a driver can accept it. */
export interface Quote extends Offer {
  id: string;
  madeAt: Millis;
  /** Until then it can be accepted, and its start be made. */
  expiresAt: Millis;
  /** What the session may come to. */
  limit: SessionLimit | null;
  /** By which card; null: nobody yet. */
  acceptedBy: string | null;
  /** The session that it was accepted for. */
  sessionId: string | null;
}
