import type { SiteSettings } from '../../../gateway/domain/settings.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Price, PriceComponent, PriceLimit, Tariff } from '../../../gateway/domain/tariff.ts';
import { toNumber } from '../numbers.ts';
import type { Dialect, Presenter, Wire } from './shared.ts';
import { createPresenter } from './shared.ts';
import { clip, clipId, optional } from './text.ts';

/** What 2.3.0 says its own way; the base that other versions depart from. */
export const dialectV230: Dialect = {
  price: presentPrice,
  tariff: presentTariff,
  // OpenEnums in 2.3.0, so every name may be sent (OCPI 2.3.0 types, OpenEnum).
  standard: (standard) => standard,
  tokenType: (type) => type,
  visitors: { helpPhone: true, parkingPlaces: true, parkingRestriction: () => true },
  // 2.3.0 edition 2.
  longestPlain: 5000,
};

/** OCPI 2.3.0. */
export const v230: Presenter = createPresenter(dialectV230);

/** The parts of a tariff that are alike in every version. */
export function presentTariffHead(tariff: Tariff, site: SiteSettings): Wire {
  return {
    country_code: site.countryCode,
    party_id: site.partyId,
    id: clipId(tariff.id, 36),
    currency: tariff.currency,
    ...(tariff.altText.length === 0
      ? {}
      : {
          tariff_alt_text: tariff.altText.map(({ language, text }) => ({ language, text: clip(text, 512) })),
        }),
  };
}

/** OCPI 2.3.0 types, Price. */
function presentPrice(price: Price): Wire {
  const taxes = price.taxes.map((tax) => ({
    name: 'VAT',
    percentage: toNumber(tax.percentage),
    amount: toNumber(tax.amount),
  }));
  return { before_taxes: toNumber(price.beforeTaxes), ...(taxes.length === 0 ? {} : { taxes }) };
}

/** OCPI 2.3.0 mod_tariffs Tariff object. */
function presentTariff(tariff: Tariff, site: SiteSettings): Wire {
  return {
    ...presentTariffHead(tariff, site),
    ...optional('min_price', tariff.minPrice && presentLimit(tariff.minPrice)),
    ...optional('max_price', tariff.maxPrice && presentLimit(tariff.maxPrice)),
    elements: tariff.elements.map(({ components }) => ({ price_components: components.map(presentComponent) })),
    tax_included: tariff.taxIncluded,
    last_updated: toUtc(tariff.updatedAt),
  };
}

function presentLimit(limit: PriceLimit): Wire {
  return {
    before_taxes: toNumber(limit.beforeTaxes),
    ...optional('after_taxes', limit.afterTaxes === null ? null : toNumber(limit.afterTaxes)),
  };
}

function presentComponent(component: PriceComponent): Wire {
  return {
    type: component.type,
    price: toNumber(component.price),
    ...optional('vat', component.vat === null ? null : toNumber(component.vat)),
    step_size: component.step,
  };
}
