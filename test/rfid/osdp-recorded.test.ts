/** A session recorded with another maker's reader: libosdp 1.1 as the reader at address 65, our random number B0 to B7. */
import { describe, expect, it } from 'vitest';
import { createOsdpLine, osdp } from '../../adapters/rfid/readers/osdp.ts';
import type { Outcome } from '../../adapters/rfid/reader.ts';
import { KEY } from './osdp-rig.ts';

/**
 * Our message and its answer: who it is; what it can do; both halves of the handshake; what it can do, enciphered; polls;
 * a light and tones, enciphered. The second answer alone is not the reader's: a refusal (NAK 6) was put in its place, so
 * that it was asked again in the channel.
 */
const RECORDED: readonly (readonly [message: string, answer: string])[] = [
  ['FF53650900046100D97A', '53E514000445000000990100000000000000EE35'],
  ['FF53650900056200BA18', '53E50900054106E9FF'],
  [
    'FF536513000C03110176B0B1B2B3B4B5B6B7DDBF',
    '53E52B000C031201760000990000000000D764C8CCE93255C4884319C6DEAB78860560922E022259B70BC2',
  ],
  [
    'FF53651B000D031301778004EE7307F4E1CAFCD771AC115DEED00232',
    '53E51B000D03140178AE83E78C4E33D6B39D595B9AE498CC2D5989',
  ],
  [
    'FF53651E000E021762F142F5ADBB0A3482659659744A794E34A28E622C0339',
    '53E51E000E021846987E54E4A0534E9789CC1B97A37F4B628D3DD94431C6',
  ],
  ['FF53650E000F0215609C8A8FB9AAA9', '53E50E000F021640D5B157BE82A2'],
  ['FF53650E000D0215604F1B0F164705', '53E50E000D021640F4BB5CE3BDFC'],
  ['FF53650E000E021560DDDEEDB27CA8', '53E50E000E0216402778170BA0D5'],
  ['FF53651E000F021769DB433A6DE7B634AEF1CA576DF356B01C1840EC78F983', '53E50E000F0216408CDC25805244'],
  ['FF53651E000D02176A8A6EB6C59DF8C084BD3D0999BA7034849F62BA0B6021', '53E50E000D021640FCA97A60D659'],
  ['FF53650E000E02156092B7B779A79E', '53E50E000E0216408E2F22F0EBB3'],
];
/** Before the light and the tones. */
const LAST_POLL = 7;
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex').toUpperCase();
const random = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, index) => 0xb0 + index);

describe('a recorded secure session', () => {
  it('is gone through byte by byte', () => {
    const line = createOsdpLine({ ...osdp.defaults, readers: [{ address: 0x65, key: KEY }] }, random);
    const written: string[] = [];
    const told: Required<Pick<Outcome, 'alive' | 'faults'>> = { alive: [], faults: [] };
    const take = ({ write = [], alive = [], faults = [] }: Outcome): void => {
      written.push(...write.map(hex));
      told.alive.push(...alive);
      told.faults.push(...faults);
    };
    take(line.open(0));
    let now = 0;
    for (const [index, [, answer]] of RECORDED.entries()) {
      while (written.length <= index && now < 2000) take(line.tick((now += 50)));
      take(line.receive(Buffer.from(answer, 'hex'), now));
      if (index === LAST_POLL) take(line.show('refused', 0x65, now));
    }
    expect(written.slice(0, RECORDED.length)).toEqual(RECORDED.map(([message]) => message));
    expect(told).toEqual({ alive: [0x65], faults: [] });
  });
});
