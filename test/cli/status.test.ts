import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusBody } from '../../adapters/console/schemas.ts';
import { paintFor } from '../../gateway/cli/colour.ts';
import { statusText } from '../../gateway/cli/status-verb.ts';
import { startTestSite } from '../harness/gateway.ts';
import type { TestSite } from '../harness/gateway.ts';
import { dialScripted } from '../harness/scripted-charger.ts';
import type { ScriptedCharger } from '../harness/scripted-charger.ts';
import { chargegate } from './harness.ts';

let site: TestSite;
let charger: ScriptedCharger;

beforeAll(async () => {
  site = await startTestSite({ yaml: 'readers: [{ id: gate, protocol: twn4, path: /dev/no-such-reader }]\n' });
  charger = await dialScripted(site.urls.ocpp, 'BAY-1');
  await charger.boot();
  await charger.start(1);
});
afterAll(async () => {
  await charger.raw.close();
  await site.cleanUp();
});

describe('chargegate status', () => {
  it('tells on one screen what an operator asks first', async () => {
    const { code, out } = await chargegate(['status', '--url', site.urls.console]);
    expect(code).toBe(0);
    for (const line of [
      /^ready +yes$/m,
      /^chargers +1 of 2 connected$/m,
      /^sessions +1 under way, 0\.0 kW; 1 of 3 EVSEs in use$/m,
      /^today +0 bays kept now, 0 bookings$/m,
      /^uplink +cloud: idle/m,
      /^readers +gate down$/m,
      /^disk +[\d.]+ [MG]B free of /m,
      /^WARNING: The card reader gate does not work: /m,
    ])
      expect(out).toMatch(line);
    expect(out.trimEnd().split('\n').length).toBeLessThan(24);
    // Not a terminal: no escape may be among it.
    expect(out).not.toMatch(/\p{Cc}(?<!\n)/u);
  });

  it('stays on one screen however much there is to tell', async () => {
    const { body } = await chargegate(['status', '--json', '--url', site.urls.console]).then(({ out }) => ({
      body: JSON.parse(out) as StatusBody,
    }));
    const [peer] = body.uplink;
    const uplink = Array.from({ length: 40 }, (_, n) => ({ ...peer!, peer: `peer-${n}` }));
    const warnings = Array.from({ length: 60 }, (_, n) => `warning ${n}`);
    const text = statusText({ ...body, uplink, warnings }, (_colour, each) => each);
    expect(text.split('\n').length).toBeLessThan(28);
    expect(text).toContain('and 35 more');
    expect(text).toContain('and 55 more');
  });

  it("tells of the building's broker where there is one, and of the newest backup", async () => {
    const { out } = await chargegate(['status', '--json', '--url', site.urls.console]);
    const body = JSON.parse(out) as StatusBody;
    const text = (more: Partial<StatusBody>): string => statusText({ ...body, ...more }, (_colour, each) => each);
    expect(text({})).not.toMatch(/^mqtt/m);
    expect(text({})).toMatch(/^backup +none yet$/m);
    const broker = { url: 'mqtt://broker.example', connected: true, waiting: 0, skipped: 0 };
    expect(text({ broker })).toMatch(/^mqtt +mqtt:\/\/broker\.example: up, nothing waits$/m);
    expect(text({ broker: { ...broker, connected: false, waiting: 12, skipped: 1 } })).toMatch(
      /^mqtt +mqtt:\/\/broker\.example: down, 12 events wait, 1 left out$/m,
    );
    expect(text({ lastBackup: '2026-11-21T02:30:00Z' })).toMatch(/^backup +the newest is of 2026-11-21 \d\d:\d\d:00$/m);
  });

  it.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: true }, { NO_COLOR: '1' }, false],
    [{ isTTY: true }, { TERM: 'dumb' }, false],
    [{ isTTY: false }, {}, false],
    [{}, { FORCE_COLOR: '1' }, false],
  ])('colours on %j with %j: %s', (stream, env, coloured) => {
    expect(paintFor(stream, env)('red', 'no').includes('\u001B[')).toBe(coloured);
  });
});
