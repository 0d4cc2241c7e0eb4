import 'reflect-metadata';
import { createHash, webcrypto, X509Certificate } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

/** Names a root certificate (OCSP's CertID, SHA-256). */
export interface RootHash {
  issuerNameHash: string;
  issuerKeyHash: string;
  serialNumber: string;
}

/** What a charger keeps of certificates: its own, and the roots it was given. */
export interface KeyStore {
  /** A request for a certificate, over a key that is made for it. PEM. */
  request(commonName: string, organisation: string): Promise<string>;
  /** Takes the chain where its first certificate is for the key last made. */
  take(chain: string): Promise<boolean>;
  /** The certificate and key in use, PEM; null before there are any. */
  own(): { certificate: string; key: string } | null;
  install(use: string, pem: string): boolean;
  remove(hash: RootHash): boolean;
  /** Null: of every use. */
  roots(use: string | null): { use: string; hash: RootHash }[];
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Makes a charger's key store, empty. */
export function createKeyStore(): KeyStore {
  let keys: webcrypto.CryptoKeyPair | null = null;
  let own: { certificate: string; key: string } | null = null;
  let installed: { use: string; hash: RootHash }[] = [];

  return {
    async request(commonName, organisation) {
      keys = await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
      const name = `CN=${escapeName(commonName)}, O=${escapeName(organisation)}`;
      const made = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: CURVE });
      return made.toString('pem');
    },
    async take(chain) {
      const certificate = parse(chain);
      if (!certificate || !keys) return false;
      const spki = Buffer.from(await webcrypto.subtle.exportKey('spki', keys.publicKey));
      if (!certificate.publicKey.export({ type: 'spki', format: 'der' }).equals(spki)) return false;
      const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
      own = { certificate: chain, key: pem('PRIVATE KEY', pkcs8) };
      return true;
    },
    own: () => own,
    install(use, text) {
      const certificate = parse(text);
      if (!certificate) return false;
      installed = [...installed, { use, hash: hashOf(certificate) }];
      return true;
    },
    remove(hash) {
      const before = installed.length;
      installed = installed.filter(({ hash: known }) => JSON.stringify(known) !== JSON.stringify(hash));
      return installed.length < before;
    },
    roots: (use) => installed.filter((root) => use === null || root.use === use),
  };
}

function escapeName(text: string): string {
  return text.replace(/[,+"\\<>;=]/g, '\\$&');
}

function parse(text: string): X509Certificate | null {
  try {
    return new X509Certificate(text);
  } catch {
    // no certificate: the caller says so
    return null;
  }
}

function hashOf(certificate: X509Certificate): RootHash {
  const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
  return {
    issuerNameHash: sha256(certificate.issuer),
    issuerKeyHash: sha256(certificate.publicKey.export({ type: 'spki', format: 'der' })),
    serialNumber: certificate.serialNumber.toLowerCase(),
  };
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
