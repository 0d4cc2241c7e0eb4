import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hexOf } from '../../adapters/rfid/bytes.ts';
import { encodeFrame } from '../../adapters/rfid/readers/osdp/frames.ts';
import { simulatedReaders } from '../../adapters/simulator/readers/index.ts';
import { serveReader, type ServedReader } from '../../adapters/simulator/readers/serve.ts';
import { tapCard } from '../../gateway/taps.ts';
import { putSiteToken } from '../../gateway/tokens.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { createCable, hasSocat } from '../rfid/pty.ts';
import { IDTECK, VECTORS } from '../rfid/vectors.ts';
import { chargegate, chargegateReading, type Done } from './harness.ts';

interface Decoded {
  taps: { uid: string }[];
  cards: { uid: string; address: number | null; strength: string; forms: Record<string, string | null> }[];
}

const decode = (...args: string[]): Promise<Done> => chargegate(['readers', 'decode', ...args]);
const decoded = async (...args: string[]): Promise<Decoded> =>
  JSON.parse((await decode(...args, '--json')).out) as Decoded;

describe('readers decode', () => {
  it('tells the card of each protocol, and the forms in which others write it', async () => {
    for (const protocol of ['ascii', 'id-12la', 'twn4', 'pn532', 'modbus-rtu']) {
      const vector = VECTORS.find((each) => each.protocol === protocol)!;
      const { taps } = await decoded('--protocol', protocol, '--hex', hexOf(vector.bytes));
      expect([protocol, ...taps.map(({ uid }) => uid)]).toEqual([protocol, ...vector.uids]);
    }
    expect(await decoded('--protocol', 'ascii', '--hex', '46:42:30:45:45:32:30:42:0D:0A')).toEqual({
      taps: [{ uid: 'FB0EE20B' }],
      cards: [
        {
          uid: 'FB0EE20B',
          address: null,
          strength: 'weak',
          forms: {
            hex: 'FB0EE20B',
            colons: 'FB:0E:E2:0B',
            decimal: '4212056587',
            reversed: '0BE20EFB',
            decimalReversed: '0199364347',
          },
        },
      ],
    });
    expect((await decode('--protocol', 'ascii', '--hex', '3038413142324333 0A')).out).toMatch(
      /made it up for this tap/,
    );
  });

  it('reads OSDP replies with the address of their reader, in plain only', async () => {
    const card = {
      address: 3,
      reply: true,
      sequence: 1,
      code: 0x50,
      data: Uint8Array.of(0, 0, 56, 0, 4, 0x51, 0xaa, 0xc3, 0x79, 0, 0x80),
    };
    const plain = encodeFrame({ ...card, security: null }, 'crc16');
    expect((await decoded('--protocol', 'osdp', '--hex', hexOf(plain))).cards).toMatchObject([
      { uid: '0451AAC3790080', address: 3, strength: 'usual' },
    ]);
    const sealed = encodeFrame({ ...card, security: Uint8Array.of(0x16) }, 'crc16', () => new Uint8Array(16));
    expect(await decode('--protocol', 'osdp', '--hex', hexOf(sealed))).toMatchObject({ code: 1 });
  });

  it('takes bytes as they are shown anywhere, from stdin too, and settings as in the configuration', async () => {
    const settings = '{"start": "\\\\x02", "end": "\\\\x03", "checksum": "lrc", "checksum-place": "after-end"}';
    const idteck = VECTORS.find(({ ascii }) => ascii === IDTECK)!;
    const written = [...idteck.bytes].map((byte) => `0x${byte.toString(16)}`).join(', ');
    const args = ['readers', 'decode', '--protocol', 'ascii', '--settings', settings, '--json', '--hex'];
    for (const done of [await chargegate([...args, written]), await chargegateReading(`${written}\n`, [...args, '-'])])
      expect((JSON.parse(done.out) as Decoded).taps).toEqual([{ uid: idteck.uids[0] }]);
  });

  it('ends with 1 where there is no card, and with 2 and a hint where it cannot decode', async () => {
    expect(await decode('--protocol', 'ascii', '--hex', '0D0A')).toMatchObject({
      code: 1,
      out: 'no card in these bytes\n',
    });
    const hopeless: [string[], string][] = [
      [['--protocol', 'modbus-rut', '--hex', '00'], 'did you mean modbus-rtu?'],
      [['--protocol', 'ascii', '--hex', '0G'], 'these are no bytes'],
      [['--protocol', 'ascii', '--hex', '123'], 'these are no bytes'],
      [['--protocol', 'ascii', '--hex', '00', '--settings', '{"byte-ordr": "lsb"}'], 'did you mean ascii.byte-order?'],
      [['--protocol', 'ascii', '--hex', '00', '--settings', '{"content": "binary"}'], 'needs a length'],
      [['--protocol', 'pn532', '--hex', '00', '--settings', '{}'], 'nothing can be set of pn532 readers'],
      [['--hex', '00'], '--protocol'],
    ];
    for (const [args, hint] of hopeless)
      expect(await decode(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(hint) });
  });
});

