/** The parts of DATEX II 3.7 that we write, from its data dictionary: what each element may hold, in this order. */
import { expect } from 'vitest';
import type { Element } from './xml-reader.ts';

const PUBLICATION = 'com:publicationTime com:publicationCreator aegi:tableReference? aegi:headerInformation';
const FACILITY =
  'afac:name? afac:lastUpdated? afac:externalIdentifier* afac:operatingHours? afac:locationReference? afac:owner? ' +
  'afac:operator? afac:helpdesk? afac:applicableForVehicles? afac:dedicatedParkingSpaces*';
const ORGANISATION = 'afac:name afac:linkToGeneralInformation? afac:organisationUnit* afac:externalIdentifier*';
const OVERALL_PERIOD = 'com:overallStartTime com:overallEndTime? com:validPeriod* com:exceptionPeriod*';
const PERIOD = 'com:startOfPeriod? com:endOfPeriod? com:recurringTimePeriodOfDay* com:recurringDayWeekMonthPeriod*';
const STATUS = 'afac:reference afac:lastUpdated?';

/** By xsi:type where there is one, else by name. `?`: at most one, `*`: any number, `+`: at least one, else exactly one. */
const CONTENT: Record<string, string> = {
  'con:messageContainer': 'con:payload* con:exchangeInformation',
  'con:exchangeInformation': 'ex:exchangeContext ex:dynamicInformation',
  'ex:exchangeContext': 'ex:codedExchangeProtocol ex:exchangeSpecificationVersion ex:supplierOrCisRequester',
  'ex:supplierOrCisRequester': 'ex:internationalIdentifier',
  'ex:internationalIdentifier': 'com:country com:nationalIdentifier',
  'ex:dynamicInformation': 'ex:exchangeStatus ex:messageGenerationTimestamp',
  'aegi:EnergyInfrastructureTablePublication': `${PUBLICATION} aegi:energyInfrastructureTable+`,
  'aegi:EnergyInfrastructureStatusPublication': `${PUBLICATION} aegi:energyInfrastructureSiteStatus*`,
  'com:publicationCreator': 'com:country com:nationalIdentifier',
  'aegi:headerInformation': 'com:confidentiality? com:informationStatus',
  'aegi:energyInfrastructureTable': 'aegi:tableName? aegi:energyInfrastructureSite+',
  'aegi:energyInfrastructureSite': `${FACILITY} aegi:typeOfSite? aegi:energyInfrastructureStation*`,
  'aegi:energyInfrastructureStation':
    `${FACILITY} aegi:totalMaximumPower? aegi:authenticationAndIdentificationMethods* aegi:numberOfRefillPoints? ` +
    'aegi:renewableSources? aegi:refillPoint*',
  'aegi:ElectricChargingPoint':
    `${FACILITY} aegi:deliveryUnit aegi:energyProduct* aegi:currentType aegi:numberOfConnectors? ` +
    'aegi:availableChargingPower* aegi:connector*',
  'afac:dedicatedParkingSpaces': `${FACILITY} aegi:numberOfSpaces aegi:userSpecific*`,
  'afac:applicableForVehicles': 'com:vehicleType*',
  'aegi:ElectricEnergy': 'aegi:isGreenEnergy? aegi:energyRate*',
  'aegi:energyRate':
    'aegi:ratePolicy aegi:lastUpdated aegi:applicableCurrency+ aegi:rateName? aegi:maximumDeliveryFee? ' +
    'aegi:minimumDeliveryFee? aegi:additionalInformation? aegi:payment? aegi:energyPrice* aegi:overallPeriod?',
  'aegi:payment': 'afac:paymentMeans*',
  'aegi:energyPrice':
    'aegi:priceGroupIndex aegi:priceType aegi:value aegi:taxIncluded? aegi:taxRate? aegi:additionalInformation? ' +
    'aegi:overallPeriod? aegi:timeBasedApplicability? aegi:energyBasedApplicability?',
  'aegi:overallPeriod': OVERALL_PERIOD,
  'aegi:timeBasedApplicability': 'aegi:fromMinute? aegi:toMinute?',
  'aegi:energyBasedApplicability': 'aegi:fromKWh? aegi:toKWh?',
  'aegi:connector':
    'aegi:connectorType aegi:otherConnector? aegi:connectorFormat? aegi:maxPowerAtSocket aegi:voltage? aegi:maximumCurrent?',
  'afac:externalIdentifier': 'afac:identifier afac:typeOfIdentifier? afac:otherTypeOfIdentifier?',
  'afac:AnOrganisation': ORGANISATION,
  'afac:organisationUnit': 'afac:contactInformation*',
  'afac:contactInformation': 'afac:telephoneNumber?',
  'afac:OpenAllHours': '',
  'afac:OperatingHoursSpecification': 'afac:operatingAllYear? afac:overallPeriod',
  'afac:overallPeriod': OVERALL_PERIOD,
  'com:validPeriod': PERIOD,
  'com:exceptionPeriod': PERIOD,
  'com:recurringTimePeriodOfDay': 'com:startTimeOfPeriod com:endTimeOfPeriod',
  'com:recurringDayWeekMonthPeriod': 'com:applicableDay*',
  'loc:PointLocation': 'loc:coordinatesForDisplay? loc:_locationExtension? loc:pointByCoordinates?',
  'loc:coordinatesForDisplay': 'loc:latitude loc:longitude',
  'loc:pointCoordinates': 'loc:latitude loc:longitude',
  'loc:pointByCoordinates': 'loc:pointCoordinates',
  'loc:_locationExtension': 'loc:afirFacilityLocation?',
  'loc:afirFacilityLocation': 'afac:address?',
  'afac:address': 'locx:postcode? locx:city? locx:countryCode? locx:addressLine*',
  'locx:addressLine': 'locx:type locx:text',
  'com:values': 'com:value+',
  'aegi:energyInfrastructureSiteStatus': `${STATUS} aegi:energyInfrastructureStationStatus*`,
  'aegi:energyInfrastructureStationStatus': `${STATUS} aegi:isAvailable? aegi:refillPointStatus*`,
  'aegi:ElectricChargingPointStatus': `${STATUS} aegi:status`,
};

