import { describe, expect, test } from 'vitest';
import { createSessionPace } from '../../gateway/session-pace.ts';

function setUp(running: number) {
  let now = 1_000_000;
  const pace = createSessionPace(() => now);
  const ids = Array.from({ length: running }, (_, index) => `T-${index}`);
  for (const id of ids) pace.allow(id);
  const pass = (millis: number) => {
    now += millis;
  };
  return { pace, ids, pass };
}

describe('how often a session follows its meter', () => {
  test('each once a second, where no more than fifty run', () => {
    const { pace, ids, pass } = setUp(50);
    pass(999);
    expect(ids.map(pace.allow)).not.toContain(true);
    expect(pace.due()).toEqual([]);
    pass(1);
    expect(pace.due()).toEqual(ids);
    expect(ids.map(pace.allow)).not.toContain(false);
    expect(pace.due()).toEqual([]);
  });

  test('fifty a second in all, where more run', () => {
    const { pace, ids, pass } = setUp(200);
    pass(3999);
    expect(ids.map(pace.allow)).not.toContain(true);
    pass(1);
    expect(pace.due()).toEqual(ids);
  });

  test('what has ended takes none of the time', () => {
    const { pace, ids, pass } = setUp(200);
    for (const id of ids.slice(50)) pace.forget(id);
    pass(1000);
    expect(ids.slice(0, 50).map(pace.allow)).not.toContain(false);
  });

  test('a clock that jumps back holds none still', () => {
    const { pace, ids, pass } = setUp(1);
    pass(-3_600_000);
    expect(ids.map(pace.allow)).toEqual([true]);
  });
});
