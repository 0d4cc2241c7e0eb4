/**
 * How a peer has to be handled beyond what its OCPI version says: `raw-token`, it knows tokens only as they are, not in
 * base64; `no-routing-headers`, it refuses or misreads them; `no-patch`, it is told whole objects, never a part.
 */
export const PEER_QUIRKS = ['raw-token', 'no-routing-headers', 'no-patch'] as const;
export type PeerQuirk = (typeof PEER_QUIRKS)[number];
