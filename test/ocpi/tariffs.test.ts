import { afterEach, describe, expect, it } from 'vitest';
import { createSimulatedPeer } from '../../adapters/simulator/peer.ts';
import type { TariffElement } from '../../gateway/domain/tariff.ts';
import { invitePeer, learnEndpoints } from '../../gateway/peers.ts';
import { putTariffs } from '../../gateway/tariffs.ts';
import { startTestSite } from '../harness/gateway.ts';
import { SETTINGS } from './fixtures.ts';
import { ask, startSite, type Asked } from './harness.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const price = (amount: string): TariffElement['components'] => [{ type: 'FLAT', price: amount, vat: null, step: 1 }];
const CHARGED: TariffElement = { components: price('1') };
const RESERVED: TariffElement = { components: price('2'), restrictions: { reservation: 'RESERVATION' } };
const BOOKED: TariffElement = { components: price('3'), restrictions: { booking: 'BOOKING' } };
const tariff = (id: string, elements: TariffElement[]) => ({ ...SETTINGS.tariffs[0]!, id, minPrice: null, elements });

describe('tariffs that a version cannot tell', () => {
  it.each([
    ['2.3.0 with bookings', ['A', 'B', 'C', 'D', 'E']],
    ['2.3.0', ['A', 'D', 'E']],
    ['2.2.1', ['A', 'D', 'E']],
    ['2.1.1', ['A', 'E']],
  ])('are passed over in its list, whatever the page: %s', async (words, told) => {
    const [version = '', ...bookings] = words.split(' ');
    const site = await startSite({
      tariffs: [
        tariff('A', [BOOKED, CHARGED]),
        tariff('B', [BOOKED]),
        tariff('C', [BOOKED]),
        tariff('D', [RESERVED, BOOKED]),
        tariff('E', [CHARGED]),
      ],
    });
    cleanups.push(() => site.stop());
    if (bookings.length > 0)
      await learnEndpoints(site.gw, 'cloud', version, [{ identifier: 'booking', role: 'RECEIVER', url: site.url }]);
    for (const limit of [1, 2, 100]) {
      const seen: string[] = [];
      let url: string | undefined = `${site.url}/ocpi/cpo/${version}/tariffs?limit=${limit}`;
      while (url !== undefined) {
        const answer: Asked = await ask(url, {
          header: `Token ${version === '2.1.1' ? 'c0' : btoa('c0')}`,
          is: bookings.length > 0 ? 'bookedTariff' : 'tariff',
        });
        expect(answer.data.length).toBeLessThanOrEqual(limit);
        seen.push(...answer.data.map(({ id }) => id));
        url = /^<([^>]+)>; rel="next"$/.exec(answer.headers['link'] ?? '')?.[1];
      }
      expect(seen).toEqual(told);
    }
  });

  it('are taken back from a peer of that version', async () => {
    const site = await startTestSite();
    cleanups.push(() => site.cleanUp());
    const peer = await createSimulatedPeer({ name: 'emsp', versions: ['2.2.1'] });
    cleanups.push(() => peer.close());
    await putTariffs(site.gateway, [tariff('GUESTS', [CHARGED])]);
    await peer.register(site.urls.ocpi, (await invitePeer(site.gateway, 'emsp', 'all')).token);
    const told = (): unknown[] => peer.told('tariffs').map(({ id }) => id);
    await expect.poll(told, { timeout: 8000, interval: 10 }).toContain('GUESTS');
    await putTariffs(site.gateway, [tariff('GUESTS', [BOOKED])]);
    await expect.poll(told, { timeout: 8000, interval: 10 }).not.toContain('GUESTS');
    expect(peer.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual([
      expect.stringMatching(/\/tariffs\/SE\/DEP\/GUESTS$/),
    ]);
  });
});
