import { statSync } from 'node:fs';
import type { Version } from '../../adapters/ocpi/request.ts';
import { readTariff } from '../../adapters/ocpi/read/tariff.ts';
import { GatewayError } from '../domain/errors.ts';
import type { Tariff } from '../domain/tariff.ts';
import { checkTariff } from '../pricing/check.ts';
import { readJsonFile } from './context.ts';

/** What came of reading one tariff of a file. */
export interface FileTariff {
  /** As far as it could be read; else its place in the file, from 1. */
  id: string;
  /** Null: it cannot be used, for these problems. */
  tariff: Tariff | null;
  problems: string[];
  /** What had to be assumed. */
  notes: string[];
}

const MOST_BYTES = 10_000_000;

/**
 * Reads OCPI tariffs (2.1.1, 2.2.1, 2.3.0) from a JSON file: one, a list of them, or an answer of the tariffs module with
 * them in `data`; `-` reads stdin. Errors: REQUEST_INVALID for a file without any.
 */
export function readTariffFile(file: string, version: Version | undefined): FileTariff[] {
  if (file !== '-' && sizeOf(file) > MOST_BYTES)
    throw new GatewayError('REQUEST_INVALID', `${file} is larger than ${MOST_BYTES / 1_000_000} MB: split it`);
  const items = itemsOf(readJsonFile(file));
  if (items.length === 0)
    throw new GatewayError(
      'REQUEST_INVALID',
      `${file} holds no tariff: it must be an OCPI tariff as JSON, a list of them, or {"data": [...]}`,
    );
  return items.map((item, index) => toFileTariff(item, index, version));
}

/** 0 for what cannot be looked at: reading it tells why. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function itemsOf(json: unknown): unknown[] {
  const data = isRecord(json) && 'data' in json && !('elements' in json) ? json['data'] : json;
  return [data].flat().filter((item) => item !== null && item !== undefined);
}

function toFileTariff(item: unknown, index: number, version: Version | undefined): FileTariff {
  const read = readTariff(item, version);
  if ('problems' in read) {
    const id = isRecord(item) && typeof item['id'] === 'string' ? item['id'].slice(0, 36) : `number ${index + 1}`;
    return { id, tariff: null, problems: read.problems, notes: [] };
  }
  const problems = checkTariff(read.tariff);
  return { id: read.tariff.id, tariff: problems.length === 0 ? read.tariff : null, problems, notes: read.notes };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
