import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chargegate, daemon, place, watch } from './harness.ts';
import type { Daemon, Place } from './harness.ts';

interface Card {
  uid: string;
  expiresAt: string | null;
}

/** A daemon of its own, and the cards on its list. */
async function aSite(change?: (yaml: string) => string) {
  const site: Place = place(change);
  const running: Daemon = await daemon(site);
  const simulate = ['simulate', '--count', '1', '--url', running.urls.console];
  return {
    env: site.env,
    simulate,
    charging: running.urls.ocpp.replace('<charger id>', ''),
    async cards(): Promise<Card[]> {
      const { out } = await chargegate(['tokens', '--json', '--url', running.urls.console], site.env);
      return (JSON.parse(out) as { items: Card[] }).items;
    },
    async stop() {
      running.child.kill('SIGTERM');
      await running.done;
      site.remove();
    },
  };
}

describe('simulate beside a gateway that takes unknown chargers in', () => {
  let site: Awaited<ReturnType<typeof aSite>>;
  beforeAll(async () => {
    site = await aSite();
  }, 20_000);
  afterAll(() => site.stop());

  it('has its cards accepted: lent for the run, about to expire, gone afterwards', async () => {
    const running = watch(site.simulate, site.env, /card SIM-[0-9A-F]{12}: Accepted/);
    await running.line;
    const cards = await site.cards();
    expect(cards).toHaveLength(4);
    expect(cards.every(({ uid, expiresAt }) => uid.startsWith('SIM-') && expiresAt !== null)).toBe(true);
    const { code, out, err } = await running.interrupt();
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^1 charger, .* 0 cards refused, 0 connections lost, 0 messages never answered$/m);
    expect(await site.cards()).toEqual([]);
  }, 30_000);

  it('adds no card where some are named, and says what to do when one is refused', async () => {
    const running = watch([...site.simulate, '--token', '04DEAD'], site.env, /chargegate tokens add UID/);
    await running.line;
    expect(await site.cards()).toEqual([]);
    expect((await running.interrupt()).out).toMatch(/card 04DEAD refused: Invalid/);
  }, 30_000);

  it('changes nothing at a server that it only knows by its charger URL', async () => {
    const running = watch(['simulate', '--url', site.charging], site.env, /name accepted ones with --token/);
    await running.line;
    expect(await site.cards()).toEqual([]);
    expect((await running.interrupt()).code).toBe(0);
    const both = await chargegate(['simulate', '--url', site.charging, '--add-cards'], site.env);
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('[REQUEST_INVALID] --add-cards')]);
  }, 30_000);
});

describe('simulate beside a gateway that leaves unknown chargers pending', () => {
  let site: Awaited<ReturnType<typeof aSite>>;
  beforeAll(async () => {
    site = await aSite((yaml) => yaml.replace('unknown-chargers: accept', 'unknown-chargers: pending'));
  }, 20_000);
  afterAll(() => site.stop());

  it('puts no cards on the list: exit code 2', async () => {
    const { code, out, err } = await chargegate(site.simulate, site.env);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^chargegate: \[REQUEST_INVALID\] .*--token.*--add-cards$/m);
    expect(await site.cards()).toEqual([]);
  });

  it('does when it is told to, and says that the charger waits to be accepted', async () => {
    const running = watch([...site.simulate, '--add-cards'], site.env, /SIM-001: not accepted \(Pending\)/);
    await running.line;
    expect(await site.cards()).toHaveLength(4);
    const { code, out } = await running.interrupt();
    expect(code).toBe(0);
    expect(out).toContain('chargegate chargers accept ID');
    expect(await site.cards()).toEqual([]);
  }, 30_000);
});
