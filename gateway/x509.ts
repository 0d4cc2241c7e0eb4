// The library needs the metadata before anything of it is loaded.
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PemConverter,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Extension, JsonAttributeObject, PublicKey } from '@peculiar/x509';
import { createHash, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import type { CertificateHash } from './domain/orders.ts';
import type { Millis } from './domain/time.ts';

/** A certificate and its key, PEM (PKCS 8). */
export interface KeyPair {
  certificate: string;
  privateKey: string;
}

/** From when to when something is good. */
export interface Validity {
  notBefore: Millis;
  notAfter: Millis;
}

/** A certificate as it was made. */
export interface Issued extends Validity {
  /** PEM. */
  certificate: string;
  /** Hexadecimal, lower case. */
  serial: string;
  /** SHA-256 of the DER, hexadecimal, lower case. */
  fingerprint: string;
}

/** What a signing request asks for; its signature is good and its key strong enough. */
export interface SigningRequest {
  commonName: string;
  organization: string | null;
  /** SHA-256 of the DER, hexadecimal, lower case. */
  hash: string;
  publicKey: PublicKey;
}

const EC = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' };

/** Makes an authority: an ECDSA P-256 root that signs certificates and nothing else. */
export async function makeRoot(commonName: string, organization: string, validity: Validity): Promise<KeyPair> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: nameOf(commonName, organization),
    keys,
    signingAlgorithm: SIGNING,
    ...dates(validity),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), privateKey: await exportKey(keys.privateKey) };
}

/** Makes a server's key pair and has the authority certify it for these host names and addresses. */
export async function makeServer(root: KeyPair, names: string[], validity: Validity): Promise<KeyPair> {
  const keys = await newKeys();
  const { certificate } = await issue(
    root,
    keys.publicKey,
    nameOf((names[0] ?? 'chargegate').slice(0, 64), null),
    validity,
    [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyAgreement, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: /^[0-9.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
    ],
  );
  return { certificate, privateKey: await exportKey(keys.privateKey) };
}

/** Certifies a charger's key: the common name and organization that it asked for, for nothing but being a TLS client. */
export function issueForCharger(root: KeyPair, request: SigningRequest, validity: Validity): Promise<Issued> {
  return issue(root, request.publicKey, nameOf(request.commonName, request.organization), validity, [
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyAgreement, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
  ]);
}

/**
 * Reads and judges a PKCS 10 request: PEM, also with its line ends lost or written as `\n`, or bare base64. Gives what is
 * wrong with it as text.
 */
export async function readRequest(text: string): Promise<SigningRequest | { problem: string }> {
  const base64 = text
    .replace(/\\[rn]/g, '')
    .replace(/-----[^-]*-----/g, '')
    .replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]{40,}={0,2}$/.test(base64)) return { problem: 'it is no PEM certificate signing request' };
  const der = Buffer.from(base64, 'base64');
  let request: Pkcs10CertificateRequest;
  try {
    request = new Pkcs10CertificateRequest(der);
  } catch (error) {
    return { problem: `it cannot be read as a PKCS 10 request: ${textOf(error)}` };
  }
  const weakness = weaknessOf(request.publicKey);
  if (weakness) return { problem: weakness };
  if (!(await verified(request))) return { problem: 'its signature is not by the key that it is for' };
  const [commonName] = request.subjectName.getField('CN');
  if (commonName === undefined || commonName === '') return { problem: 'its subject has no common name' };
  const [organization = null] = request.subjectName.getField('O');
  const hash = createHash('sha256').update(der).digest('hex');
  return { commonName, organization: organization?.slice(0, 64) ?? null, hash, publicKey: request.publicKey };
}

/** How OCPP names a certificate (RFC 6960, CertID) that `issuer` signed; a root is its own issuer. PEM both. */
export async function hashOf(certificate: string, issuer: string = certificate): Promise<CertificateHash> {
  const signer = new X509Certificate(issuer);
  const name = createHash('sha256').update(Buffer.from(signer.subjectName.toArrayBuffer()));
  return {
    algorithm: 'SHA256',
    issuerNameHash: name.digest('hex'),
    issuerKeyHash: Buffer.from(await signer.publicKey.getKeyIdentifier('SHA-256')).toString('hex'),
    serialNumber: new X509Certificate(certificate).serialNumber.toLowerCase().replace(/^0+(?=.)/, ''),
  };
}

async function issue(
  root: KeyPair,
  publicKey: PublicKey | webcrypto.CryptoKey,
  subject: Name,
  validity: Validity,
  extensions: Extension[],
): Promise<Issued> {
  const signer = new X509Certificate(root.certificate);
  const serial = newSerial();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial,
    subject,
    issuer: signer.subjectName,
    publicKey,
    signingKey: await importKey(root.privateKey),
    signingAlgorithm: SIGNING,
    ...dates(validity),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      ...extensions,
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(signer),
    ],
  });
  const fingerprint = createHash('sha256').update(Buffer.from(certificate.rawData)).digest('hex');
  return { certificate: certificate.toString('pem'), serial, fingerprint, ...validity };
}

/** RSA below 2048 bits and curves below P-256 are refused (OCPP security whitepaper, A00.FR.504 and 505). */
function weaknessOf(publicKey: PublicKey): string | null {
  const key = readKey(publicKey);
  const { modulusLength = 0, namedCurve } = key?.asymmetricKeyDetails ?? {};
  if (key?.asymmetricKeyType === 'rsa' && modulusLength >= 2048 && modulusLength <= 8192) return null;
  if (key?.asymmetricKeyType === 'rsa') return `its RSA key has ${modulusLength} bits: 2048 to 8192 are taken`;
  if (key?.asymmetricKeyType === 'ec' && ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve ?? ''))
    return null;
  return `its key (${namedCurve ?? key?.asymmetricKeyType ?? 'unreadable'}) is none that is taken: RSA of 2048 bits or more, or P-256, P-384, P-521`;
}

function readKey(publicKey: PublicKey) {
  try {
    return createPublicKey({ key: Buffer.from(publicKey.rawData), format: 'der', type: 'spki' });
  } catch {
    // A key of a kind that nobody here knows is refused by that.
    return null;
  }
}

async function verified(request: Pkcs10CertificateRequest): Promise<boolean> {
  try {
    return await request.verify();
  } catch {
    // An algorithm that cannot be verified proves as little as a wrong signature.
    return false;
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), EC, false, ['sign']);
}

/** 16 random bytes, positive and without leading zeros, so that it is written the same everywhere. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString('hex');
}

/** With typed values, so that nothing in a text is taken for markup. */
function nameOf(commonName: string, organization: string | null): Name {
  const text = (value: string): JsonAttributeObject[] => [{ utf8String: value }];
  return new Name([{ CN: text(commonName) }, ...(organization === null ? [] : [{ O: text(organization) }])]);
}

function dates({ notBefore, notAfter }: Validity): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 100);
}
