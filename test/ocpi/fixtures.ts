/** A depot, and facts as the domain holds them. */
import { NO_QUIRKS } from '../../gateway/domain/quirks.ts';
import type { Settings } from '../../gateway/domain/settings.ts';
import type { Cdr, Session } from '../../gateway/domain/types.ts';
import { insertCdr } from '../../gateway/store/cdrs.ts';
import { insertSession } from '../../gateway/store/sessions.ts';
import type { Site } from './harness.ts';

/** What a described charger has beside its id and EVSEs. */
export const PLAIN = {
  password: null,
  securityProfile: null,
  configuration: [],
  quirks: NO_QUIRKS,
  payment: [],
  vehicleTypes: [],
};

export const NOON = Date.UTC(2026, 5, 1, 12);

const TARIFF = {
  id: 'T1',
  currency: 'EUR',
  taxIncluded: 'NO',
  altText: [{ language: 'en', text: 'Depot rate' }],
  minPrice: { beforeTaxes: '0.50', afterTaxes: '0.55' },
  maxPrice: null,
  elements: [{ components: [{ type: 'ENERGY', price: '0.25', vat: '10', step: 1 }] }],
} as const;

export const SETTINGS: Settings = {
  site: {
    id: 'L1',
    name: 'Depot',
    address: 'Hamnvägen 12',
    city: 'Göteborg',
    postalCode: '41703',
    state: null,
    country: 'SWE',
    latitude: '57.7',
    longitude: '11.97',
    timeZone: 'Europe/Stockholm',
    publish: true,
    countryCode: 'SE',
    partyId: 'DEP',
    operatorName: 'Depot Operator',
    operatorWebsite: 'https://depot.example',
    ownerName: null,
    helpPhone: null,
    openingTimes: null,
    parkingType: null,
    facilities: [],
    greenEnergy: null,
  },
  unknownChargers: 'accept',
  unknownTokens: 'accept',
  authorizationOrder: 'local-first',
  offlineCards: 'known-only',
  authorizationTimeout: 5,
  readers: [],
  bookings: {
    publish: false,
    horizonDays: 14,
    walkInMinutes: 30,
    walkIns: 'refuse',
    terms: {
      changeUntil: 60,
      cancelUntil: 60,
      changeAllowed: true,
      earlyStart: 10,
      noShowTimeout: 15,
      noShowFee: false,
      lateStop: 0,
      overlapping: false,
      minDuration: 15,
      maxDuration: 480,
      increment: 15,
      groups: true,
      url: null,
    },
  },
  concurrentUse: 'allow',
  localLists: 'keep',
  heartbeatInterval: 300,
  disconnectedGrace: 900,
  bootRetryInterval: 60,
  defaultConnector: {
    connector: 1,
    standard: 'IEC_62196_T2',
    format: 'SOCKET',
    powerType: 'AC_3_PHASE',
    maxVoltage: 230,
    maxAmperage: 32,
    maxPower: null,
    tariffIds: [],
  },
  models: [],
  securityProfile: 0,
  passwordGrace: 3600,
  provisioning: false,
  quietAfterBoot: 0,
  meterInterval: 0,
  energyCheck: true,
  configuration: [],
  vendorData: [],
  chargers: [
    {
      ...PLAIN,
      id: 'CP1',
      evses: [
        { evse: 1, uid: 'E1', evseId: null, parkingRestrictions: [], connectors: [connector(1, 'IEC_62196_T2')] },
        { evse: 2, uid: 'E2', evseId: null, parkingRestrictions: [], connectors: [connector(1, 'IEC_62196_T2_COMBO')] },
      ],
    },
  ],
  tariffs: [structuredClone(TARIFF) as unknown as Settings['tariffs'][number]],
  tokens: [],
  peers: [
    { name: 'p1', visibility: 'own', versionsUrl: null, inboundToken: 'c1', outboundToken: null, quirks: [] },
    { name: 'p2', visibility: 'own', versionsUrl: null, inboundToken: 'c2', outboundToken: null, quirks: [] },
    { name: 'cloud', visibility: 'all', versionsUrl: null, inboundToken: 'c0', outboundToken: null, quirks: [] },
  ],
  sessionPushInterval: 60,
  publishOpenData: false,
  framesPerCharger: 10,
};

