import type { SiteSettings } from '../../../gateway/domain/settings.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { OpeningTimes } from '../../../gateway/domain/visitors.ts';
import type { OpenSite } from '../../../gateway/open-data.ts';
import { ids, operatorId, versionOf, words } from './datex-words.ts';
import { el, type Xml } from './xml.ts';

/** ISO 3166 alpha-2 of the countries whose access points read this; elsewhere the code is left out. */
const ALPHA_2 = new Map(
  (
    'ALB AL AND AD AUT AT BEL BE BGR BG BIH BA CHE CH CYP CY CZE CZ DEU DE DNK DK ESP ES EST EE FIN FI FRA FR GBR GB ' +
    'GRC GR HRV HR HUN HU IRL IE ISL IS ITA IT LIE LI LTU LT LUX LU LVA LV MCO MC MDA MD MKD MK MLT MT MNE ME NLD NL ' +
    'NOR NO POL PL PRT PT ROU RO SMR SM SRB RS SVK SK SVN SI SWE SE TUR TR UKR UA'
  )
    .match(/[A-Z]{3} [A-Z]{2}/g)
    ?.map((pair) => [pair.slice(0, 3), pair.slice(4)]),
);

/** Where it is: loc:PointLocation with the address. */
export function place(site: SiteSettings): Xml {
  const coordinates = [el('loc:latitude', site.latitude), el('loc:longitude', site.longitude)];
  const country = ALPHA_2.get(site.country);
  const street = words('locx:text', site.address);
  return el(
    'afac:locationReference',
    [
      el('loc:coordinatesForDisplay', coordinates),
      el('loc:_locationExtension', [
        el('loc:afirFacilityLocation', [
          el('afac:address', [
            site.postalCode === null ? null : el('locx:postcode', site.postalCode),
            words('locx:city', site.city),
            country === undefined ? null : el('locx:countryCode', country),
            el('locx:addressLine', [el('locx:type', 'street'), street], { order: '0' }),
          ]),
        ]),
      ]),
      el('loc:pointByCoordinates', [el('loc:pointCoordinates', coordinates)]),
    ],
    { 'xsi:type': 'loc:PointLocation' },
  );
}

/** When one can come in; null where nobody said. */
export function operatingHours(open: OpenSite): Xml | null {
  const times = open.site.openingTimes;
  if (times === null) return null;
  if (times === 'always') return el('afac:operatingHours', '', { 'xsi:type': 'afac:OpenAllHours' });
  return el(
    'afac:operatingHours',
    [
      el('afac:operatingAllYear', true),
      el('afac:overallPeriod', [el('com:overallStartTime', toUtc(open.describedAt)), ...validPeriods(times)]),
    ],
    { 'xsi:type': 'afac:OperatingHoursSpecification', id: `hours-${ids.site(open)}`, version: versionOf(open) },
  );
}

/** Times of day are the site's own, so without a zone. */
function validPeriods(times: Exclude<OpeningTimes, 'always'>): Xml[] {
  return times.map(({ day, from, to }) =>
    el('com:validPeriod', [
      el('com:recurringTimePeriodOfDay', [
        el('com:startTimeOfPeriod', `${from}:00`),
        el('com:endTimeOfPeriod', `${to}:00`),
      ]),
      el('com:recurringDayWeekMonthPeriod', [el('com:applicableDay', day.toLowerCase())]),
    ]),
  );
}

/** Owner, operator and helpdesk, as far as they are known. */
export function organisations({ site }: OpenSite): (Xml | null)[] {
  const phone =
    site.helpPhone === null
      ? null
      : el('afac:organisationUnit', [el('afac:contactInformation', [el('afac:telephoneNumber', site.helpPhone)])]);
  const operator = [
    words('afac:name', site.operatorName),
    site.operatorWebsite === null ? null : el('afac:linkToGeneralInformation', site.operatorWebsite),
    phone,
    el('afac:externalIdentifier', [
      el('afac:identifier', operatorId(site)),
      el('afac:otherTypeOfIdentifier', 'operatorId'),
    ]),
  ];
  const type = { 'xsi:type': 'afac:AnOrganisation' };
  return [
    site.ownerName === null ? null : el('afac:owner', [words('afac:name', site.ownerName)], type),
    el('afac:operator', operator, type),
    phone && el('afac:helpdesk', [words('afac:name', site.operatorName), phone], type),
  ];
}
