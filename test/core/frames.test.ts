import { expect, onTestFinished, test } from 'vitest';
import { flushDiagnostics, listFrames } from '../../gateway/frames.ts';
import { openSite, plugIn } from '../console/harness.ts';

test('frames of many chargers are stored a few chargers at a time, in order, also where storing is asked for twice', async () => {
  const { gw, close } = await openSite();
  onTestFinished(close);
  const ids = Array.from({ length: 25 }, (_, index) => `BAY-${index + 1}`);
  for (const id of ids) await plugIn(gw, id);
  await flushDiagnostics(gw);
  const say = (text: string): void => ids.forEach((id) => gw.diagnostics.frame(id, 'in', text));
  const { writes } = gw.db.stats();
  say('first');
  const first = flushDiagnostics(gw);
  say('second');
  const second = flushDiagnostics(gw);
  await Promise.all([first, second]);
  expect(gw.db.stats().writes - writes).toBeGreaterThanOrEqual(3);
  for (const id of ids) expect((await listFrames(gw, id, 2)).map(({ text }) => text)).toEqual(['first', 'second']);
});
