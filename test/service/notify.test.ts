import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../harness/ports.ts';
import { createRawCharger } from '../../adapters/simulator/raw-charger.ts';
import { startDaemon, type Daemon } from '../harness/daemon.ts';
import { canNotify, siteYaml, startManager, type Manager } from './harness.ts';

const TARIFF = (price: number): string =>
  `tariffs: [{ id: standard, currency: SEK, tax-included: no, elements: [{ components: [{ type: energy, price: ${price} }] }] }]`;

describe.skipIf(!canNotify)('the daemon under systemd (wants systemd-notify and perl)', () => {
  let directory: string;
  let file: string;
  let port: number;
  let manager: Manager;
  let daemon: Daemon | undefined;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'chargegate-service-'));
    file = join(directory, 'depot.yaml');
    port = await freePort();
    manager = await startManager(600);
  });
  afterEach(async () => {
    await daemon?.kill();
    await manager.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const start = async (more = ''): Promise<void> => {
    writeFileSync(file, siteYaml(port, more));
    daemon = await startDaemon(file, { ...manager.env, CHARGEGATE_DATA_DIR: join(directory, 'data') });
  };
  const logged = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!daemon?.output().includes(text)) return;
        daemon.process.stdout?.off('data', look);
        resolve();
      };
      daemon?.process.stdout?.on('data', look);
      look();
    });
  const card = async (uid: string): Promise<unknown> => {
    const charger = await createRawCharger(`ws://127.0.0.1:${port}/ocpp/BAY-1`, { protocols: ['ocpp1.6'] });
    const [, , answer] = await charger.call('Authorize', { idTag: uid });
    await charger.close();
    return (answer as { idTagInfo: { status: string } }).idTagInfo.status;
  };

  it('says when it serves, that all is well while it is, and when it stops', async () => {
    await start();
    const ready = await manager.hears('READY=1\nSTATUS=serving, 0 chargers connected');
    const charger = await createRawCharger(`ws://127.0.0.1:${port}/ocpp/BAY-1`, { protocols: ['ocpp1.6'] });
    const sign = await manager.hears('WATCHDOG=1\nSTATUS=serving, 1 chargers connected', ready);
    await manager.hears('WATCHDOG=1', sign);
    await charger.close();
    expect(await daemon?.stop()).toBe(0);
    await manager.hears('STOPPING=1', sign);
    expect(manager.heard()).not.toContain('not well');
  });

  it('lives on with a full disk, which no start mends, and says so', async () => {
    await start('storage: { max-megabytes: 1 }\ntokens: [{ uid: CARD1 }]');
    const charger = await createRawCharger(`ws://127.0.0.1:${port}/ocpp/BAY-1`, { protocols: ['ocpp1.6'] });
    const fill = async (): Promise<void> => {
      for (let n = 1; ; n += 1)
        await charger.call('StartTransaction', {
          connectorId: 1,
          idTag: 'CARD1',
          meterStart: n,
          timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString(),
        });
    };
    await expect(fill()).rejects.toThrow('ended before');
    const unwell = await manager.hears('WATCHDOG=1\nSTATUS=not well: storage: no room left');
    // Three signs of life fit into the watchdog's time: here it is over.
    const still = await manager.hears('WATCHDOG=1', await manager.hears('WATCHDOG=1', unwell));
    await manager.hears('WATCHDOG=1\nSTATUS=not well: storage: no room left', still);
    expect(daemon?.output()).toContain('not well: storage: no room left');
    expect(await card('CARD1')).toBe('Accepted');
    expect(daemon?.process.exitCode).toBeNull();

    // Nor does a start fail because of it.
    expect(await daemon?.stop()).toBe(0);
    daemon = await startDaemon(file, { ...manager.env, CHARGEGATE_DATA_DIR: join(directory, 'data') });
    expect(await card('CARD1')).toBe('Accepted');
  });

  it('takes over on SIGHUP what can change, and names what cannot', async () => {
    await start(`${TARIFF(2)}\ntokens: [{ uid: CARD1 }]`);
    await manager.hears('READY=1');
    expect(await card('CARD2')).toBe('Invalid');
    writeFileSync(
      file,
      siteYaml(port, `${TARIFF(3)}\ntokens: [{ uid: CARD2 }]\nlog: { level: debug }`).replace(
        'false }',
        'false, ping-interval: 7 }',
      ),
    );
    daemon?.process.kill('SIGHUP');
    await manager.hears('READY=1', await manager.hears('RELOADING=1\nMONOTONIC_USEC='));
    await logged('tariffs, tokens, log.level changed');
    await logged('until a restart: ocpp.ping-interval');
    expect([await card('CARD1'), await card('CARD2')]).toEqual(['Invalid', 'Accepted']);
  });

  it.each([
    ['that has a mistake', 'colour', 'tokens: [{ uid: CARD2, colour: red }]'],
    [
      'that the database contradicts',
      'belonged to another EVSE',
      'tokens: [{ uid: CARD2 }]\nchargers: [{ id: OTHER, evses: [{ id: 1, uid: U1 }] }]',
    ],
  ])('changes nothing on SIGHUP with a file %s', async (_what, told, more) => {
    await start('tokens: [{ uid: CARD1 }]\nchargers: [{ id: ONE, evses: [{ id: 1, uid: U1 }] }]');
    const ready = await manager.hears('READY=1');
    writeFileSync(file, siteYaml(port, more));
    daemon?.process.kill('SIGHUP');
    await logged('not taken: all is as before');
    await manager.hears('READY=1', ready);
    expect(daemon?.output()).toContain(told);
    expect([await card('CARD1'), await card('CARD2')]).toEqual(['Accepted', 'Invalid']);
    writeFileSync(file, siteYaml(port, 'tokens: [{ uid: CARD2 }]'));
    daemon?.process.kill('SIGHUP');
    await logged('chargers, tokens changed');
    expect(await card('CARD2')).toBe('Accepted');
  });

  it('holds new peers back that have TLS files of their own, until a restart', async () => {
    await start();
    await manager.hears('READY=1');
    const peer = `{ name: cloud, inbound-token: cloud-token-for-tests, tls: { authorities-path: ca.pem } }`;
    writeFileSync(file, siteYaml(port, `peers: [${peer}]`));
    daemon?.process.kill('SIGHUP');
    await logged('until a restart: peers, peers[].tls');
    await logged('nothing changed');
    expect(daemon?.output()).not.toContain('not called until its TLS files');
  });
});

it('every setting that counts at once stands in the page about the service', async () => {
  const { RELOADED } = await import('../../gateway/reload.ts');
  const page = readFileSync(new URL('../../docs/service.md', import.meta.url), 'utf8');
  expect(RELOADED.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
