/** How chargers write the protocols that we speak (Q2). */
const ALIASES: Record<string, string> = {
  'ocpp1.6': 'ocpp1.6',
  'ocpp1.6j': 'ocpp1.6',
  ocpp16: 'ocpp1.6',
  'ocpp1.6-j': 'ocpp1.6',
  'ocpp-1.6': 'ocpp1.6',
  'ocpp 1.6': 'ocpp1.6',
  'ocpp2.0.1': 'ocpp2.0.1',
  'ocpp2.0.1j': 'ocpp2.0.1',
  ocpp201: 'ocpp2.0.1',
  'ocpp-2.0.1': 'ocpp2.0.1',
  'ocpp 2.0.1': 'ocpp2.0.1',
  'ocpp2.1': 'ocpp2.1',
  'ocpp2.1j': 'ocpp2.1',
  ocpp21: 'ocpp2.1',
  'ocpp-2.1': 'ocpp2.1',
  'ocpp 2.1': 'ocpp2.1',
};

export interface ProtocolChoice {
  protocol: string;
  /** What goes back in the header: the client's own spelling, or nothing when it named none. */
  echo: string | null;
}

/** What is known of a charger's protocol before it says anything. */
export interface ProtocolWishes {
  /** The only one it is to be spoken with, whatever it offers (Q3). */
  pinned: string | null;
  /** What it spoke last. */
  remembered: string | null;
}

/**
 * Chooses among what the charger offers: what is pinned, else what it spoke last, else in the order of its preference,
 * however oddly spelt. A charger that offers nothing speaks what it spoke last, or the site's default (Q1). Null: it
 * offers only what we do not speak.
 */
export function chooseProtocol(
  header: string | undefined,
  supported: ReadonlySet<string>,
  fallback: string,
  { pinned, remembered }: ProtocolWishes = { pinned: null, remembered: null },
): ProtocolChoice | null {
  const offered = (header ?? '')
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '')
    .map((token) => ({ echo: token, protocol: ALIASES[token.toLowerCase()] ?? token.toLowerCase() }));
  const offers = (protocol: string | null) => offered.find((offer) => offer.protocol === protocol);
  // Echoed is only what was offered: a client that gets anything else gives up.
  if (pinned !== null && supported.has(pinned))
    return { protocol: pinned, echo: (offers(pinned) ?? offered[0])?.echo ?? null };
  const usual = remembered !== null && supported.has(remembered) ? remembered : null;
  if (offered.length === 0) return { protocol: usual ?? fallback, echo: null };
  return offers(usual) ?? offered.find(({ protocol }) => supported.has(protocol)) ?? null;
}
