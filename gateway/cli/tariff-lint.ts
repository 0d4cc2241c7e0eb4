import type { TariffFindingBody } from '../../adapters/console/tariff-body.ts';
import type { Version } from '../../adapters/ocpi/request.ts';
import { loadConfig } from '../../config/load.ts';
import type { Settings } from '../domain/settings.ts';
import { wallClock } from '../domain/time.ts';
import { lintAll } from '../pricing/lint-all.ts';
import type { TariffUse } from '../pricing/lint.ts';
import { readTariffFile } from './tariff-files.ts';

/**
 * What is odd about the tariffs of a file: a configuration (`.yaml`), with what its connectors use, or OCPI tariffs as
 * JSON. Errors: REQUEST_INVALID, CONFIG_UNREADABLE, CONFIG_INVALID.
 */
export function lintFile(file: string, version: Version | undefined, zone: string | undefined): TariffFindingBody[] {
  if (/\.ya?ml$/i.test(file)) return lintSettings(loadConfig(file).settings);
  const read = readTariffFile(file, version);
  const unusable = read.flatMap(({ id, problems }) =>
    problems.map((text) => ({ tariff: id, code: 'unpriceable', path: '', text })),
  );
  const good = read.flatMap(({ tariff }) => tariff ?? []);
  return [...unusable, ...lintAll(good, [], zone, wallClock())];
}

function lintSettings({ tariffs, chargers, defaultConnector, site }: Settings): TariffFindingBody[] {
  const uses: TariffUse[] = chargers.flatMap(({ id, evses }) =>
    evses.flatMap(({ evse, connectors }) =>
      connectors.map(({ connector, tariffIds }) => ({ place: `${id}/${evse}/${connector}`, tariffIds })),
    ),
  );
  const now = wallClock();
  const all = [{ place: 'default-connector', tariffIds: defaultConnector.tariffIds }, ...uses];
  return lintAll(
    tariffs.map((tariff) => ({ ...tariff, updatedAt: now })),
    all,
    site.timeZone,
    now,
  );
}
