import { deleteCredentials, getCredentials, postCredentials, putCredentials } from './credentials.ts';
import { getBookingLocation, getBookings, getCalendar, listBookingLocations, postBooking } from './modules/bookings.ts';
import { getCdrs } from './modules/cdrs.ts';
import { deleteProfile, getProfile, putPreferences, putProfile } from './modules/charging-profiles.ts';
import { postCommandV211 } from './modules/commands-v211.ts';
import { postCommand } from './modules/commands.ts';
import { getClientInfo, putClientInfo } from './modules/hub-client-info.ts';
import { getConnector, getEvse, getLocation, listLocations } from './modules/locations.ts';
import { getSessions } from './modules/sessions.ts';
import { getTariffs } from './modules/tariffs.ts';
import { getToken, patchToken, putToken } from './modules/tokens.ts';
import type { Offered } from './modules/versions.ts';
import { getDetails, getVersions } from './modules/versions.ts';
import type { Route, Version } from './request.ts';
import { versionPath } from './urls.ts';

/** What version details list. The role says nothing for credentials; SENDER is what the specification advises. */
const OFFERED: Record<Version, readonly Offered[]> = {
  '2.1.1': [
    { identifier: 'credentials', role: 'SENDER' },
    { identifier: 'locations', role: 'SENDER' },
    { identifier: 'sessions', role: 'SENDER' },
    { identifier: 'cdrs', role: 'SENDER' },
    { identifier: 'tariffs', role: 'SENDER' },
    { identifier: 'tokens', role: 'RECEIVER' },
    { identifier: 'commands', role: 'RECEIVER' },
  ],
  '2.2.1': [
    { identifier: 'credentials', role: 'SENDER' },
    { identifier: 'locations', role: 'SENDER' },
    { identifier: 'sessions', role: 'SENDER' },
    { identifier: 'cdrs', role: 'SENDER' },
    { identifier: 'tariffs', role: 'SENDER' },
    { identifier: 'tokens', role: 'RECEIVER' },
    { identifier: 'commands', role: 'RECEIVER' },
    { identifier: 'chargingprofiles', role: 'RECEIVER' },
    { identifier: 'hubclientinfo', role: 'RECEIVER' },
  ],
  '2.3.0': [
    { identifier: 'credentials', role: 'SENDER' },
    { identifier: 'locations', role: 'SENDER' },
    { identifier: 'sessions', role: 'SENDER' },
    { identifier: 'cdrs', role: 'SENDER' },
    { identifier: 'tariffs', role: 'SENDER' },
    { identifier: 'tokens', role: 'RECEIVER' },
    { identifier: 'commands', role: 'RECEIVER' },
    { identifier: 'chargingprofiles', role: 'RECEIVER' },
    { identifier: 'hubclientinfo', role: 'RECEIVER' },
    // So it is written in the specification (OCPI 2.3.0 mod_bookings).
    { identifier: 'bookings', name: 'Booking', role: 'SENDER' },
  ],
};

const V211: Route[] = [
  { module: 'versions', path: '', methods: { GET: getDetails('2.1.1', OFFERED['2.1.1']) } },
  {
    module: 'credentials',
    path: '/credentials',
    methods: {
      GET: getCredentials('2.1.1'),
      POST: postCredentials('2.1.1'),
      PUT: putCredentials('2.1.1'),
      DELETE: deleteCredentials,
    },
  },
  { module: 'locations', path: '/locations', methods: { GET: listLocations('2.1.1') } },
  { module: 'locations', path: '/locations/:location', methods: { GET: getLocation('2.1.1') } },
  { module: 'locations', path: '/locations/:location/:evse', methods: { GET: getEvse('2.1.1') } },
  { module: 'locations', path: '/locations/:location/:evse/:connector', methods: { GET: getConnector('2.1.1') } },
  { module: 'sessions', path: '/sessions', methods: { GET: getSessions('2.1.1') } },
  { module: 'cdrs', path: '/cdrs', methods: { GET: getCdrs('2.1.1') } },
  { module: 'tariffs', path: '/tariffs', methods: { GET: getTariffs('2.1.1') } },
  {
    module: 'tokens',
    path: '/tokens/:country/:party/:uid',
    methods: { GET: getToken('2.1.1'), PUT: putToken('2.1.1'), PATCH: patchToken('2.1.1') },
  },
  { module: 'commands', path: '/commands/:command', methods: { POST: postCommandV211 } },
];

