import { createSecureContext } from 'node:tls';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import {
  assertInTime,
  readAuthorities,
  readPemPair,
  unusableTls,
  watchFiles,
  type FileWatch,
} from '../../gateway/pem-files.ts';

/** The files of our TLS with one peer. */
export interface PeerTls {
  /** Whose server certificates are trusted, instead of the public authorities. */
  authoritiesPath: string | null;
  /** What we show it, and its key. */
  certificatePath: string | null;
  keyPath: string | null;
}

/** Whom we trust and what we show in TLS, PEM. Another object stands for other files. */
export interface Trust {
  ca?: string[];
  cert?: string;
  key?: string;
}

/** Our TLS with the peers that have files of their own. */
export interface PeerTrust {
  /** Null: as anybody's. Throws TLS_UNUSABLE while its files cannot be used: it is not called without them. */
  of(peer: string): Trust | null;
  /** Looks now whether files changed, which it does by itself every half minute. Never rejects. */
  reload(): Promise<void>;
  close(): void;
}

/**
 * Reads each peer's files and watches them. New ones that cannot be used are logged, and the old ones go on; one peer's
 * bad files are no other peer's trouble.
 */
export async function watchPeerTrust(gw: Gateway, peers: { name: string; tls: PeerTls }[]): Promise<PeerTrust> {
  const trusts = new Map<string, Trust | GatewayError>();
  const watches: FileWatch[] = [];

  for (const { name, tls } of peers) {
    const take = async (): Promise<void> => {
      trusts.set(name, await load(gw, tls));
      gw.log.info({ peer: name }, 'new TLS files are used with this peer from now on');
    };
    const paths = [tls.authoritiesPath, tls.certificatePath, tls.keyPath];
    watches.push(await watchFiles(gw, `peer ${name}`, paths, take));
    trusts.set(name, await firstOf(gw, name, tls));
  }

  return {
    of(peer) {
      const trust = trusts.get(peer) ?? null;
      if (trust instanceof GatewayError) throw trust;
      return trust;
    },
    reload: async () => void (await Promise.all(watches.map((watch) => watch.look()))),
    close: () => watches.forEach((watch) => watch.close()),
  };
}

async function firstOf(gw: Gateway, peer: string, tls: PeerTls): Promise<Trust | GatewayError> {
  try {
    return await load(gw, tls);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    gw.log.error(
      { peer, problem: error.message },
      `peer ${peer} is not called until its TLS files are mended: ${error.message}`,
    );
    return error;
  }
}

async function load(gw: Gateway, { authoritiesPath, certificatePath, keyPath }: PeerTls): Promise<Trust> {
  const ca = authoritiesPath === null ? null : await readAuthorities(authoritiesPath);
  if (certificatePath === null) return { ...(ca && { ca }) };
  if (keyPath === null) throw unusableTls(certificatePath, 'has no key-path beside it');
  const { certificate, key, notAfter } = await readPemPair(certificatePath, keyPath, createSecureContext);
  assertInTime(gw, certificatePath, notAfter, 'the peer', true);
  return { ...(ca && { ca }), cert: certificate, key };
}
