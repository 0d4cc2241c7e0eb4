/** A charger's configuration at the command line, which is a process of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chargegate, daemon, place, type Daemon, type Done, type Place } from '../cli/harness.ts';
import { connectScripted, KEYS, type ScriptedCharger } from './scripted-charger.ts';

describe('chargegate chargers configuration', () => {
  let site: Place;
  let running: Daemon;
  let charger: ScriptedCharger;

  beforeAll(async () => {
    site = place((yaml) =>
      yaml.replace(
        /^ocpp:.*$/m,
        'ocpp:\n  provisioning: false\n  configuration: [{ key: HeartbeatInterval, value: "60" }]',
      ),
    );
    running = await daemon(site);
    const ocpp = running.urls.ocpp.replace(/\/\/[^:/]+/, '//127.0.0.1').replace('<charger id>', '');
    charger = await connectScripted({ urls: { ocpp } }, 'CP', { keys: { ...KEYS, WifiPassword: { value: 'hush' } } });
    await charger.boot();
  }, 20_000);

  afterAll(async () => {
    charger.drop();
    running.child.kill('SIGTERM');
    await running.done;
    site.remove();
  });

  const ask = (...args: string[]): Promise<Done> =>
    chargegate(['chargers', ...args, '--url', running.urls.console], site.env);

  it('shows the keys, what they should hold and how that stands; secrets never', async () => {
    expect((await ask('configuration', 'CP')).out).toContain('CP: never');
    const { code, out } = await ask('configuration', 'CP', '--refresh');
    expect(code).toBe(0);
    expect(out).toMatch(/^HeartbeatInterval +300 +60 +site +waiting$/m);
    expect(out).toMatch(/^NumberOfConnectors +2 +yes$/m);
    expect(out).toMatch(/^WifiPassword +\(secret\)$/m);
    expect((await ask('configuration', 'CP', '--wanted')).out).not.toContain('NumberOfConnectors');
    expect(JSON.parse((await ask('configuration', 'CP', '--json')).out)).toMatchObject({ state: 'never', skipped: [] });
  });

  it('writes one key, and says what the charger made of it', async () => {
    expect(await ask('configuration', 'set', 'CP', 'HeartbeatInterval', '30')).toMatchObject({
      code: 0,
      out: 'CP took it: HeartbeatInterval\n',
    });
    expect((await ask('configuration', 'set', 'CP', 'NumberOfConnectors', '9')).out).toBe(
      'CP refused it: NumberOfConnectors\n',
    );
    expect((await ask('configuration', 'set', 'CP', 'Nonsense', '9')).out).toBe('CP has no such key: Nonsense\n');
    const refused = await ask('configuration', 'set', 'CP', 'AuthorizationKey', 'abcdefabcdefabcd');
    expect([refused.code, refused.err.includes('[REQUEST_INVALID]')]).toEqual([1, true]);
  });

  it('has the whole configuration gone through', async () => {
    const { code, out } = await ask('provision', 'CP');
    expect([code, out]).toEqual([0, expect.stringContaining('CP is gone through')]);
    expect(await charger.called('ChangeConfiguration', 3)).toEqual({ key: 'HeartbeatInterval', value: '60' });
    expect((await ask('provision', 'NOBODY')).err).toContain('[CHARGER_UNKNOWN]');
  });
});
