/** Files of TLS, real ones, and gateways that use them. Each test file that imports this has a directory of its own. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY } from '../../gateway/authority.ts';
import { issueForCharger, makeRoot, makeServer, readRequest, type KeyPair } from '../../gateway/x509.ts';
import { chargerKeys } from '../harness/charger-keys.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const validity = (days: number) => ({ notBefore: Date.now() - 10 * DAY, notAfter: Date.now() + days * DAY });

export interface TlsBench {
  /** The authority that is trusted, and one of the same name that is not. */
  root: KeyPair;
  stranger: KeyPair;
  /** What is to be ended with the test, last first. */
  cleanups: (() => Promise<unknown>)[];
  path(name: string): string;
  /** Writes `name.pem` and `name.key`. */
  write(name: string, pair: KeyPair): KeyPair;
  start(yaml: string): Promise<TestSite>;
  cleanUp(): Promise<void>;
}

/** Makes both authorities and an empty directory. */
export async function createTlsBench(): Promise<TlsBench> {
  const directory = mkdtempSync(join(tmpdir(), 'chargegate-ocpi-tls-'));
  const cleanups: TlsBench['cleanups'] = [];
  const path = (name: string): string => join(directory, name);
  return {
    root: await makeRoot('Roaming CA', 'Roaming', validity(1000)),
    stranger: await makeRoot('Roaming CA', 'Somebody else', validity(1000)),
    cleanups,
    path,
    write(name, pair) {
      writeFileSync(path(`${name}.pem`), pair.certificate);
      writeFileSync(path(`${name}.key`), pair.privateKey);
      return pair;
    },
    async start(yaml) {
      const site = await startTestSite({ yaml });
      cleanups.push(() => site.cleanUp());
      return site;
    },
    async cleanUp() {
      for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A server's certificate and key of this authority, good for so many days. */
export function serverPair(authority: KeyPair, days = 300): Promise<KeyPair> {
  return makeServer(authority, ['127.0.0.1', 'localhost'], validity(days));
}

/** A client's certificate and key of this authority. */
export async function clientPair(commonName: string, authority: KeyPair): Promise<KeyPair> {
  const { csr, key } = await chargerKeys(commonName);
  const signing = await readRequest(csr);
  if ('problem' in signing) throw new Error(signing.problem);
  return { certificate: (await issueForCharger(authority, signing, validity(30))).certificate, privateKey: key };
}

export const serialOf = (pem: string): string => new X509Certificate(pem).serialNumber;

/** As Node's TLS takes it. */
export const shownBy = ({ certificate, privateKey }: KeyPair) => ({ cert: certificate, key: privateKey });

export const complaints = (site: TestSite): string[] =>
  site.logged.filter(({ level }) => level === 'error').map(({ message }) => message);
