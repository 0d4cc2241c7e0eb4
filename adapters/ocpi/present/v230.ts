import type { SiteSettings } from '../../../gateway/domain/settings.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Price, PriceLimit, Tariff } from '../../../gateway/domain/tariff.ts';
import { toNumber } from '../numbers.ts';
import type { Dialect, Presenter, Wire } from './shared.ts';
import { createPresenter } from './shared.ts';
import {
  presentElements,
  presentTariffHead,
  RESTRICTIONS_BOOKINGS,
  RESTRICTIONS_V230,
  type TariffWords,
} from './tariff.ts';
import { clip, optional } from './text.ts';

const WORDS: TariffWords = { restrictions: new Set(RESTRICTIONS_V230), withoutTax: false };
const BOOKINGS_WORDS: TariffWords = { restrictions: new Set(RESTRICTIONS_BOOKINGS), withoutTax: false };

/** What 2.3.0 says its own way; the base that other versions depart from. */
export const dialectV230: Dialect = {
  price: presentPrice,
  tariff: (tariff, site) => presentTariff(tariff, site, WORDS),
  times: {
    charging: 'TIME',
    parking: 'PARKING_TIME',
    reservation: 'RESERVATION_TIME',
    booking: 'RESERVATION_TIME',
    // Of its bookings.
    overtime: null,
  },
  // OpenEnums in 2.3.0, so every name may be sent (OCPI 2.3.0 types, OpenEnum).
  standard: (standard) => standard,
  tokenType: (type) => type,
  visitors: { helpPhone: true, parkingPlaces: true, parkingRestriction: () => true },
  // 2.3.0 edition 2.
  longestPlain: 5000,
  bookings: false,
};

/** OCPI 2.3.0. */
export const v230: Presenter = createPresenter(dialectV230);

/** OCPI 2.3.0 for a peer that has its bookings. */
export const v230Bookings: Presenter = createPresenter({
  ...dialectV230,
  tariff: (tariff, site) => presentTariff(tariff, site, BOOKINGS_WORDS),
  times: { ...dialectV230.times, overtime: 'RESERVATION_OVERTIME' },
  bookings: true,
});

/** OCPI 2.3.0 types, Price. */
function presentPrice(price: Price): Wire {
  const taxes = price.taxes.map((tax) => ({
    name: clip(tax.name ?? 'VAT', 255),
    ...optional('account_number', tax.accountNumber && clip(tax.accountNumber, 255)),
    percentage: toNumber(tax.percentage),
    amount: toNumber(tax.amount),
  }));
  return { before_taxes: toNumber(price.beforeTaxes), ...(taxes.length === 0 ? {} : { taxes }) };
}

/** OCPI 2.3.0 mod_tariffs Tariff object, with `preauthorize_amount` as its payments have it. */
function presentTariff(tariff: Tariff, site: SiteSettings, words: TariffWords): Wire | null {
  const elements = presentElements(tariff, words);
  const { preauthorizeAmount } = tariff;
  return (
    elements && {
      ...presentTariffHead(tariff, site),
      ...optional('min_price', tariff.minPrice && presentLimit(tariff.minPrice)),
      ...optional('max_price', tariff.maxPrice && presentLimit(tariff.maxPrice)),
      ...optional('preauthorize_amount', preauthorizeAmount === undefined ? null : toNumber(preauthorizeAmount)),
      elements,
      tax_included: tariff.taxIncluded,
      last_updated: toUtc(tariff.updatedAt),
    }
  );
}

function presentLimit(limit: PriceLimit): Wire {
  return {
    before_taxes: toNumber(limit.beforeTaxes),
    ...optional('after_taxes', limit.afterTaxes === null ? null : toNumber(limit.afterTaxes)),
  };
}
