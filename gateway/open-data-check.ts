import type { EvseView } from './chargers.ts';
import type { Connector } from './domain/types.ts';
import type { Tariff } from './domain/tariff.ts';
import type { Gateway } from './gateway.ts';
import { evsePower, publicView, type OpenSite } from './open-data.ts';

/** One thing that the public has to be told, and whether it is. */
export interface OpenDataItem {
  what: string;
  /** Where it is asked for; the article is of Regulation (EU) 2023/1804 unless another is named. */
  rule: string;
  /** `assumed`: said of no charger by itself, but taken from `default-connector`. */
  state: 'told' | 'assumed' | 'missing';
  /** Where it is said, or would be. */
  key: string;
  /** What to do; null where it is told. */
  advice: string | null;
  /** What it is missing of: EVSEs by their uid, tariffs by their id. Empty: the whole site. */
  places: string[];
}

/** What there is to know for one item: the places that lack it, or that the site does. */
type Judge = (open: OpenSite, evses: EvseView[]) => boolean | string[];

interface Rule {
  what: string;
  rule: string;
  key: string;
  advice: string;
  /** True or no places: told. */
  told: Judge;
}

const FAST = 50_000;

/**
 * What operators of publicly accessible recharging points in the European Union have to tell of them (Regulation (EU)
 * 2023/1804 Articles 5 and 20(2)), and what of it this site's configuration leaves open.
 */
export function checkOpenData(gw: Gateway): OpenDataItem[] {
  const published = gw.settings.site.publish && gw.settings.publishOpenData;
  const open = publicView(gw);
  const evses = open.chargers.flat();
  return [
    item(PUBLISHED, published),
    ...RULES.map((rule) => item(rule, rule.told(open, evses))),
    ...described(gw, evses),
  ];
}

const PUBLISHED: Omit<Rule, 'told'> = {
  what: 'data open to everybody',
  rule: 'Art. 20(2)',
  key: 'open-data.publish',
  advice: 'set open-data.publish and site.publish to true, or have your cloud publish what it polls from here',
};

