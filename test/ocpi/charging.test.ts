import { afterEach, describe, expect, it } from 'vitest';
import { reportStatus } from '../../gateway/availability.ts';
import type { Sample } from '../../gateway/domain/types.ts';
import { recordSamples } from '../../gateway/samples.ts';
import { startTransaction, stopTransaction } from '../../gateway/transactions.ts';
import { NOON } from './fixtures.ts';
import type { Site, Version } from './harness.ts';
import { ask, pretendConnected, startSite } from './harness.ts';

const MINUTE = 60_000;

describe('a charge as a peer sees it', () => {
  let site: Site;
  afterEach(() => site.stop());

  const sample = (at: number, energyWh: number): Sample => ({
    reportedAt: at,
    context: 'Sample.Periodic',
    energyWh,
    powerW: null,
    currentMa: null,
    socPercent: null,
    values: [{ value: String(energyWh), unit: 'Wh' }],
  });

  async function meter(wireId: string, minutes: number, energyWh: number): Promise<void> {
    site.time.now = NOON + minutes * MINUTE;
    await recordSamples(site.gw, {
      chargerId: 'CP1',
      evse: 1,
      wireId,
      samples: [sample(site.time.now, energyWh)],
      receivedAt: site.time.now,
    });
  }

  const sessions = async (token: string, version: Version) =>
    ask(`${site.url}/ocpi/cpo/${version}/sessions?date_from=2020-01-01T00:00:00Z`, { token, is: 'session' });

  it.each<Version>(['2.2.1', '2.3.0'])('cases 41, 53: session and CDR follow the meter, %s', async (version) => {
    site = await startSite();
    pretendConnected(site, 'CP1');
    const put = await ask(`${site.url}/ocpi/cpo/${version}/tokens/NL/MSP/ABC123`, {
      method: 'PUT',
      token: 'c1',
      body: {
        country_code: 'NL',
        party_id: 'MSP',
        uid: 'ABC123',
        type: 'RFID',
        contract_id: 'NL-MSP-C1',
        issuer: 'A provider',
        valid: true,
        whitelist: 'ALLOWED',
        last_updated: '2026-05-29T22:39:09Z',
      },
    });
    expect(put.http).toBe(201);
    const { wireId, card } = await startTransaction(site.gw, {
      chargerId: 'CP1',
      evse: 1,
      connector: 1,
      tokenUid: 'abc123',
      meterStart: 1000,
      reportedAt: NOON,
      receivedAt: NOON,
      timestamp: 'start',
    });
    expect(card.verdict).toBe('accepted');
    await meter(wireId, 10, 3000);
    await meter(wireId, 20, 5500);
    const running = await sessions('c1', version);
    expect(running.data[0]).toMatchObject({
      status: 'ACTIVE',
      kwh: 4.5,
      evse_uid: 'E1',
      connector_id: '1',
      cdr_token: { country_code: 'NL', party_id: 'MSP', uid: 'ABC123', type: 'RFID', contract_id: 'NL-MSP-C1' },
    });
    expect(running.data[0]).not.toHaveProperty('end_date_time');

    site.time.now = NOON + 30 * MINUTE;
    await reportStatus(site.gw, {
      chargerId: 'CP1',
      evse: 1,
      status: 'SuspendedEV',
      errorCode: null,
      reportedAt: site.time.now,
      receivedAt: site.time.now,
    });
    site.time.now = NOON + 60 * MINUTE;
    await stopTransaction(site.gw, {
      chargerId: 'CP1',
      wireId,
      meterStop: 21_000,
      reportedAt: site.time.now,
      receivedAt: site.time.now,
      timestamp: 'stop',
      reason: 'EVDisconnected',
      tokenUid: null,
      samples: [],
      payload: {},
    });

    const [ended] = (await sessions('c1', version)).data;
    expect(ended).toMatchObject({ status: 'COMPLETED', kwh: 20, end_date_time: '2026-06-01T13:00:00Z' });
    const since = `${site.url}/ocpi/cpo/${version}/cdrs?date_from=${ended!.last_updated}`;
    const [cdr] = (await ask(since, { token: 'c1', is: 'cdr' })).data;
    expect(cdr).toMatchObject({ session_id: ended!.id, total_energy: 20, total_time: 1, total_parking_time: 0.5 });
    const periods = (cdr as unknown as { charging_periods: { dimensions: { type: string; volume: number }[] }[] })
      .charging_periods;
    const sum = (type: string): number =>
      periods.flatMap((p) => p.dimensions).reduce((total, d) => total + (d.type === type ? d.volume : 0), 0);
    expect(sum('ENERGY')).toBeCloseTo(20, 4);
    expect([sum('TIME'), sum('PARKING_TIME')]).toEqual([0.5, 0.5]);
    expect((cdr as unknown as { total_cost: unknown }).total_cost).toEqual(
      version === '2.2.1'
        ? { excl_vat: 5, incl_vat: 5.5 }
        : { before_taxes: 5, taxes: [{ name: 'VAT', percentage: 10, amount: 0.5 }] },
    );
    expect((await sessions('c2', version)).data).toEqual([]);
    expect((await sessions('c0', version)).data).toHaveLength(1);
    expect((await ask(since, { token: 'c2' })).headers['x-total-count']).toBe('0');
  });
});
