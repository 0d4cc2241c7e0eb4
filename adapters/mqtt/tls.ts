import { createSecureContext } from 'node:tls';
import { readAuthorities, readPemPair } from '../../gateway/pem-files.ts';

/** What a connection with TLS needs beyond the machine's own authorities; as `node:tls` names it. */
export interface BrokerFiles {
  ca?: string[];
  cert?: string;
  key?: string;
}

export interface BrokerTls {
  authoritiesPath: string | null;
  certificatePath: string | null;
  keyPath: string | null;
}

/** Reads the files of a broker's TLS; null: none. Errors: TLS_UNUSABLE. */
export async function readBrokerFiles(tls: BrokerTls | null): Promise<BrokerFiles> {
  if (!tls) return {};
  const { authoritiesPath, certificatePath, keyPath } = tls;
  const own =
    certificatePath !== null && keyPath !== null
      ? await readPemPair(certificatePath, keyPath, (pair) => createSecureContext(pair))
      : null;
  return {
    ...(authoritiesPath !== null && { ca: await readAuthorities(authoritiesPath) }),
    ...(own && { cert: own.certificate, key: own.key }),
  };
}
