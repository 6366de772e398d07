import { expect, test } from 'vitest';
import { createCircuitWatch } from '../../src/offering/circuit-watch.ts';
import type { CircuitState } from '../../src/plugin/circuit.ts';
import { manualClock } from '../fakes/clock.ts';
import { hinderedIn, quietStanding } from '../fakes/standing.ts';

function setup() {
  const clock = manualClock();
  const log: string[] = [];
  const standing = quietStanding();
  const watch = createCircuitWatch({
    offering: 'minio',
    clock,
    standing,
    metrics: { backendPaused: ({ offering, paused }) => log.push(`${offering} paused: ${paused}`) },
  });
  const endProbe = watch.onProbe(() => log.push('probe'));
  const endResume = watch.onResume(() => log.push('resume'));
  const open = (ms: number): CircuitState => {
    return { kind: 'open', until: new Date(clock.now().getTime() + ms), code: 'X_DOWN' };
  };
  return { clock, log, watch, open, standing, endProbe, endResume };
}

test('at the end of a pause the backend is tried, and when it answers all open orders are', async () => {
  const { clock, log, watch, open, standing } = setup();
  watch.onChange(open(30_000));
  expect([watch.isClosed(), hinderedIn(standing)]).toEqual([false, ['calls: X_DOWN']]);
  expect(standing.hindrances()[0]?.message).toContain('not called until 2026-08-25T10:00:30.000Z');
  await clock.advance(29_999);
  expect(log).toEqual(['minio paused: true']);
  await clock.advance(1);
  expect(log.splice(0)).toEqual(['minio paused: true', 'probe']);
  watch.onChange({ kind: 'probing', code: 'X_DOWN' });
  expect(standing.hindrances()[0]?.message).toContain('being tried');
  watch.onChange({ kind: 'closed' });
  expect(log).toEqual(['minio paused: true', 'minio paused: false', 'resume']);
  expect([watch.isClosed(), hinderedIn(standing)]).toEqual([true, []]);
});

test('after a probe that learned nothing an order tries, at most every half minute', async () => {
  const { clock, log, watch, open } = setup();
  const resumed = (): number => log.filter((line) => line === 'resume').length;
  watch.onChange(open(30_000));
  await clock.advance(30_000);
  watch.onChange({ kind: 'probing', code: 'X_DOWN' });
  watch.onChange(open(0));
  expect(resumed()).toBe(1);
  for (let i = 0; i < 100; i++) {
    watch.onChange({ kind: 'probing', code: 'X_DOWN' });
    watch.onChange(open(0));
    await clock.advance(600);
  }
  expect(resumed()).toBe(3);
});

test('a listener can leave', async () => {
  const { clock, log, watch, open, endProbe, endResume } = setup();
  endProbe();
  endResume();
  watch.onChange(open(10));
  await clock.advance(10);
  watch.onChange({ kind: 'closed' });
  expect(log).toEqual(['minio paused: true', 'minio paused: false']);
});
