import type { Route } from '../route.ts';
import { bookingRoutes } from './bookings.ts';
import { chargerAccessRoutes } from './charger-access.ts';
import { cdrRoutes } from './cdrs.ts';
import { certificateRoutes } from './certificates.ts';
import { chargerRoutes } from './chargers.ts';
import { chargingProfileRoutes } from './charging-profiles.ts';
import { configurationRoutes } from './configuration.ts';
import { drillRoutes } from './drill.ts';
import { fileRoutes } from './files.ts';
import { historyRoutes } from './history.ts';
import { localListRoutes } from './local-list.ts';
import { orderRoutes } from './orders.ts';
import { openDataRoutes } from './open-data.ts';
import { outboxRoutes } from './outbox.ts';
import { peerRoutes } from './peers.ts';
import { prepaidRoutes } from './prepaid.ts';
import { quoteRoutes } from './quotes.ts';
import { readerRoutes } from './readers.ts';
import { reservationRoutes } from './reservations.ts';
import { sessionLimitRoutes } from './session-limits.ts';
import { statusRoutes } from './status.ts';
import { tariffRoutes } from './tariffs.ts';
import { tokenRoutes } from './tokens.ts';
import { transactionRoutes } from './transactions.ts';
import { upkeepRoutes } from './upkeep.ts';
import { vendorDataRoutes } from './vendor-data.ts';
import { wanDrillRoutes } from './wan-drill.ts';

/** Every JSON operation of the operator API. */
export const API_ROUTES: readonly Route[] = [
  ...statusRoutes,
  ...chargerRoutes,
  ...chargerAccessRoutes,
  ...configurationRoutes,
  ...orderRoutes,
  ...chargingProfileRoutes,
  ...localListRoutes,
  ...certificateRoutes,
  ...historyRoutes,
  ...cdrRoutes,
  ...sessionLimitRoutes,
  ...quoteRoutes,
  ...reservationRoutes,
  ...bookingRoutes,
  ...transactionRoutes,
  ...fileRoutes,
  ...vendorDataRoutes,
  ...tariffRoutes,
  ...tokenRoutes,
  ...prepaidRoutes,
  ...readerRoutes,
  ...peerRoutes,
  ...outboxRoutes,
  ...drillRoutes,
  ...wanDrillRoutes,
  ...openDataRoutes,
  ...upkeepRoutes,
];
