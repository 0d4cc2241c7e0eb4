import type { EvseView } from '../../../gateway/chargers.ts';
import type { SiteSettings } from '../../../gateway/domain/settings.ts';
import type { VisibleStatus } from '../../../gateway/domain/status.ts';
import type { ParkingType, PaymentMethod, VehicleType } from '../../../gateway/domain/visitors.ts';
import type { OpenSite } from '../../../gateway/open-data.ts';
import { clip, clipId } from '../present/text.ts';
import { el, type Xml } from './xml.ts';

/** aegi:RefillPointStatusEnum. */
export const STATUS: Record<VisibleStatus, string> = {
  Available: 'available',
  Preparing: 'occupied',
  Charging: 'charging',
  SuspendedEV: 'occupied',
  SuspendedEVSE: 'occupied',
  Finishing: 'occupied',
  Reserved: 'reserved',
  Unavailable: 'inoperative',
  Faulted: 'outOfOrder',
  Unknown: 'unknown',
};

/** com:VehicleTypeEnum, the nearest that it has. */
export const VEHICLES: Record<VehicleType, string> = {
  MOTORCYCLE: 'motorcycle',
  PERSONAL_VEHICLE: 'car',
  PERSONAL_VEHICLE_WITH_TRAILER: 'carWithTrailer',
  VAN: 'van',
  SEMI_TRACTOR: 'heavyGoodsVehicle',
  RIGID: 'lorry',
  TRUCK_WITH_TRAILER: 'heavyGoodsVehicleWithTrailer',
  BUS: 'bus',
};

/** aegi:EnergyInfrastructureSiteTypeEnum. */
export const SITE_TYPES: Record<ParkingType, string> = {
  ALONG_MOTORWAY: 'openSpace',
  PARKING_GARAGE: 'inBuilding',
  PARKING_LOT: 'openSpace',
  ON_DRIVEWAY: 'other',
  ON_STREET: 'onstreet',
  UNDERGROUND_GARAGE: 'inBuilding',
};

/** afac:MeansOfPaymentEnum; null where it has no word. */
export const PAYMENT_MEANS: Record<PaymentMethod, string | null> = {
  CREDIT_CARD: 'paymentCreditCard',
  DEBIT_CARD: 'paymentDebitCard',
  CONTACTLESS_CARD: 'nfc',
  CHIP_CARD: 'emv',
  PIN_PAD: null,
};

/** aegi:AuthenticationAndIdentificationEnum; null where it has no word. */
export const IDENTIFICATION: Record<PaymentMethod, string | null> = {
  CREDIT_CARD: 'creditCard',
  DEBIT_CARD: 'debitCard',
  CONTACTLESS_CARD: 'nfc',
  CHIP_CARD: null,
  PIN_PAD: 'pinpad',
};

/** aegi:ConnectorTypeEnum for the plugs whose name is not OCPI's written another way. */
const PLUGS: Record<string, string> = {
  CHADEMO: 'chademo',
  IEC_62196_T1: 'iec62196T1',
  IEC_62196_T1_COMBO: 'iec62196T1COMBO',
  IEC_62196_T2: 'iec62196T2',
  IEC_62196_T2_COMBO: 'iec62196T2COMBO',
  IEC_62196_T3A: 'iec62196T3A',
  IEC_62196_T3C: 'iec62196T3C',
  IEC_60309_2_single_16: 'iec60309x2single16',
  IEC_60309_2_three_16: 'iec60309x2three16',
  IEC_60309_2_three_32: 'iec60309x2three32',
  IEC_60309_2_three_64: 'iec60309x2three64',
  MCS: 'mcs',
  PANTOGRAPH_BOTTOM_UP: 'pantographBottomUp',
  PANTOGRAPH_TOP_DOWN: 'pantographTopDown',
  SAE_J3400: 'teslaConnectorAmerica',
  TESLA_R: 'teslaR',
  TESLA_S: 'teslaS',
};

/** The plug's kind, and its own name where DATEX II has none. */
export function plug(standard: string): Xml[] {
  const domestic = /^DOMESTIC_([A-O])$/.exec(standard)?.[1];
  const known = domestic === undefined ? PLUGS[standard] : `domestic${domestic}Type`;
  if (known !== undefined) return [el('aegi:connectorType', known)];
  return [el('aegi:connectorType', 'other'), el('aegi:otherConnector', clip(standard, 1024))];
}

/** The operator's id as drivers know it from EVSE ids, `SE*DEP`. */
export function operatorId({ countryCode, partyId }: SiteSettings): string {
  return `${countryCode}*${partyId}`;
}

/** Ids of the parts, the same in table and status. A charger is named after its first EVSE: its own id is its login. */
export const ids = {
  table: (open: OpenSite): string => `${operatorId(open.site)}-${clipId(open.site.id, 36)}`,
  site: (open: OpenSite): string => clipId(open.site.id, 36),
  station: (evses: EvseView[]): string => `station-${evses[0]?.uid ?? ''}`,
  point: (evse: EvseView): string => evse.uid,
};

/** All parts have one version. */
export function versionOf(open: OpenSite): string {
  return open.version;
}

/** com:MultilingualString in one language; `und`: nobody said which. */
export function words(name: string, text: string | null, lang = 'und'): Xml | null {
  return text === null ? null : manyWords(name, [{ lang, text }]);
}

/** com:MultilingualString; null where there is no text. */
export function manyWords(name: string, texts: { lang: string; text: string }[]): Xml | null {
  if (texts.length === 0) return null;
  const values = texts.map(({ lang, text }) => el('com:value', clip(text, 1024), { lang }));
  return el(name, [el('com:values', values)]);
}

/** afac:_FacilityObjectVersionedReference. */
export function reference(id: string, open: OpenSite): Xml {
  return el('afac:reference', '', { id, version: versionOf(open), targetClass: 'afac:FacilityObject' });
}

/** com:HeaderInformation: everybody may have it, and it is no exercise. */
export function header(): Xml {
  return el('aegi:headerInformation', [
    el('com:confidentiality', 'noRestriction'),
    el('com:informationStatus', 'real'),
  ]);
}
