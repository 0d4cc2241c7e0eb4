import { afterEach, describe, expect, it } from 'vitest';
import { createSimulatedPeer, type SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { findCdr } from '../../gateway/cdrs.ts';
import { creditCdr } from '../../gateway/credits.ts';
import { listOutbox, retryOutbox } from '../../gateway/outbox.ts';
import { invitePeer } from '../../gateway/peers.ts';
import { expectContract, expectPlainNumbers } from '../contract/ocpi/check.ts';
import { charge, plugIn } from '../console/harness.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { storeHistory } from '../ocpi/fixtures.ts';
import { ask, startSite, type Asked } from '../ocpi/harness.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const REASON = 'the meter counted twice';
type Wire = Record<string, unknown>;

const idsOf = (answer: Asked): string[] => answer.data.map(({ id }) => id);

describe('a poller', () => {
  async function polled() {
    const site = await startSite();
    cleanups.push(() => site.stop());
    await storeHistory(site, 'p1', ['a', 'b', 'c']);
    const { credit, corrected } = await creditCdr(site.gw, 'cdr-b', REASON, { energyWh: 10_001 });
    await storeHistory(site, 'p1', ['d']);
    const list = (version: string, query = ''): Promise<Asked> =>
      ask(`${site.url}/ocpi/cpo/${version}/cdrs${query}`, { token: 'c1', is: 'cdr' });
    return { site, list, creditId: credit.id, correctedId: corrected!.id };
  }

  it.each(['2.2.1', '2.3.0'] as const)(
    'gets the line, its credit and the corrected one in this order, %s',
    async (version) => {
      const { site, list, creditId, correctedId } = await polled();
      const all = await list(version);
      const order = ['cdr-a', 'cdr-b', 'cdr-c', creditId, correctedId, 'cdr-d'];
      expect(idsOf(all)).toEqual(order);
      expect(all.headers['x-total-count']).toBe('6');
      const pages = [await list(version, '?limit=2'), await list(version, '?limit=2&offset=2')];
      expect(pages.flatMap(idsOf)).toEqual(order.slice(0, 4));
      // What changed since the first three: both of one moment.
      const since = new Date(findCdr(site.gw, creditId)!.updatedAt).toISOString();
      expect(idsOf(await list(version, `?date_from=${since}`))).toEqual(order.slice(3));
    },
  );

  it.each([
    ['2.2.1', { excl_vat: -5, incl_vat: -5.5 }],
    ['2.3.0', { before_taxes: -5, taxes: [{ name: 'VAT', percentage: 10, amount: -0.5 }] }],
  ] as const)(
    'sees a credit as the line it takes back but for the total, %s (mod_cdrs, Credit CDRs)',
    async (version, total) => {
      const { list, creditId, correctedId } = await polled();
      const wires = (await list(version)).data as unknown as Wire[];
      for (const wire of wires) {
        expectContract(version, 'cdr', wire);
        expectPlainNumbers(JSON.stringify(wire));
      }
      const [line, credit, corrected] = ['cdr-b', creditId, correctedId].map((id) =>
        wires.find((wire) => wire['id'] === id)!,
      );
      expect(credit).toEqual({
        ...line,
        id: creditId,
        credit: true,
        credit_reference_id: 'cdr-b',
        total_cost: total,
        remark: REASON,
        last_updated: credit!['last_updated'],
      });
      expect(corrected).toMatchObject({ session_id: 'b', total_energy: 10.001 });
      expect(corrected).not.toHaveProperty('credit');
      expect(corrected).not.toHaveProperty('credit_reference_id');
    },
  );

  it('of 2.1.1 is shown neither: without a word for credits both would be further charges', async () => {
    const { list } = await polled();
    const all = await list('2.1.1');
    expect(idsOf(all)).toEqual(['cdr-a', 'cdr-b', 'cdr-c', 'cdr-d']);
    expect(all.headers['x-total-count']).toBe('4');
    const pages = [await list('2.1.1', '?limit=3'), await list('2.1.1', '?limit=3&offset=3')];
    expect(pages.map(idsOf)).toEqual([['cdr-a', 'cdr-b', 'cdr-c'], ['cdr-d']]);
    expect(pages[0]!.headers['link']).toContain('offset=3');
    expect(pages[1]!.headers['link']).toBeUndefined();
  });
});

describe('a peer that is pushed to', () => {
  async function until(check: () => boolean): Promise<void> {
    await expect.poll(check, { timeout: 8000, interval: 10 }).toBe(true);
  }
  const posted = (peer: SimulatedPeer): unknown[] =>
    peer.requests
      .filter(({ method, path }) => method === 'POST' && path.includes('/cdrs'))
      .map(({ body }) => (body as Wire)['id']);

  async function depotWith(...versions: ('2.1.1' | '2.3.0')[]): Promise<{ depot: TestSite; peers: SimulatedPeer[] }> {
    const depot = await startTestSite();
    cleanups.push(() => depot.cleanUp());
    const peers = [];
    for (const [index, version] of versions.entries()) {
      const peer = await createSimulatedPeer({ name: `p${version}`, versions: [version], partyId: `EM${index}` });
      cleanups.push(() => peer.close());
      const { token } = await invitePeer(depot.gateway, `p${version}`, 'all');
      await peer.register(depot.urls.ocpi, token);
      peers.push(peer);
    }
    await plugIn(depot.gateway, 'BAY-1');
    return { depot, peers };
  }

  async function bill(depot: TestSite): Promise<string> {
    let id = '';
    const off = depot.gateway.bus.on('cdr.issued', ({ cdrId }) => void (id = cdrId));
    const startedAt = depot.gateway.clock() - 3_600_000;
    await charge(depot.gateway, {
      chargerId: 'BAY-1',
      tokenUid: 'CARD1',
      startedAt,
      readings: [[1500, 20_000]],
      ends: true,
    });
    off();
    return id;
  }

  it('gets credit and corrected line after what they are about, also where that was refused at first', async () => {
    const { depot, peers } = await depotWith('2.3.0');
    const [peer] = peers as [SimulatedPeer];
    peer.setCondition({ kind: 'answering', http: 200, status: 2000, only: '/cdrs' });
    const id = await bill(depot);
    await until(() => listOutbox(depot.gateway, null, 10).some(({ attempts }) => attempts > 0));
    const { credit, corrected } = await creditCdr(depot.gateway, id, REASON, { energyWh: 200 });
    const held = () => listOutbox(depot.gateway, null, 10).filter(({ problem }) => problem?.includes('told first'));
    await until(() => held().length === 2);
    peer.setCondition({ kind: 'up' });
    peer.requests.length = 0;
    await retryOutbox(depot.gateway, 'p2.3.0', 'cdrs', id);
    await until(() => peer.told('cdrs').length === 3);
    await until(() => listOutbox(depot.gateway, null, 10).length === 0);
    const order = [id, credit.id, corrected!.id];
    expect(posted(peer)).toEqual(order);
    expect(peer.told('cdrs').find((cdr) => cdr['id'] === credit.id)).toMatchObject({
      credit: true,
      credit_reference_id: id,
    });
  });

  it('of 2.1.1 is told of neither, and the operator is told that it is not', async () => {
    const { depot, peers } = await depotWith('2.1.1', '2.3.0');
    const [old, present] = peers as [SimulatedPeer, SimulatedPeer];
    const id = await bill(depot);
    await until(() => old.told('cdrs').length === 1);
    const { untold } = await creditCdr(depot.gateway, id, REASON, { energyWh: 200 });
    expect(untold).toEqual(['p2.1.1']);
    await until(() => present.told('cdrs').length === 3);
    await until(() => listOutbox(depot.gateway, null, 10).length === 0);
    expect(posted(old)).toEqual([id]);
  });
});
