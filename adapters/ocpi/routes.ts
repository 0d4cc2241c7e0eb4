import { deleteCredentials, getCredentials, postCredentials, putCredentials } from './credentials.ts';
import { getCdrs } from './modules/cdrs.ts';
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
  '2.2.1': [
    { identifier: 'credentials', role: 'SENDER' },
    { identifier: 'locations', role: 'SENDER' },
    { identifier: 'sessions', role: 'SENDER' },
    { identifier: 'cdrs', role: 'SENDER' },
    { identifier: 'tariffs', role: 'SENDER' },
    { identifier: 'tokens', role: 'RECEIVER' },
  ],
  '2.3.0': [
    { identifier: 'credentials', role: 'SENDER' },
    { identifier: 'locations', role: 'SENDER' },
    { identifier: 'sessions', role: 'SENDER' },
    { identifier: 'cdrs', role: 'SENDER' },
    { identifier: 'tariffs', role: 'SENDER' },
    { identifier: 'tokens', role: 'RECEIVER' },
  ],
};

const V221: Route[] = [
  { module: 'versions', path: '', methods: { GET: getDetails('2.2.1', OFFERED['2.2.1']) } },
  {
    module: 'credentials',
    path: '/credentials',
    methods: {
      GET: getCredentials,
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
    methods: { GET: getToken('2.2.1'), PUT: putToken, PATCH: patchToken('2.2.1') },
  },
];

const V230: Route[] = [
  { module: 'versions', path: '', methods: { GET: getDetails('2.3.0', OFFERED['2.3.0']) } },
  {
    module: 'credentials',
    path: '/credentials',
    methods: {
      GET: getCredentials,
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
    methods: { GET: getToken('2.3.0'), PUT: putToken, PATCH: patchToken('2.3.0') },
  },
];

/** Every route of the server, by its full path. */
export const ROUTES: Route[] = [
  { module: 'versions', path: '/ocpi/versions', methods: { GET: getVersions } },
  ...V221.map((route) => ({ ...route, path: `${versionPath('2.2.1')}${route.path}` })),
  ...V230.map((route) => ({ ...route, path: `${versionPath('2.3.0')}${route.path}` })),
];
