const UNTRUSTED =
  "its certificate is of no authority that we trust: name that authority in the peer's tls.authorities-path";

const WANTS_CERTIFICATE =
  "it wants another TLS certificate than it is shown: see the peer's tls.certificate-path and key-path";

/** What we find wrong with the other side's certificate, by the code of the error. */
const THEIRS: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  CERT_HAS_EXPIRED: 'its certificate has expired: its operator has to renew it',
  CERT_NOT_YET_VALID: "its certificate is not valid yet: is this machine's clock right?",
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name than the URL has',
};

/** Alerts by which a server refuses a client's certificate, or the lack of one (RFC 8446, 6.2). */
const ABOUT_OURS = /alert (handshake failure|unknown ca|access denied|[a-z ]*certificate[a-z ]*)/i;

/** Some servers refuse it by just closing. */
const CLOSED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET']);

/** What went wrong with TLS towards this URL, in words that say what to do; null where it is nothing of TLS. */
export function tlsProblem(url: string, error: unknown): string | null {
  if (!(error instanceof Error) || !url.startsWith('https:')) return null;
  const code = 'code' in error ? String(error.code) : '';
  const theirs = THEIRS[code];
  if (theirs !== undefined) return `${theirs} (${code})`;
  const alert = ABOUT_OURS.exec(error.message)?.[1];
  if (alert !== undefined) return `${WANTS_CERTIFICATE} (${alert})`;
  return CLOSED.has(code) ? `${error.message}; perhaps ${WANTS_CERTIFICATE}` : null;
}
