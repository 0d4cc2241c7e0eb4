import type { SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { send, token, type Item } from './commands-harness.ts';

/** A tariff with a price for a bay that is kept, and for one that nobody came to. */
export const PRICED = `
tariffs:
  - id: standard
    currency: SEK
    tax-included: no
    elements:
      - { restrictions: { reservation: reservation-expires }, components: [{ type: flat, price: 40, vat: 25 }] }
      - { restrictions: { reservation: reservation }, components: [{ type: time, price: 60, vat: 25, step: 60 }] }
      - { components: [{ type: energy, price: 3, vat: 25 }] }
`;

/** RESERVE_NOW as a peer sends it. */
export const wish = (peer: SimulatedPeer, evse_uid: string | undefined, expiry_date: string, more: Item = {}) =>
  send(peer, 'RESERVE_NOW', {
    token: token('DRIVER-1'),
    expiry_date,
    reservation_id: 'R1',
    location_id: 'L1',
    ...(evse_uid !== undefined && { evse_uid }),
    ...more,
  });
