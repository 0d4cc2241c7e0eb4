import { readCdr, type ReadCdr } from '../../adapters/ocpi/read/cdr.ts';
import { readTariff } from '../../adapters/ocpi/read/tariff.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { Tariff } from '../domain/tariff.ts';
import { offsetAt } from '../pricing/calendar.ts';
import { checkBill, goesByClock, repriceBill } from '../pricing/reprice.ts';
import { readDocument } from './documents.ts';
import { complain, printable, type Output } from './output.ts';
import { reportOf, reportText } from './price-report.ts';
import type { PriceOptions } from './price-verbs.ts';

/** Problems told in one line. */
const TOLD = 10;

/** It could not be reckoned. */
class Unpriceable extends Error {
  readonly code: ErrorCode;
  readonly problems: string[];

  constructor(code: ErrorCode, what: string, problems: string[]) {
    const more = problems.length > TOLD ? `; and ${problems.length - TOLD} more` : '';
    super(`${what === '-' ? 'stdin' : what}: ${problems.slice(0, TOLD).join('; ')}${more}`);
    this.code = code;
    this.problems = problems;
  }
}

/**
 * Reckons a CDR anew and prints what it should come to and what differs. Gives the exit code: 0 all is as reckoned, 1 something
 * differs, 2 it could not be reckoned: REQUEST_INVALID for files that cannot be read, CDR_UNUSABLE, TARIFF_UNPRICEABLE.
 */
export async function priceCdr(options: PriceOptions & { cdr: string }, out: Output): Promise<0 | 1 | 2> {
  try {
    const tariff = options.tariff === undefined ? undefined : await tariffFrom(options.tariff, options);
    const read = await cdrFrom(options, tariff?.tariff);
    const { zone, notes } = zoneOf(read, options);
    const problems = checkBill(read.bill);
    if (problems.length > 0) throw new Unpriceable('TARIFF_UNPRICEABLE', options.tariff ?? options.cdr, problems);
    const repriced = repriceBill(read.bill, zone);
    const report = reportOf(read.bill, {
      ...repriced,
      notes: [...(tariff?.notes ?? []), ...read.notes, ...notes, ...repriced.notes],
    });
    out.print(out.json ? JSON.stringify(report, null, 2) : reportText(report, read, zone));
    return report.differs.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Unpriceable)) throw error;
    complain(out, error.code, printable(error.message), { problems: error.problems });
    return 2;
  }
}

async function tariffFrom(file: string, { cdr, ocpi }: PriceOptions): Promise<{ tariff: Tariff; notes: string[] }> {
  if (file === '-' && cdr === '-')
    throw new Unpriceable('REQUEST_INVALID', '--tariff', ['stdin can hold the CDR or the tariff, not both']);
  const read = readTariff(await documentFrom(file, 'a tariff'), ocpi);
  if ('problems' in read) throw new Unpriceable('TARIFF_UNPRICEABLE', file, read.problems);
  return read;
}

async function cdrFrom({ cdr, ocpi }: PriceOptions & { cdr: string }, tariff: Tariff | undefined): Promise<ReadCdr> {
  const json = await documentFrom(cdr, 'a CDR');
  const read = readCdr(json, { ...(ocpi && { version: ocpi }), ...(tariff && { tariff }) });
  if (!('problems' in read)) return read;
  throw new Unpriceable(read.of === 'cdr' ? 'CDR_UNUSABLE' : 'TARIFF_UNPRICEABLE', cdr, read.problems);
}

async function documentFrom(file: string, what: string): Promise<unknown> {
  const read = await readDocument(file, what);
  if ('problem' in read) throw new Unpriceable('REQUEST_INVALID', file, [read.problem]);
  return read.document;
}

/** The zone that the CDR tells, else the one that was said, else UTC, which matters where prices go by the clock. */
function zoneOf({ zone, bill }: ReadCdr, { timeZone, cdr }: PriceOptions): { zone: string; notes: string[] } {
  if (timeZone !== undefined && !isZone(timeZone))
    throw new Unpriceable('REQUEST_INVALID', '--time-zone', [`${timeZone} is no time zone such as Europe/Stockholm`]);
  if (zone !== null && !isZone(zone))
    throw new Unpriceable('CDR_UNUSABLE', cdr ?? '', [
      `location.time_zone: ${zone} is no time zone that is known here`,
    ]);
  if (zone !== null) {
    const ignored = timeZone !== undefined && timeZone !== zone;
    return { zone, notes: ignored ? [`the CDR says that its site is in ${zone}; that counts, not ${timeZone}`] : [] };
  }
  if (timeZone !== undefined) return { zone: timeZone, notes: [] };
  const assumed = 'the tariff goes by the clock, and nothing says in which time zone: UTC is taken; say --time-zone';
  return { zone: 'UTC', notes: goesByClock(bill) ? [assumed] : [] };
}

function isZone(zone: string): boolean {
  try {
    offsetAt(zone, 0);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
