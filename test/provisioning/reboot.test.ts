/** Values that a charger takes up only when it reboots. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ConfigurationBody } from '../../adapters/console/routes/configuration.ts';
import type { TestSite } from '../harness/gateway.ts';
import { bootThrough, told } from '../harness/told.ts';
import { api, connectScripted, KEYS, startSite, states, type Script } from './scripted-charger.ts';

let site: TestSite;
afterEach(() => site.cleanUp());

describe('a reboot that values need', () => {
  const TWO = 'configuration: [{ key: A, value: "1" }, { key: B, value: "1" }]';
  const start = { connectorId: 1, idTag: 'CARD1', meterStart: 0, timestamp: '2026-01-01T00:00:00Z' };

  /** One that takes values up when it reboots; `strict`: it refuses everything until then (Q58). */
  function rebooter(strict = false) {
    const waiting: Record<string, string> = {};
    const script: Script = {
      keys: { ...KEYS, A: { value: '0' }, B: { value: '0' } },
      answer(action, { key, value }) {
        if (action !== 'ChangeConfiguration') return undefined;
        if (strict && Object.keys(waiting).length > 0) return { payload: { status: 'Rejected' } };
        waiting[String(key)] = String(value);
        return { payload: { status: 'RebootRequired' } };
      },
    };
    return {
      script,
      reboot(): void {
        for (const [key, value] of Object.entries(waiting)) {
          script.keys[key] = { value };
          delete waiting[key];
        }
      },
    };
  }

  it('Q58: comes once, after all that was to be written, and what it brought is read back', async () => {
    site = await startSite(TWO);
    const { script, reboot } = rebooter();
    const charger = await connectScripted(site, 'CP', script);
    await charger.boot();
    expect(await charger.called('Reset')).toEqual({ type: 'Soft' });
    expect(charger.calls.map(({ action }) => action)).toEqual([
      'GetConfiguration',
      'ChangeConfiguration',
      'ChangeConfiguration',
      'Reset',
    ]);
    expect(await states(site, 'CP')).toEqual({ A: 'reboot-required', B: 'reboot-required' });
    reboot();
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect(await states(site, 'CP')).toEqual({ A: 'as-desired', B: 'as-desired' });
    expect(charger.of('Reset').length).toBe(1);
  });

  it('Q58: a charger that refuses everything until then is rebooted first, and goes on', async () => {
    site = await startSite(TWO);
    const { script, reboot } = rebooter(true);
    const charger = await connectScripted(site, 'CP', script);
    await charger.boot();
    await charger.called('Reset');
    expect(await states(site, 'CP')).toEqual({ A: 'reboot-required', B: 'waiting' });
    reboot();
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    // Never a second reboot for the same values: the operator sees that one is due.
    expect(charger.of('Reset').length).toBe(1);
    expect(await states(site, 'CP')).toEqual({ A: 'as-desired', B: 'reboot-required' });
    reboot();
    await bootThrough(site, 'CP', charger);
    expect(await states(site, 'CP')).toEqual({ A: 'as-desired', B: 'as-desired' });
  });

  it('a reboot that brought nothing is not repeated', async () => {
    site = await startSite(TWO);
    const { script } = rebooter();
    const charger = await connectScripted(site, 'CP', script);
    await charger.boot();
    await charger.called('Reset');
    for (let boots = 0; boots < 2; boots += 1) await bootThrough(site, 'CP', charger);
    expect(charger.of('Reset').length).toBe(1);
    expect(await states(site, 'CP')).toEqual({ A: 'differs', B: 'differs' });
  });

  it('waits until nobody charges', async () => {
    site = await startSite(TWO);
    const { script, reboot } = rebooter();
    const charger = await connectScripted(site, 'CP', script);
    const { transactionId } = await charger.send('StartTransaction', start);
    expect(await bootThrough(site, 'CP', charger)).toBe('waiting-for-idle');
    expect(charger.of('Reset')).toEqual([]);
    await charger.send('StopTransaction', { transactionId, meterStop: 100, timestamp: '2026-01-01T01:00:00Z' });
    expect(await charger.called('Reset')).toEqual({ type: 'Soft' });
    reboot();
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect(charger.of('Reset').length).toBe(1);
  });

  it('that the charger refuses is told to the operator, and not asked for again', async () => {
    site = await startSite(TWO);
    const { script } = rebooter();
    const answer = script.answer!;
    script.answer = (action, payload) =>
      action === 'Reset' ? { payload: { status: 'Rejected' } } : answer(action, payload);
    const charger = await connectScripted(site, 'CP', script);
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    const { body } = await api<ConfigurationBody>(site, 'chargers/CP/configuration');
    expect(body.problem).toContain('reboot it by hand');
    await bootThrough(site, 'CP', charger);
    expect(charger.of('Reset').length).toBe(1);
  });

  it('new wanted values may need another one', async () => {
    site = await startSite(TWO);
    const { script, reboot } = rebooter();
    const charger = await connectScripted(site, 'CP', script);
    await charger.boot();
    await charger.called('Reset');
    reboot();
    await bootThrough(site, 'CP', charger);
    site.gateway.settings.configuration = [{ key: 'A', value: '2' }];
    await charger.boot();
    await charger.called('Reset', 1);
    const back = told(site, 'charger.provisioned', 'CP');
    reboot();
    await charger.boot();
    expect((await back).state).toBe('done');
    expect(await states(site, 'CP')).toEqual({ A: 'as-desired' });
  });
});
