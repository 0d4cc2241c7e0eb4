import { GatewayError } from './domain/errors.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { findPeer } from './store/peers.ts';

/** One rule that a peer's platform was held against. */
export interface DrillCheck {
  /** What has to be so. */
  rule: string;
  /** `skipped`: it could not be tried, for the reason in `detail`. */
  outcome: 'good' | 'deviates' | 'skipped';
  /** What was seen where it deviates; null where there is nothing to say. */
  detail: string | null;
}

export interface DrillReport {
  peer: string;
  version: string;
  at: Millis;
  checks: DrillCheck[];
  deviations: number;
}

/** Holds a peer's platform against the rules, by reading alone. Errors: PEER_UNUSABLE. */
export type PeerDrill = (peer: string) => Promise<DrillReport>;

/** Tries out a peer's platform. Errors: PEER_UNKNOWN, PEER_UNUSABLE, PEER_UNREACHABLE (OCPI is not served). */
export async function drillPeer(gw: Gateway, name: string): Promise<DrillReport> {
  if (!findPeer(gw.db, name))
    throw new GatewayError('PEER_UNKNOWN', `there is no peer ${name}: see "chargegate peers"`);
  if (!gw.peerDrill)
    throw new GatewayError('PEER_UNREACHABLE', 'OCPI is not served just now: try again once the gateway is up');
  return gw.peerDrill(name);
}
