import type { Route } from '../route.ts';
import { chargerRoutes } from './chargers.ts';
import { historyRoutes } from './history.ts';
import { peerRoutes } from './peers.ts';
import { statusRoutes } from './status.ts';
import { tokenRoutes } from './tokens.ts';

/** Every JSON operation of the operator API. */
export const API_ROUTES: readonly Route[] = [
  ...statusRoutes,
  ...chargerRoutes,
  ...historyRoutes,
  ...tokenRoutes,
  ...peerRoutes,
];
