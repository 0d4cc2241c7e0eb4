import type { Millis } from './time.ts';

/** How a hub stands with a party behind it (OCPI 2.3.0 mod_hub_client_info, ConnectionStatus). */
export const HUB_CLIENT_STATUSES = ['CONNECTED', 'OFFLINE', 'PLANNED', 'SUSPENDED'] as const;

export type HubClientStatus = (typeof HUB_CLIENT_STATUSES)[number];

/** A party behind a hub, as the hub tells of it. */
export interface HubClient {
  /** The hub's connection. */
  peer: string;
  countryCode: string;
  partyId: string;
  role: string;
  status: HubClientStatus;
  /** The hub's clock. */
  saidAt: Millis;
}