const V221: Route[] = [
  { module: 'versions', path: '', methods: { GET: getDetails('2.2.1', OFFERED['2.2.1']) } },
  {
    module: 'credentials',
    path: '/credentials',
    methods: {
      GET: getCredentials('2.2.1'),
      POST: postCredentials('2.2.1'),
      PUT: putCredentials('2.2.1'),
      DELETE: deleteCredentials,
    },
  },
  { module: 'locations', path: '/locations', methods: { GET: listLocations('2.2.1') } },
  { module: 'locations', path: '/locations/:location', methods: { GET: getLocation('2.2.1') } },
  { module: 'locations', path: '/locations/:location/:evse', methods: { GET: getEvse('2.2.1') } },
  { module: 'locations', path: '/locations/:location/:evse/:connector', methods: { GET: getConnector('2.2.1') } },
  { module: 'sessions', path: '/sessions', methods: { GET: getSessions('2.2.1') } },
  { module: 'cdrs', path: '/cdrs', methods: { GET: getCdrs('2.2.1') } },
  { module: 'tariffs', path: '/tariffs', methods: { GET: getTariffs('2.2.1') } },
  {
    module: 'tokens',
    path: '/tokens/:country/:party/:uid',
    methods: { GET: getToken('2.2.1'), PUT: putToken('2.2.1'), PATCH: patchToken('2.2.1') },
  },
  { module: 'sessions', path: '/sessions/:session/charging_preferences', methods: { PUT: putPreferences } },
  { module: 'commands', path: '/commands/:command', methods: { POST: postCommand } },
  {
    module: 'chargingprofiles',
    path: '/chargingprofiles/:session',
    methods: { GET: getProfile, PUT: putProfile, DELETE: deleteProfile },
  },
  {
    module: 'hubclientinfo',
    path: '/hubclientinfo/:country/:party',
    methods: { GET: getClientInfo, PUT: putClientInfo },
  },
];

const V230: Route[] = [
  { module: 'versions', path: '', methods: { GET: getDetails('2.3.0', OFFERED['2.3.0']) } },
  {
    module: 'credentials',
    path: '/credentials',
    methods: {
      GET: getCredentials('2.3.0'),
      POST: postCredentials('2.3.0'),
      PUT: putCredentials('2.3.0'),
      DELETE: deleteCredentials,
    },
  },
  { module: 'locations', path: '/locations', methods: { GET: listLocations('2.3.0') } },
  { module: 'locations', path: '/locations/:location', methods: { GET: getLocation('2.3.0') } },
  { module: 'locations', path: '/locations/:location/:evse', methods: { GET: getEvse('2.3.0') } },
  { module: 'locations', path: '/locations/:location/:evse/:connector', methods: { GET: getConnector('2.3.0') } },
  { module: 'sessions', path: '/sessions', methods: { GET: getSessions('2.3.0') } },
  { module: 'cdrs', path: '/cdrs', methods: { GET: getCdrs('2.3.0') } },
  { module: 'tariffs', path: '/tariffs', methods: { GET: getTariffs('2.3.0') } },
  {
    module: 'tokens',
    path: '/tokens/:country/:party/:uid',
    methods: { GET: getToken('2.3.0'), PUT: putToken('2.3.0'), PATCH: patchToken('2.3.0') },
  },
  { module: 'sessions', path: '/sessions/:session/charging_preferences', methods: { PUT: putPreferences } },
  { module: 'commands', path: '/commands/:command', methods: { POST: postCommand } },
  {
    module: 'chargingprofiles',
    path: '/chargingprofiles/:session',
    methods: { GET: getProfile, PUT: putProfile, DELETE: deleteProfile },
  },
  {
    module: 'hubclientinfo',
    path: '/hubclientinfo/:country/:party',
    methods: { GET: getClientInfo, PUT: putClientInfo },
  },
  { module: 'bookings', path: '/bookings', methods: { GET: getBookings, POST: postBooking } },
  { module: 'bookings', path: '/bookings/booking_locations', methods: { GET: listBookingLocations } },
  { module: 'bookings', path: '/bookings/booking_locations/:place', methods: { GET: getBookingLocation } },
  { module: 'bookings', path: '/bookings/booking_locations/:place/:calendar', methods: { GET: getCalendar } },
];

/** Every route of the server, by its full path. */
export const ROUTES: Route[] = [
  { module: 'versions', path: '/ocpi/versions', methods: { GET: getVersions } },
  ...of('2.1.1', V211),
  ...of('2.2.1', V221),
  ...of('2.3.0', V230),
];

function of(version: Version, routes: Route[]): Route[] {
  return routes.map((route) => ({ ...route, version, path: `${versionPath(version)}${route.path}` }));
}
