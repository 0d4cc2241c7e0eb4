/** How chargers write the protocols that we speak (Q2). */
const ALIASES: Record<string, string> = {
  'ocpp1.6': 'ocpp1.6',
  'ocpp1.6j': 'ocpp1.6',
  ocpp16: 'ocpp1.6',
  'ocpp1.6-j': 'ocpp1.6',
};

export interface ProtocolChoice {
  protocol: string;
  /** What goes back in the header: the client's own spelling, or nothing when it named none. */
  echo: string | null;
}

/**
 * Chooses among what the charger offers, in the order of its preference, however oddly spelt. A charger that offers
 * nothing speaks the site's default (Q1). Null: it offers only what we do not speak.
 */
export function chooseProtocol(
  header: string | undefined,
  supported: ReadonlySet<string>,
  fallback: string,
): ProtocolChoice | null {
  const offered = (header ?? '')
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
  if (offered.length === 0) return { protocol: fallback, echo: null };
  for (const token of offered) {
    const protocol = ALIASES[token.toLowerCase()] ?? token.toLowerCase();
    if (supported.has(protocol)) return { protocol, echo: token };
  }
  return null;
}
