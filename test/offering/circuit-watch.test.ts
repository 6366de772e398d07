import { expect, test } from 'vitest';
import { createCircuitWatch } from '../../src/offering/circuit-watch.ts';
import type { CircuitState } from '../../src/plugin/circuit.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';

function setup() {
  const clock = manualClock();
  const log: string[] = [];
  const watch = createCircuitWatch({
    offering: 'minio',
    clock,
    log: silentLog(),
    metrics: { backendPaused: ({ offering, paused }) => log.push(`${offering} paused: ${paused}`) },
    probe: () => log.push('probe'),
    takeUp: () => log.push('take up'),
  });
  const open = (ms: number): CircuitState => {
    return { kind: 'open', until: new Date(clock.now().getTime() + ms), code: 'X_DOWN' };
  };
  return { clock, log, watch, open };
}

test('at the end of a pause the backend is tried, and when it answers all open orders are', async () => {
  const { clock, log, watch, open } = setup();
  watch.onChange(open(30_000));
  expect([watch.isClosed(), watch.detail()]).toEqual([
    false,
    'backend not called until 2026-08-25T10:00:30.000Z: X_DOWN',
  ]);
  await clock.advance(29_999);
  expect(log).toEqual(['minio paused: true']);
  await clock.advance(1);
  expect(log.splice(0)).toEqual(['minio paused: true', 'probe']);
  watch.onChange({ kind: 'probing', code: 'X_DOWN' });
  expect(watch.detail()).toBe('backend being tried: X_DOWN');
  watch.onChange({ kind: 'closed' });
  expect(log).toEqual(['minio paused: true', 'minio paused: false', 'take up']);
  expect([watch.isClosed(), watch.detail()]).toEqual([true, undefined]);
});

test('after a probe that learned nothing an order tries', async () => {
  const { clock, log, watch, open } = setup();
  watch.onChange(open(30_000));
  await clock.advance(30_000);
  watch.onChange({ kind: 'probing', code: 'X_DOWN' });
  log.length = 0;
  watch.onChange(open(0));
  expect(log).toEqual(['minio paused: true', 'take up']);
});
