import type { Booking } from '../../gateway/domain/bookings.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { settledBay } from '../../gateway/peer-bookings.ts';
import { siteView } from '../../gateway/site.ts';
import { presentBooking } from './present/bookings.ts';
import type { Wire } from './present/shared.ts';

/** Tells bookings by the site as it is now; made once for a whole list. */
export function toBookingWire(gw: Gateway): (booking: Booking) => Wire {
  const site = siteView(gw);
  return (booking) => {
    const evseUid = settledBay(gw, booking, site);
    // Where no bay is settled it may be any.
    const bays = site.evses.filter(({ uid, removed }) => (evseUid === null ? !removed : uid === evseUid));
    const connectors = bays.flatMap((evse) => evse.connectors);
    const tariffIds = [...new Set(connectors.flatMap((connector) => connector.tariffIds))];
    return presentBooking(booking, site.site, evseUid, tariffIds);
  };
}
