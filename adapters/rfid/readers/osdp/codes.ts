/** What we tell a reader (OSDP 2.2, table 1). */
export const COMMAND = {
  poll: 0x60,
  identify: 0x61,
  capabilities: 0x62,
  led: 0x69,
  buzzer: 0x6a,
  keySet: 0x75,
  challenge: 0x76,
  serverCryptogram: 0x77,
} as const;

/** What a reader answers (OSDP 2.2, table 2). */
export const REPLY = {
  ack: 0x40,
  nak: 0x41,
  identity: 0x45,
  capabilities: 0x46,
  localStatus: 0x48,
  rawCard: 0x50,
  formattedCard: 0x51,
  keypad: 0x53,
  clientCryptogram: 0x76,
  initialMac: 0x78,
  busy: 0x79,
} as const;

/** Why a reader refuses (OSDP 2.2, 7.3). */
export const NAK = {
  check: 1,
  length: 2,
  unknownCommand: 3,
  sequence: 4,
  securityBlock: 5,
  securityNeeded: 6,
} as const;

const REASONS: Record<number, string> = {
  [NAK.check]: 'the check of the message was wrong',
  [NAK.length]: 'the length of the command was wrong',
  [NAK.unknownCommand]: 'it does not know the command',
  [NAK.sequence]: 'the sequence number was not the one it expected',
  [NAK.securityBlock]: 'it does not take that security block',
  [NAK.securityNeeded]: 'it wants the secure channel',
  7: 'it does not know that kind of biometry',
  8: 'it does not know that biometric format',
  9: 'it could not carry the command out',
};

/** The reason of a NAK in words. */
export const reasonOf = (code: number | undefined): string =>
  code === undefined ? 'it gave no reason' : (REASONS[code] ?? `reason ${code}, which is not in the standard`);

/** Security block types (OSDP 2.2, D.1). Even ones are replies. */
export const SECURITY = {
  challenge: 0x11,
  clientCryptogram: 0x12,
  serverCryptogram: 0x13,
  initialMac: 0x14,
  /** With a MAC and no data; one more for a reply. */
  signed: 0x15,
  /** With a MAC and enciphered data; one more for a reply. */
  enciphered: 0x17,
} as const;
