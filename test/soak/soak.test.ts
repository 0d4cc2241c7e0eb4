import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { hasMosquitto } from '../mqtt/broker.ts';

const SOAK = fileURLToPath(new URL('soak.ts', import.meta.url));

test.skipIf(!hasMosquitto)(
  'a few seconds of npm run soak: nothing lost, nothing twice',
  { timeout: 120_000 },
  async () => {
    const child = spawn(process.execPath, [SOAK, '--minutes', '0.1', '--chargers', '6'], { stdio: 'pipe' });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number | null];
    expect([code, output]).toEqual([0, expect.stringContaining('nothing lost, nothing twice')]);
  },
);