/** com:MultilingualString, whatever the element is called. */
const MULTILINGUAL = /^(afac:name|aegi:(rateName|additionalInformation)|locx:(city|text))$/;

/** Attributes that must be there. */
const REQUIRED: Record<string, string[]> = {
  'aegi:energyInfrastructureTable': ['id', 'version'],
  'aegi:energyInfrastructureSite': ['id', 'version'],
  'aegi:energyInfrastructureStation': ['id', 'version'],
  'aegi:refillPoint': ['id', 'version', 'xsi:type'],
  'afac:dedicatedParkingSpaces': ['id', 'version'],
  'aegi:energyRate': ['id'],
  'afac:reference': ['id', 'targetClass'],
  'aegi:tableReference': ['id', 'targetClass'],
  'locx:addressLine': ['order'],
  'com:value': ['lang'],
};

const VALUES: Record<string, RegExp> = {
  'aegi:value': /^\d{1,6}\.\d{2}$/,
  'aegi:status': /^(available|occupied|charging|reserved|inoperative|outOfOrder|unknown)$/,
  'aegi:priceType': /^(pricePerMinute|pricePerKWh|basePrice|free|other)$/,
  'aegi:ratePolicy': /^adHoc$/,
  'aegi:fromMinute': /^\d+$/,
  'aegi:toMinute': /^\d+$/,
  'aegi:fromKWh': /^\d+$/,
  'aegi:toKWh': /^\d+$/,
  'com:startTimeOfPeriod': /^\d{2}:\d{2}:00$/,
  'com:endTimeOfPeriod': /^\d{2}:\d{2}:00$/,
  'com:applicableDay': /^(mon|tues|wednes|thurs|fri|satur|sun)day$/,
  'aegi:currentType': /^(ac|dc)$/,
  'locx:countryCode': /^[A-Z]{2}$/,
  'com:publicationTime': /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z$/,
};

/** Fails with the place of every departure from the contract. */
export function expectDatex(root: Element): void {
  expect(faultsOf(root, root.name)).toEqual([]);
}

function faultsOf(element: Element, path: string): string[] {
  const { name, attributes, children, text } = element;
  const content = MULTILINGUAL.test(name) ? 'com:values' : CONTENT[attributes['xsi:type'] ?? name];
  const names = children.map((child) => child.name).join(' ');
  const faults = (REQUIRED[name] ?? []).filter((key) => !attributes[key]).map((key) => `${path}: no ${key}`);
  if (content === undefined && children.length > 0) faults.push(`${path}: nobody knows what it may hold`);
  if (content !== undefined && !pattern(content).test(`${names} `)) faults.push(`${path}: holds ${names}`);
  if (content !== undefined && text.trim() !== '') faults.push(`${path}: text where elements belong`);
  if (VALUES[name] && !VALUES[name].test(text)) faults.push(`${path}: ${text}`);
  return [...faults, ...children.flatMap((child) => faultsOf(child, `${path}/${child.name}`))];
}

function pattern(content: string): RegExp {
  const parts = content.split(' ').filter((part) => part !== '');
  const body = parts.map((part) => `(?:${part.replace(/[?*+]$/, '')} )${/[?*+]$/.exec(part)?.[0] ?? ''}`).join('');
  return new RegExp(`^${body === '' ? ' ' : body}$`);
}
