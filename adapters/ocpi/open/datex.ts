import type { OpenSite } from '../../../gateway/open-data.ts';
import { toUtc, type Millis } from '../../../gateway/domain/time.ts';
import { statusPublication, STATUS_TYPE } from './datex-status.ts';
import { tablePublication, TABLE_TYPE } from './datex-table.ts';
import { operatorId } from './datex-words.ts';
import { el, xmlDocument, type Xml } from './xml.ts';

/**
 * DATEX II version 3.7 in XML, in the package for recharging infrastructure under Regulation (EU) 2023/1804
 * (afirEnergyInfrastructure): the table, what there is, and the status, how it is now.
 */
const NAMESPACES = {
  'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
  'xmlns:d2': 'http://datex2.eu/schema/3/d2Payload',
  'xmlns:con': 'http://datex2.eu/schema/3/messageContainer',
  'xmlns:ex': 'http://datex2.eu/schema/3/exchangeInformation',
  'xmlns:com': 'http://datex2.eu/schema/3/common',
  'xmlns:loc': 'http://datex2.eu/schema/3/locationReferencing',
  'xmlns:locx': 'http://datex2.eu/schema/3/locationExtension',
  'xmlns:aegi': 'http://datex2.eu/schema/3/afirEnergyInfrastructure',
  'xmlns:afac': 'http://datex2.eu/schema/3/afirFacilities',
};

const MODEL = { modelBaseVersion: '3' };

/** The table as it was last written: it is most of a message, and seldom another one. */
export interface TableMemory {
  version: string | null;
  table: Xml[];
}

/** The table alone, as one payload. */
export function datexTable(open: OpenSite, at: Millis, memory: TableMemory): string {
  return xmlDocument(payload('d2:payload', TABLE_TYPE, open, at, tableOf(open, memory), NAMESPACES));
}

/** The status alone, as one payload. */
export function datexStatus(open: OpenSite, at: Millis): string {
  return xmlDocument(payload('d2:payload', STATUS_TYPE, open, at, statusPublication(open), NAMESPACES));
}

/** Both in one message (DATEX II Exchange 2018, snapshot pull). */
export function datexMessage(open: OpenSite, at: Millis, memory: TableMemory): string {
  return xmlDocument(
    el(
      'con:messageContainer',
      [
        payload('con:payload', TABLE_TYPE, open, at, tableOf(open, memory)),
        payload('con:payload', STATUS_TYPE, open, at, statusPublication(open)),
        el(
          'con:exchangeInformation',
          [
            el('ex:exchangeContext', [
              el('ex:codedExchangeProtocol', 'snapshotPull'),
              el('ex:exchangeSpecificationVersion', '3.0'),
              el('ex:supplierOrCisRequester', [el('ex:internationalIdentifier', creator(open))]),
            ]),
            el('ex:dynamicInformation', [
              el('ex:exchangeStatus', 'online'),
              el('ex:messageGenerationTimestamp', toUtc(at)),
            ]),
          ],
          MODEL,
        ),
      ],
      { ...NAMESPACES, ...MODEL },
    ),
  );
}

/** com:PayloadPublication with what its kind adds. */
function payload(
  name: string,
  type: string,
  open: OpenSite,
  at: Millis,
  body: (Xml | null)[],
  namespaces: Record<string, string> = {},
): Xml {
  return el(name, [el('com:publicationTime', toUtc(at)), el('com:publicationCreator', creator(open)), ...body], {
    ...namespaces,
    'xsi:type': type,
    lang: 'en',
    ...MODEL,
  });
}

function tableOf(open: OpenSite, memory: TableMemory): Xml[] {
  if (memory.version !== open.version) {
    memory.table = tablePublication(open);
    memory.version = open.version;
  }
  return memory.table;
}

function creator({ site }: OpenSite): Xml[] {
  return [el('com:country', site.countryCode), el('com:nationalIdentifier', operatorId(site))];
}
