import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { authorityCertificate, serverKeys } from '../../gateway/authority.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { ownNames } from '../../gateway/lan-address.ts';
import {
  assertInTime,
  fingerprintOf,
  readAuthorities,
  readPemPair,
  unusableTls,
  type PemPair,
} from '../../gateway/pem-files.ts';

export interface TlsOptions {
  port: number;
  /** Where the certificate comes from; NONE: there is no TLS. */
  certificate: 'NONE' | 'OWN' | 'FILES';
  certificatePath: string | null;
  keyPath: string | null;
  /** Further names of the gateway, for a certificate of the site's own. */
  names: string[];
  /** Authorities of charger certificates beside the site's own. */
  chargerAuthoritiesPath: string | null;
}

/** What the charger port shows and trusts, PEM. */
export interface Credentials {
  /** The certificate and its chain. */
  certificate: string;
  key: string;
  /** Whose charger certificates are taken. */
  authorities: string[];
  notAfter: Millis;
}

/**
 * Reads or makes what the charger port shows, and checks it: readable, of one pair, in time unless `lapsed` may be.
 * Errors: TLS_UNUSABLE, naming the file and what to do.
 */
export async function loadCredentials(gw: Gateway, options: TlsOptions, lapsed: boolean): Promise<Credentials> {
  const own = await authorityCertificate(gw);
  const others = options.chargerAuthoritiesPath === null ? [] : await readAuthorities(options.chargerAuthoritiesPath);
  const fromFiles = options.certificate === 'FILES';
  const pair = fromFiles
    ? await readPemPair(required(options.certificatePath), required(options.keyPath), createSecureContext)
    : await ownPair(gw, options);
  assertInTime(gw, (fromFiles && options.certificatePath) || 'ocpp.tls', pair.notAfter, 'chargers', lapsed);
  return { ...pair, authorities: [own, ...others] };
}

/** Something that changes when the files do; '' without files. A file that cannot be seen counts as changed once. */
export function fingerprintOfFiles(options: TlsOptions): Promise<string> {
  return fingerprintOf([options.certificatePath, options.keyPath, options.chargerAuthoritiesPath]);
}

async function ownPair(gw: Gateway, options: TlsOptions): Promise<PemPair> {
  const { certificate, privateKey } = await serverKeys(gw, [...new Set([...options.names, ...ownNames()])]);
  return { certificate, key: privateKey, notAfter: Date.parse(new X509Certificate(certificate).validTo) };
}

/** The configuration's check sees to it that there is one. */
function required(path: string | null): string {
  if (path === null) throw unusableTls('ocpp.tls', 'names no certificate-path and key-path, which FILES needs');
  return path;
}
