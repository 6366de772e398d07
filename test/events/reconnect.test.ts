import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Failure, FRESH, type History, probeMs, reconnect } from '../../src/events/reconnect.ts';
import { AgentError, type AgentErrorOptions } from '../../src/lib/errors.ts';

const MIDDLE = (): number => 0.5;

function failure(code: string, more: Partial<Failure & AgentErrorOptions> = {}): Failure {
  const { phase = 'session', atMs = 0, connectedMs = 0, disposition = 'transient', ...options } = more;
  return { phase, atMs, connectedMs, error: new AgentError('', { disposition, ...options, code }) };
}

/** `wait` for random = 0.5, which is the middle of the jitter. */
test.each<[code: string, more: Partial<Failure & AgentErrorOptions>, register: boolean, waitMs: number]>([
  ['STOMP_UNREACHABLE', {}, false, 1000],
  ['STOMP_TLS', { disposition: 'operator' }, false, 1000],
  ['STOMP_WRONG_PATH', { disposition: 'operator' }, false, 80_000],
  ['STOMP_PROXY', { disposition: 'operator' }, false, 80_000],
  ['STOMP_REFUSED', { disposition: 'operator' }, true, 1000],
  ['STOMP_QUEUE_MISSING', {}, true, 1000],
  ['STOMP_DIED', {}, false, 1000],
  ['STOMP_PROTOCOL', {}, false, 1000],
  ['STOMP_CLOSED', {}, false, 1000],
  ['STOMP_HEARTBEAT_LOST', {}, false, 1000],
  ['STOMP_CONNECT_TIMEOUT', {}, false, 1000],
  ['WALDUR_UNREACHABLE', { phase: 'register' }, true, 1000],
  ['WALDUR_UNAVAILABLE', { phase: 'register', status: 503, retryAfterMs: 30_000 }, true, 30_000],
  ['WALDUR_REJECTED', { phase: 'register', status: 400, disposition: 'terminal' }, true, 1000],
  ['WALDUR_UNAUTHORIZED', { phase: 'register', status: 401, disposition: 'operator' }, true, 80_000],
  ['WALDUR_FORBIDDEN', { phase: 'register', status: 403, disposition: 'operator' }, true, 80_000],
  ['WALDUR_CONFLICT', { phase: 'register', status: 404 }, true, 80_000],
  ['WALDUR_CONFLICT', { phase: 'register', status: 409 }, true, 900_000],
  ['BUG', { phase: 'register', disposition: 'bug' }, true, 1000],
])('%s %j', (code, more, register, waitMs) => {
  expect(reconnect(FRESH, failure(code, more), MIDDLE)).toMatchObject({ register, waitMs });
});

describe('after a while', () => {
  const follow = (...failures: Failure[]): { register: boolean; waitMs: number }[] => {
    let history: History = FRESH;
    return failures.map((each) => {
      const { history: next, ...step } = reconnect(history, each, MIDDLE);
      history = next;
      return step;
    });
  };
  const waits = (...failures: Failure[]): number[] => follow(...failures).map((step) => step.waitMs);

  test('delays double up to two minutes', () => {
    const nine = Array.from({ length: 9 }, () => failure('STOMP_UNREACHABLE'));
    expect(waits(...nine)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000, 120_000]);
  });

  test('only a minute of connection makes the next failure a first one', () => {
    const down = failure('STOMP_UNREACHABLE');
    expect(waits(down, down, failure('STOMP_CLOSED', { connectedMs: 59_999 }))).toEqual([1000, 2000, 4000]);
    expect(waits(down, down, failure('STOMP_CLOSED', { connectedMs: 60_000 }))).toEqual([1000, 2000, 1000]);
  });

  test('a login that a fresh registration did not repair waits long', () => {
    const refused = failure('STOMP_REFUSED');
    const retry = failure('WALDUR_UNREACHABLE', { phase: 'register' });
    expect(waits(refused, refused, refused)).toEqual([1000, 80_000, 80_000]);
    expect(waits(refused, retry, refused)).toEqual([1000, 2000, 80_000]);
    expect(waits(refused, failure('STOMP_CLOSED', { connectedMs: 10 }), refused)).toEqual([1000, 2000, 4000]);
  });

  test('a session that dies twice within a minute registers again', () => {
    const died = (atMs: number, connectedMs = 0): Failure => failure('STOMP_DIED', { atMs, connectedMs });
    expect(follow(died(0), died(60_000)).map((step) => step.register)).toEqual([false, true]);
    expect(follow(died(0), died(60_001)).map((step) => step.register)).toEqual([false, false]);
    expect(follow(died(0), failure('STOMP_CLOSED'), died(30_000)).map((step) => step.register)).toEqual([
      false,
      false,
      true,
    ]);
  });
});

test('every delay stays within its jitter', () => {
  fc.assert(
    fc.property(fc.nat(2000), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, random) => {
      const history: History = { ...FRESH, failures };
      const normal = reconnect(history, failure('STOMP_CLOSED'), () => random).waitMs;
      expect(normal).toBeGreaterThanOrEqual(750);
      expect(normal).toBeLessThanOrEqual(150_000);
      const long = reconnect(history, failure('STOMP_PROXY'), () => random).waitMs;
      expect(long).toBeGreaterThanOrEqual(60_000);
      expect(long).toBeLessThanOrEqual(100_000);
    }),
  );
  expect(probeMs(() => 0)).toBe(675_000);
});