describe.skipIf(!hasSocat)('the site’s own readers', () => {
  const cable = createCable();
  let site: TestSite;
  let device: ServedReader;

  beforeAll(async () => {
    await cable.plug();
    device = await serveReader(cable.device, simulatedReaders.ascii(), () => undefined);
    site = await startTestSite({
      yaml: `readers:
  - { id: gate, protocol: ascii, path: ${cable.host}, places: [BAY-1/2] }
  - { id: lobby, protocol: pn532, path: ${cable.host}-none }
`,
    });
    await putSiteToken(site.gateway, '0451AAC3790080', { contractId: 'SE-DEP-C1' });
    const states = (): string => [...site.gateway.readers.values()].map(({ state }) => state).join();
    await vi.waitUntil(() => states() === 'up,down', { timeout: 5000 });
  });
  afterAll(async () => {
    await site.cleanUp();
    await device.close();
    await cable.dispose();
  });

  const run = (...args: string[]): Promise<Done> => chargegate(['readers', ...args, '--url', site.urls.console]);
  const waiters = async (count: number): Promise<void> =>
    await vi.waitFor(() => expect(site.gateway.tapWaiters.size).toBe(count), { timeout: 10_000 });

  it('show the next card that is held to one: nothing begins, and the list has it masked', async () => {
    const tap = run('tap', 'gate');
    await waiters(1);
    device.present('0451AAC3790080');
    const { code, out, err } = await tap;
    expect([code, err]).toEqual([0, 'Hold a card to gate now: 60 s.\n']);
    expect(out).toMatch(/^card +0451AAC3790080$/m);
    expect(out).toMatch(/^last byte first +800079C3AA5104$/m);
    expect(out).toMatch(/^known to +the site$/m);
    expect(out).toMatch(/^contract +SE-DEP-C1$/m);
    expect(out).toMatch(/^verdict +accepted$/m);
    const list = await run();
    expect(list.out).toMatch(/^gate +ascii +up since .* 04…80, .* BAY-1\/2 +\//m);
    expect(list.out).toMatch(/^lobby: .*no such file/im);
    expect(list.out).not.toContain('0451AAC3790080');
    expect(JSON.parse((await run('--json')).out)).toMatchObject({
      items: [
        { id: 'gate', state: 'up', lastCard: { card: '04…80' }, places: ['BAY-1/2'] },
        { id: 'lobby', state: 'down' },
      ],
    });
  });

  it('say of an unknown card that nobody vouches for it, and of no card that none came', async () => {
    const tap = run('tap', '--json');
    await waiters(1);
    device.present('FB0EE20B');
    expect(JSON.parse((await tap).out)).toMatchObject({
      tap: { readerId: 'gate', uid: 'FB0EE20B', strength: 'weak', tokens: [], verdict: 'invalid', source: 'policy' },
    });
    expect(await run('tap', '--seconds', '1')).toMatchObject({ code: 1, out: 'no card came\n' });
    expect(await run('tap', 'nobody')).toMatchObject({ code: 1, err: expect.stringContaining('[READER_UNKNOWN]') });
  });

  it('take the next card for a driver’s once who waited for it has gone', async () => {
    const gone = new AbortController();
    const url = `${site.urls.console}api/readers/await-tap`;
    const asked = fetch(url, { method: 'POST', signal: gone.signal }).catch(() => 'gone');
    await waiters(1);
    gone.abort();
    expect(await asked).toBe('gone');
    await waiters(0);
    const card = { readerId: 'gate', address: null, uid: 'FB0EE20B' };
    expect(await tapCard(site.gateway, card)).toBe('refused');
  });

  it('let only so many wait at a time', async () => {
    const gone = new AbortController();
    const ask = (): Promise<Response> =>
      fetch(`${site.urls.console}api/readers/await-tap`, { method: 'POST', signal: gone.signal });
    const waiting = Array.from({ length: 16 }, () => ask().catch(() => null));
    await waiters(16);
    expect((await ask()).status).toBe(503);
    gone.abort();
    await Promise.all(waiting);
    await waiters(0);
  });
});
