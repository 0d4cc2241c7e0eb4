import type { SiteSettings } from '../../../gateway/domain/settings.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Price, PriceLimit, Tariff } from '../../../gateway/domain/tariff.ts';
import { toNumber } from '../numbers.ts';
import type { Presenter, Wire } from './shared.ts';
import { createPresenter } from './shared.ts';
import { presentElements, presentTariffHead, RESTRICTIONS_V221, type TariffWords } from './tariff.ts';
import { optional } from './text.ts';
import { dialectV230 } from './v230.ts';

const WORDS: TariffWords = { restrictions: new Set(RESTRICTIONS_V221), withoutTax: true };

/** Plugs that 2.2.1 can name: a closed enum there (OCPI 2.2.1 mod_locations ConnectorType). */
const STANDARDS: ReadonlySet<string> = new Set(
  [
    'CHADEMO CHAOJI GBT_AC GBT_DC PANTOGRAPH_BOTTOM_UP PANTOGRAPH_TOP_DOWN TESLA_R TESLA_S',
    'DOMESTIC_A DOMESTIC_B DOMESTIC_C DOMESTIC_D DOMESTIC_E DOMESTIC_F DOMESTIC_G DOMESTIC_H DOMESTIC_I DOMESTIC_J',
    'DOMESTIC_K DOMESTIC_L DOMESTIC_M DOMESTIC_N DOMESTIC_O',
    'IEC_60309_2_single_16 IEC_60309_2_three_16 IEC_60309_2_three_32 IEC_60309_2_three_64',
    'IEC_62196_T1 IEC_62196_T1_COMBO IEC_62196_T2 IEC_62196_T2_COMBO IEC_62196_T3A IEC_62196_T3C',
    'NEMA_5_20 NEMA_6_30 NEMA_6_50 NEMA_10_30 NEMA_10_50 NEMA_14_30 NEMA_14_50',
  ].flatMap((line) => line.split(' ')),
);

/** A closed enum there (OCPI 2.2.1 mod_locations ParkingRestriction). */
const PARKING_RESTRICTIONS: ReadonlySet<string> = new Set([
  'EV_ONLY',
  'PLUGGED',
  'DISABLED',
  'CUSTOMERS',
  'MOTORCYCLES',
]);

const TOKEN_TYPES: ReadonlySet<string> = new Set(['AD_HOC_USER', 'APP_USER', 'OTHER', 'RFID']);

/** OCPI 2.2.1: 2.3.0 but for prices, taxes and the names added since. */
export const v221: Presenter = createPresenter({
  ...dialectV230,
  price: presentPrice,
  tariff: presentTariff,
  standard(standard) {
    // The same plug, before it became a standard (OCPI 2.3.0 mod_locations ConnectorType TESLA_S).
    if (standard === 'SAE_J3400') return 'TESLA_S';
    return STANDARDS.has(standard) ? standard : null;
  },
  tokenType: (type) => (TOKEN_TYPES.has(type) ? type : 'OTHER'),
  visitors: { helpPhone: false, parkingPlaces: false, parkingRestriction: (name) => PARKING_RESTRICTIONS.has(name) },
  longestPlain: 512,
});

/** OCPI 2.2.1 types, Price. */
function presentPrice(price: Price): Wire {
  return { excl_vat: toNumber(price.beforeTaxes), incl_vat: toNumber(price.afterTaxes) };
}

/** OCPI 2.2.1 mod_tariffs Tariff object: prices are without VAT there, whatever the tariff says them in. */
function presentTariff(tariff: Tariff, site: SiteSettings): Wire | null {
  return presentTariffV221(tariff, site, WORDS);
}

/** The same with the restrictions that another version has. */
export function presentTariffV221(tariff: Tariff, site: SiteSettings, words: TariffWords): Wire | null {
  const elements = presentElements(tariff, words);
  return (
    elements && {
      ...presentTariffHead(tariff, site),
      ...optional('min_price', tariff.minPrice && presentLimit(tariff.minPrice)),
      ...optional('max_price', tariff.maxPrice && presentLimit(tariff.maxPrice)),
      elements,
      last_updated: toUtc(tariff.updatedAt),
    }
  );
}

function presentLimit(limit: PriceLimit): Wire {
  return {
    excl_vat: toNumber(limit.beforeTaxes),
    ...optional('incl_vat', limit.afterTaxes === null ? null : toNumber(limit.afterTaxes)),
  };
}
