import Type from 'typebox';
import type { Static } from 'typebox';
import { backupNow, listBackups } from '../../../gateway/backups.ts';
import type { MadeBackup } from '../../../gateway/backups.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody } from '../schemas.ts';

const instant = Type.String({ format: 'date-time' });

export const BackupBody = Type.Object({
  name: Type.String(),
  at: instant,
  bytes: Type.Integer(),
  key: Type.Boolean({ description: "does the key of the database's secrets lie beside it?" }),
});
export type BackupBody = Static<typeof BackupBody>;

export const MadeBackupBody = Type.Object({
  ...BackupBody.properties,
  path: Type.String({ description: 'on the machine of the gateway' }),
  rows: Type.Integer({ description: 'counted in the original and in the copy' }),
  schema: Type.Integer(),
  seconds: Type.Number(),
});
export type MadeBackupBody = Static<typeof MadeBackupBody>;

export const UpkeepBody = Type.Object({
  at: Type.String({ description: "when it is done, on the site's clock" }),
  backupDirectory: Type.String(),
  backups: Type.Array(BackupBody, { description: 'newest first' }),
  backupProblem: Type.Union([Type.String(), Type.Null()], { description: 'why the last one failed, in this run' }),
  integrity: Type.Object({
    state: Type.Enum(['unasked', 'checking', 'good', 'damaged'], {
      description: 'of the database after a stop that was not in order; `unasked`: the last stop was',
    }),
    problems: Type.Array(Type.String()),
  }),
  forgotten: Type.Union(
    [
      Type.Object({
        at: instant,
        samples: Type.Integer(),
        meterLog: Type.Integer(),
        frames: Type.Integer(),
        decisions: Type.Integer(),
        quarantine: Type.Integer(),
        deadLetters: Type.Integer(),
      }),
      Type.Null(),
    ],
    { description: 'rows of each kind, the last time in this run' },
  ),
  lowSpace: Type.Boolean(),
});
export type UpkeepBody = Static<typeof UpkeepBody>;

/** Backups, and what else the site does for itself at night. */
export const upkeepRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/upkeep',
    summary: 'Backups, the soundness of the database, what was forgotten, room on the disk',
    responses: { 200: UpkeepBody, 503: ErrorBody },
    handle: async (gw) => ok(await upkeep(gw)),
  }),
  route({
    method: 'POST',
    url: '/api/backups',
    summary: 'Make a verified backup in the backup directory; those of nights before stay as they are',
    responses: { 201: MadeBackupBody, 500: ErrorBody },
    handle: async (gw) => ({ status: 201, body: made(await backupNow(gw, false)) }),
  }),
];

async function upkeep(gw: Gateway): Promise<UpkeepBody | null> {
  if (gw.upkeep === null) return null;
  const { settings, backupProblem, integrity, forgotten, lowSpace } = gw.upkeep;
  const backups = await listBackups(settings.backupDirectory);
  return {
    at: settings.at,
    backupDirectory: settings.backupDirectory,
    backups: backups.map((backup) => ({ ...backup, at: toUtc(backup.at) })),
    backupProblem,
    integrity,
    forgotten: forgotten && { ...forgotten, at: toUtc(forgotten.at) },
    lowSpace,
  };
}

function made({ name, at, bytes, key, path, rows, schema, seconds }: MadeBackup): MadeBackupBody {
  return { name, at: toUtc(at), bytes, key, path, rows, schema, seconds };
}
