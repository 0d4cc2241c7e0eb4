/** Of a protocol in which there is nothing to be set. */
export type NoSettings = Record<string, never>;
