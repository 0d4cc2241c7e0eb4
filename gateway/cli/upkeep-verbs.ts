import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { BackupBody, MadeBackupBody } from '../../adapters/console/routes/upkeep.ts';
import { GatewayError } from '../domain/errors.ts';
import { toUtc, wallClock } from '../domain/time.ts';
import { contextOf, type Context, type GlobalOptions } from './context.ts';
import { localTime, pairs, show, table } from './output.ts';
import { whileTelling } from './progress.ts';

/** A backup of a large database takes its time. */
const BACKUP_MS = 3_600_000;

/** Verbs that keep the data safe, and tell of the site without its secrets. */
export function addUpkeepVerbs(program: Command): void {
  const backup = program
    .command('backup')
    .description('make a verified backup, also while the gateway runs: as FILE, else in the backup directory')
    .argument('[file]')
    .action(async (file: string | undefined, _options, command: Command) => {
      const context = contextOf(command);
      if (file !== undefined && command.optsWithGlobals<GlobalOptions>().url !== undefined)
        throw new GatewayError(
          'REQUEST_INVALID',
          'a backup as a file is made on the machine of the gateway: leave --url or FILE out',
        );
      // Made by us, it might lie where a disk should have been mounted.
      if (file !== undefined && !existsSync(dirname(resolve(file))))
        throw new GatewayError('BACKUP_FAILED', `there is no folder ${dirname(resolve(file))}: make it, or mount it`);
      const work =
        file === undefined
          ? backupByDaemon(context, command.optsWithGlobals<GlobalOptions>().url)
          : backupHere(context, resolve(file));
      const made = await whileTelling('backing up', work);
      show(context.out, made, () => madeText(made));
    });
  backup
    .command('list')
    .description('the backups in the backup directory, newest first')
    .action(async (_options, command: Command) => {
      const { out, config } = contextOf(command);
      const { listBackups } = await import('../backups.ts');
      const found = await listBackups(config().upkeep.backupDirectory);
      const items: BackupBody[] = found.map((each) => ({ ...each, at: toUtc(each.at) }));
      show(out, { items }, () =>
        table(
          ['BACKUP', 'MADE', 'MB', 'KEY'],
          items.map(({ name, at, bytes, key }) => [name, localTime(at), megabytes(bytes), key ? 'yes' : 'no']),
          'no backups yet: "chargegate backup" makes one',
        ),
      );
    });

  program
    .command('restore <file>')
    .description('put a backup in the place of the database; the gateway must not run')
    .action(async (file: string, _options, command: Command) => {
      const { out, config } = contextOf(command);
      const { directory } = config().storage;
      const { restoreDatabase } = await import('../store/restore.ts');
      const report = restoreDatabase(directory, resolve(file), wallClock());
      show(out, report, () =>
        [
          pairs([
            ['restored', join(directory, 'chargegate.db')],
            ['replaced', report.replaced ?? 'nothing'],
            ['next transaction', String(report.wireId + 1)],
            ['key of secrets', KEYS[report.key]],
          ]),
          ...lostText(report.lost),
        ].join('\n'),
      );
    });

  program
    .command('support [file]')
    .description('gather what helps to find a fault as FILE.tar.gz: without secrets and card numbers')
    .action(async (file: string | undefined, _options, command: Command) => {
      const { out, config, client } = contextOf(command);
      const { makeSupportBundle, supportName } = await import('../support.ts');
      const now = wallClock();
      const path = resolve(file ?? supportName(now));
      const { directory } = config().storage;
      const made = makeSupportBundle({ directory, config: config(), path, now, live: await live(client) });
      const files = await whileTelling('gathering', made);
      show(out, { path, files }, () => `${path} (${files.length} files); look through it before you send it`);
    });
}

const KEYS = {
  kept: 'the one that was there',
  'from-backup': "the backup's, in place of the one that was there",
  'not-needed': 'nothing is sealed',
  'does-not-fit': 'NOT the one that sealed them: put the right secrets.key back, or register the peers anew',
};

function lostText(lost: { transactions: number; cdrs: number } | null): string[] {
  if (lost === null)
    return ['', 'what was stored since the backup is not known: the replaced database could not be read'];
  if (lost.transactions === 0 && lost.cdrs === 0) return [];
  return [
    '',
    `since the backup there were ${lost.transactions} transactions and ${lost.cdrs} bills, which are in the replaced database alone`,
  ];
}

/** The running daemon makes it; where none runs, this process does, unless another machine's was meant. */
async function backupByDaemon(context: Context, url: string | undefined): Promise<MadeBackupBody> {
  try {
    return await context.client().post<MadeBackupBody>('/api/backups', {}, BACKUP_MS);
  } catch (error) {
    if (url !== undefined || !(error instanceof GatewayError) || error.code !== 'DAEMON_UNREACHABLE') throw error;
    const { backupName } = await import('../backups.ts');
    return backupHere(context, join(context.config().upkeep.backupDirectory, backupName(wallClock())));
  }
}

async function backupHere({ config }: Context, file: string): Promise<MadeBackupBody> {
  const { storage, upkeep } = config();
  const { makeBackup } = await import('../backups.ts');
  const made = await makeBackup({ directory: storage.directory, ...upkeep }, file, wallClock());
  return { ...made, at: toUtc(made.at) };
}

/** What a running daemon says of itself; null where none answers. */
async function live(client: Context['client']): Promise<unknown> {
  try {
    return await client().get<unknown>('/api/status');
  } catch {
    // A bundle is wanted most where it does not run.
    return null;
  }
}

function madeText({ path, bytes, rows, seconds, key }: MadeBackupBody): string {
  const beside = key ? 'the key of its secrets lies beside it' : 'the key of its secrets is not with it';
  return `${path}: ${megabytes(bytes)} MB, ${rows} rows, verified, in ${seconds.toFixed(1)} s; ${beside}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
