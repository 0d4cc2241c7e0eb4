import { Option } from 'commander';
import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import type {
  AuthorityBody,
  CertificateBody,
  RootsBody,
  SecurityEventBody,
} from '../../adapters/console/routes/certificates.ts';
import { GatewayError } from '../domain/errors.ts';
import { chargerPath } from './charger-path.ts';
import { contextOf } from './context.ts';
import { count } from './options.ts';
import { answerText, declined, localTime, show, table } from './output.ts';

const USES = ['central-system', 'manufacturer'];

interface InstallOptions {
  use: string;
  own?: boolean;
}

/** Verbs on TLS certificates of chargers, the authority behind them, and the security log. */
export function addCertificateVerbs(program: Command): void {
  const certificates = program
    .command('certificates')
    .description("certificates of chargers, the site's own authority, and roots that chargers trust");
  addIssuedVerbs(certificates);
  addRootVerbs(certificates);
  program
    .command('security-events')
    .description('what chargers reported about their security and what the gateway found, newest first')
    .option('--charger <id>', 'of this charger only')
    .option('--limit <n>', 'at most so many', count, 20)
    .action(async (options: { charger?: string; limit: number }, command: Command) => {
      const { out, client } = contextOf(command);
      const items = await client().list<SecurityEventBody>(
        ofCharger('/api/security-events', options.charger),
        options.limit,
      );
      show(out, { items }, () => eventsText(items));
    });
}

function addIssuedVerbs(certificates: Command): void {
  certificates
    .command('list [charger]', { isDefault: true })
    .description('certificates that were issued to chargers, newest first')
    .option('--limit <n>', 'at most so many', count, 50)
    .action(async (charger: string | undefined, options: { limit: number }, command: Command) => {
      const { out, client } = contextOf(command);
      const items = await client().list<CertificateBody>(ofCharger('/api/certificates', charger), options.limit);
      show(out, { items }, () => certificatesText(items));
    });
  certificates
    .command('authority')
    .description("the site's own authority: its root certificate, PEM, for chargers to trust")
    .action(async (_options, command: Command) => {
      const { out, client } = contextOf(command);
      const authority = await client().get<AuthorityBody>('/api/authority');
      show(out, authority, () => authority.certificate.trimEnd());
    });
  certificates
    .command('renew <charger>')
    .description('have a charger request a new certificate; "certificates list" shows what becomes of it')
    .action(async (id: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const answer = await client().post<unknown>(chargerPath(id, 'certificate-renewal'), {});
      show(out, answer, () => answerText(id, 'the certificate request', answer));
      declined(id, 'the certificate request', answer);
    });
  certificates
    .command('revoke <serial>')
    .description('make a certificate worthless: its connection is closed, and it opens none any more')
    .action(async (serial: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const path = `/api/certificates/${encodeURIComponent(serial)}/revocation`;
      const revoked = await client().post<CertificateBody>(path, {});
      show(out, revoked, () => `${revoked.serial} of ${revoked.chargerId} is revoked`);
    });
}

function addRootVerbs(certificates: Command): void {
  const use = (): Option =>
    new Option('--use <which>', "whose certificates it vouches for: the gateway's, or its maker's firmware signer's")
      .choices(USES)
      .default('central-system');
  certificates
    .command('install <charger> [file]')
    .description('have a charger trust a root certificate (PEM)')
    .addOption(use())
    .option('--own', "the site's own authority, instead of a file")
    .action(async (id: string, file: string | undefined, options: InstallOptions, command: Command) => {
      const { out, client } = contextOf(command);
      if ((file === undefined) !== (options.own === true))
        throw new GatewayError('REQUEST_INVALID', 'name a file with the root certificate, or say --own');
      const answer = await client().post<unknown>(chargerPath(id, 'root-certificates'), {
        use: options.use,
        ...(file !== undefined && { certificate: readPem(file) }),
      });
      show(out, answer, () => answerText(id, 'the root certificate', answer));
      declined(id, 'the root certificate', answer);
    });
  certificates
    .command('installed <charger>')
    .description('which root certificates a charger trusts, as it says')
    .addOption(use())
    .action(async (id: string, options: { use: string }, command: Command) => {
      const { out, client } = contextOf(command);
      const roots = await client().get<RootsBody>(chargerPath(id, `root-certificates?use=${options.use}`));
      show(out, roots, () => rootsText(roots));
    });
  certificates
    .command('delete <charger> <serial>')
    .description('have a charger forget a root certificate; "certificates installed" shows their serial numbers')
    .action(async (id: string, serial: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const asked = client();
      const wanted = plain(serial);
      for (const which of USES) {
        const { certificates: known } = await asked.get<RootsBody>(chargerPath(id, `root-certificates?use=${which}`));
        const hash = known.find(({ serialNumber }) => plain(serialNumber) === wanted);
        if (!hash) continue;
        const answer = await asked.post<unknown>(chargerPath(id, 'root-certificates/removal'), hash);
        show(out, answer, () => answerText(id, 'forgetting the root certificate', answer));
        return declined(id, 'forgetting the root certificate', answer);
      }
      throw new GatewayError('NOT_FOUND', `${id} names no root certificate with the serial number ${serial}`);
    });
}

/** A serial number however it is written. */
function plain(serial: string): string {
  return serial.replaceAll(':', '').replace(/^0+/, '').toLowerCase();
}

function readPem(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new GatewayError('REQUEST_INVALID', `${file} cannot be read (${why}): name a PEM file`, { cause: error });
  }
}

function ofCharger(path: string, charger: string | undefined): string {
  return charger === undefined ? path : `${path}?charger=${encodeURIComponent(charger)}`;
}

function certificatesText(certificates: CertificateBody[]): string {
  return table(
    ['SERIAL', 'CHARGER', 'STATE', 'SUBJECT', 'UNTIL', 'NOTE'],
    certificates.map((certificate) => [
      certificate.serial,
      certificate.chargerId,
      certificate.state,
      certificate.subject,
      localTime(certificate.notAfter),
      certificate.note ?? '–',
    ]),
    'no certificates yet: "chargegate certificates renew CHARGER" has a charger request one',
  );
}

function rootsText({ certificates }: RootsBody): string {
  return table(
    ['SERIAL', 'HASH', 'ISSUER NAME', 'ISSUER KEY'],
    certificates.map((hash) => [hash.serialNumber, hash.algorithm, hash.issuerNameHash, hash.issuerKeyHash]),
    'it names no root certificates',
  );
}

function eventsText(events: SecurityEventBody[]): string {
  return table(
    ['LAST', 'TIMES', 'CHARGER', 'FROM', 'TYPE', 'DETAIL'],
    events.map((event) => [
      localTime(event.lastAt),
      String(event.count),
      event.chargerId ?? '–',
      event.origin,
      event.type,
      event.detail,
    ]),
    'nothing was reported or found',
  );
}
