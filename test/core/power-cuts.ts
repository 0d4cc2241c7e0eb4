import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { applyConfig } from '../../gateway/apply-config.ts';
import { createGateway } from '../../gateway/create-gateway.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { recoverSamples } from '../../gateway/samples.ts';
import { refreshAll } from '../../gateway/sessions.ts';
import { layDatabase } from '../harness/database.ts';
import { testConfig } from '../harness/gateway.ts';

export interface CuttableSite {
  open(): Promise<Gateway>;
  /** Power cut: gives the gateway that came up afterwards. */
  cut(): Promise<Gateway>;
}

/** A site of one charger that can lose power: it goes on from a copy of what was on disk at that moment. */
export async function createSite(root: string, clock: () => number, yaml = ''): Promise<CuttableSite> {
  let lives = 0;
  let gw: Gateway | null = null;
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

  async function open(): Promise<Gateway> {
    const directory = join(root, String(lives));
    mkdirSync(directory, { recursive: true });
    layDatabase(directory);
    gw = createGateway({ settings: testConfig(directory, yaml).settings, directory, maxBytes: 0, clock, log: silent });
    await applyConfig(gw);
    await recoverSamples(gw);
    await refreshAll(gw);
    return gw;
  }

  return {
    open,
    async cut(): Promise<Gateway> {
      const before = join(root, String(lives));
      lives += 1;
      const after = join(root, String(lives));
      mkdirSync(after);
      for (const file of ['chargegate.db', 'chargegate.db-wal'])
        if (existsSync(join(before, file))) copyFileSync(join(before, file), join(after, file));
      gw?.db.close();
      return open();
    },
  };
}