const RULES: Rule[] = [
  {
    what: 'address and coordinates',
    rule: 'Art. 20(2)(a)(i)',
    key: 'site.latitude',
    advice: 'say site.address, city, latitude and longitude',
    told: ({ site }) => site.address !== '' && site.latitude !== '' && site.longitude !== '',
  },
  {
    what: 'number of points and connectors',
    rule: 'Art. 20(2)(a)(ii)',
    key: 'chargers',
    advice: 'no accepted charger has an EVSE: list the chargers, or accept those that wait',
    told: (_open, evses) => evses.length > 0,
  },
  {
    what: 'parking for people with disabilities',
    rule: 'Art. 20(2)(a)(iii)',
    key: 'chargers[].evses[].parking-restrictions',
    advice:
      'say [disabled] at the bays that are reserved; where there is none, say for whom bays are, such as [ev-only]',
    told: (_open, evses) => evses.some(({ visitors }) => visitors.parkingRestrictions.length > 0),
  },
  {
    what: 'name of the operator',
    rule: 'Art. 20(2)(a)(iv)',
    key: 'site.operator.name',
    advice: 'say the company that runs the site; without it peers see its country code and party id',
    told: ({ site }) => site.operatorName !== `${site.countryCode}*${site.partyId}`,
  },
  {
    what: 'name of the owner',
    rule: 'Art. 20(2)(a)(iv)',
    key: 'site.owner-name',
    advice: 'say who owns the site; where it is the operator, the same name again',
    told: ({ site }) => site.ownerName !== null,
  },
  {
    what: 'telephone number for help',
    rule: 'Art. 20(2)(a)(iv)',
    key: 'site.help-phone',
    advice: 'say the number that stands on the chargers, such as +46 19 123456',
    told: ({ site }) => site.helpPhone !== null,
  },
  {
    what: 'web site of the operator',
    rule: 'Art. 20(2)(a)(iv)',
    key: 'site.operator.website',
    advice: 'say where the operator can be reached, such as https://depot.example.com',
    told: ({ site }) => site.operatorWebsite !== null,
  },
  {
    what: 'opening hours',
    rule: 'Art. 20(2)(a)(v)',
    key: 'site.opening-times',
    advice: 'say { twenty-four-seven: true }, or hours by day',
    told: ({ site }) => site.openingTimes !== null,
  },
  {
    what: "the operator's identification code",
    rule: 'Art. 20(2)(b)(i)',
    key: 'site.party-id',
    advice: 'say the code that your country gave the operator',
    told: ({ site }) => site.partyId !== '',
  },
  {
    what: 'vehicles that fit',
    rule: 'Art. 20(2)(b)(vi)',
    key: 'chargers[].vehicle-types',
    advice: 'say which vehicles the bays are made for, such as [personal-vehicle, van]',
    told: (_open, evses) =>
      uids(
        evses,
        ({ visitors }) => visitors.vehicleTypes.length === 0 && !visitors.parkingRestrictions.includes('DISABLED'),
      ),
  },
  {
    what: 'operational status and availability',
    rule: 'Art. 20(2)(c)(i), (ii)',
    key: 'chargers',
    advice: 'these report nothing: connect the charger, or see why it is away with "chargegate chargers"',
    told: (_open, evses) => uids(evses, ({ visible }) => visible === 'Unknown'),
  },
  {
    what: 'ad hoc price',
    rule: 'Art. 20(2)(c)(iii)',
    key: 'chargers[].evses[].connectors[].tariff',
    advice: 'these have no tariff, so they are told to be free of charge: name one, or leave it so',
    told: (_open, evses) => uids(evses, ({ connectors }) => connectors.some(({ tariffIds }) => tariffIds.length === 0)),
  },
  {
    what: 'price with or without tax',
    rule: 'Art. 20(2)(c)(iii)',
    key: 'tariffs[].elements[].components[].vat',
    advice: 'prices are without tax and some component does not say its vat: drivers cannot tell what they pay',
    told: ({ tariffs }) => tariffIds(tariffs, (tariff) => tariff.taxIncluded === 'NO' && lacksVat(tariff)),
  },
  {
    what: 'price per kWh from 50 kW on',
    rule: 'Art. 5(4)',
    key: 'tariffs[].elements[].components[].type',
    advice: 'from 50 kW on the ad hoc price has to be one of energy: give the tariff an energy component',
    told: ({ tariffs }, evses) =>
      uids(evses, (evse) => evsePower(evse) >= FAST && evse.connectors.some((one) => lacksEnergy(one, tariffs))),
  },
  {
    what: 'payment without contract',
    rule: 'Art. 5(1)',
    key: 'chargers[].payment',
    advice:
      'say how one pays at the charger, such as [contactless-card]; below 50 kW a web site behind a QR code will do, which OCPI has no word for',
    told: (_open, evses) => uids(evses, ({ visitors }) => visitors.payment.length === 0),
  },
  {
    what: 'electricity from renewable sources',
    rule: 'Art. 20(2)(c)(iv)',
    key: 'site.green-energy',
    advice: 'say true or false',
    told: ({ site }) => site.greenEnergy !== null,
  },
];

/** Plug, current and power come from `default-connector` where the file describes no connector. */
function described(gw: Gateway, evses: EvseView[]): OpenDataItem[] {
  const known = new Set(
    gw.settings.chargers.flatMap((charger) => charger.evses.map(({ evse }) => `${charger.id}\n${evse}`)),
  );
  const assumed = uids(evses, ({ chargerId, evse }) => !known.has(`${chargerId}\n${evse}`));
  const one = {
    what: 'plug, format, current and power',
    rule: 'Art. 20(2)(b)(ii) to (v)',
    key: 'chargers[].evses[].connectors',
  };
  if (assumed.length === 0) return [{ ...one, state: 'told', advice: null, places: [] }];
  const advice = 'these are told as default-connector has it, as chargers do not say: describe those that differ';
  return [{ ...one, state: 'assumed', advice, places: assumed }];
}

function item({ what, rule, key, advice }: Omit<Rule, 'told'>, told: boolean | string[]): OpenDataItem {
  const places = typeof told === 'boolean' ? [] : told;
  const missing = told === false || places.length > 0;
  return { what, rule, key, state: missing ? 'missing' : 'told', advice: missing ? advice : null, places };
}

function uids(evses: EvseView[], lacks: (evse: EvseView) => boolean): string[] {
  return evses.filter(lacks).map(({ uid }) => uid);
}

function tariffIds(tariffs: Tariff[], lacks: (tariff: Tariff) => boolean): string[] {
  return tariffs.filter(lacks).map(({ id }) => id);
}

function lacksVat({ elements, taxes = [] }: Tariff): boolean {
  return taxes.length === 0 && elements.some(({ components }) => components.some(({ vat }) => vat === null));
}

function lacksEnergy({ tariffIds }: Connector, tariffs: Tariff[]): boolean {
  return tariffs
    .filter(({ id }) => tariffIds.includes(id))
    .some(({ elements }) => !elements.some(({ components }) => components.some(({ type }) => type === 'ENERGY')));
}
