import { GatewayError } from './domain/errors.ts';
import type { Visibility } from './domain/types.ts';
import type { Gateway } from './gateway.ts';

/** What another side gave us to register with. */
export interface RegistrationWish {
  versionsUrl: string;
  /** Good once, for the handshake (OCPI's TOKEN_A). */
  token: string;
  visibility?: Visibility;
}

/**
 * Runs the credentials handshake as the one who begins it. Errors of all three: PEER_FROM_CONFIG, PEER_UNUSABLE,
 * PEER_REFUSED (the other side said no), PEER_UNREACHABLE (it did not say), URL_REFUSED; of the last two also PEER_UNKNOWN,
 * of the first PEER_EXISTS.
 */
export interface Registrar {
  /** Registers with a platform that gave us a token; the peer is made if it is new. */
  register(name: string, wish: RegistrationWish): Promise<void>;
  /** New tokens both ways, and what the peer now says of itself. */
  rotate(name: string): Promise<void>;
  /** Ends the relation on both sides. `force`: on ours, also where the other side does not answer. */
  unregister(name: string, force: boolean): Promise<void>;
}

/** The registrar, while OCPI is served. Errors: PEER_UNREACHABLE. */
export function registrarOf(gw: Gateway): Registrar {
  if (gw.registrar) return gw.registrar;
  throw new GatewayError('PEER_UNREACHABLE', 'OCPI is not served just now: try again once the gateway is up');
}