export function connector(number: number, standard: string): Settings['defaultConnector'] {
  return {
    connector: number,
    standard,
    format: 'CABLE',
    powerType: standard === 'IEC_62196_T2' ? 'AC_3_PHASE' : 'DC',
    maxVoltage: 400,
    maxAmperage: 32,
    maxPower: 11_000,
    tariffIds: ['T1'],
  };
}

/** Stores sessions with their CDRs, all of them in one commit, so with one `last_updated`. */
export async function storeHistory(site: Site, peer: string | null, ids: string[]): Promise<void> {
  await site.gw.db.write((tx) => {
    for (const id of ids) {
      const session = sampleSession(id, peer, tx.stamp);
      insertSession(site.gw.db, { ...session, authorized: true, place: samplePlace() });
      insertCdr(site.gw.db, sampleCdr(session, `cdr-${id}`));
    }
  });
}

export function samplePlace(): Cdr['place'] {
  const { site } = SETTINGS;
  return {
    siteId: site.id,
    siteName: site.name,
    address: site.address,
    city: site.city,
    postalCode: site.postalCode,
    state: site.state,
    country: site.country,
    latitude: site.latitude,
    longitude: site.longitude,
    timeZone: site.timeZone,
    evseUid: 'E1',
    evseId: 'SE*DEP*E1',
    connector: 1,
    standard: 'IEC_62196_T2',
    format: 'CABLE',
    powerType: 'AC_3_PHASE',
  };
}

export function sampleSession(id: string, peer: string | null, updatedAt: number): Omit<Session, 'seq'> {
  const price = { beforeTaxes: '5.00', taxes: [{ percentage: '10', amount: '0.50' }], afterTaxes: '5.50' };
  return {
    id,
    status: 'COMPLETED',
    transactionId: null,
    chargerId: 'CP1',
    evse: 1,
    connector: 1,
    token: { countryCode: 'NL', partyId: 'MSP', uid: 'ABC123', type: 'RFID', contractId: 'NL-MSP-C1' },
    peer,
    authMethod: 'WHITELIST',
    authorizationReference: null,
    startedAt: NOON - 7_200_000,
    endedAt: NOON - 1_800_000,
    energyWh: 20_005,
    currency: 'EUR',
    tariff: { ...structuredClone(TARIFF), updatedAt: NOON } as unknown as Session['tariff'],
    periods: [
      { kind: 'charging', from: NOON - 7_200_000, to: NOON - 3_600_000, energyWh: 20_005 },
      { kind: 'parking', from: NOON - 3_600_000, to: NOON - 1_800_000, energyWh: 0 },
    ],
    cost: { total: price, fixed: null, energy: price, time: null, parking: null, lines: [] },
    place: samplePlace(),
    updatedAt,
  };
}

export function sampleCdr(session: Omit<Session, 'seq'>, id: string): Omit<Cdr, 'seq'> {
  return {
    id,
    sessionId: session.id,
    peer: session.peer,
    chargerId: session.chargerId,
    startedAt: session.startedAt,
    endedAt: session.endedAt ?? session.startedAt,
    token: session.token,
    authMethod: session.authMethod,
    authorizationReference: session.authorizationReference,
    place: session.place,
    currency: session.currency,
    tariff: session.tariff,
    periods: session.periods,
    energyWh: session.energyWh,
    seconds: 5400,
    parkingSeconds: 1800,
    cost: session.cost!,
    remark: null,
    updatedAt: session.updatedAt,
  };
}
