import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { type CircuitState, createCircuit, FAILURES, PAUSE_MS, type Verdict } from '../../src/plugin/circuit.ts';
import { manualClock } from '../fakes/clock.ts';

const down = new AgentError('no route', { code: 'X_DOWN', disposition: 'transient' });

function setup() {
  const clock = manualClock('2026-08-25T10:00:00Z');
  const states: CircuitState['kind'][] = [];
  const circuit = createCircuit({
    what: 'the storage of offering "Files"',
    clock,
    onChange: ({ kind }) => states.push(kind),
  });
  return {
    clock,
    circuit,
    states,
    call: (verdict: Verdict): void => circuit.enter()(verdict, verdict === 'failed' ? down : undefined),
    fail: (times = FAILURES): void => {
      for (let n = 0; n < times; n++) circuit.enter()('failed', down);
    },
  };
}

const paused = { name: 'AgentError', code: 'BACKEND_PAUSED', disposition: 'transient' };

test('five failures in a row open it; an answer between them starts the count anew', () => {
  const { fail, call, states, circuit } = setup();
  fail(4);
  call('answered');
  fail(4);
  call('unknown');
  expect(states).toEqual([]);
  fail(1);
  expect(states).toEqual(['open']);
  expect(() => circuit.permit()).toThrow(expect.objectContaining({ ...paused, cause: down, retryAfterMs: PAUSE_MS }));
  expect(() => circuit.enter()).toThrow(
    '"Files" failed 5 times in a row; it is tried again at 2026-08-25T10:00:30.000Z',
  );
});

describe('when the pause is over', () => {
  test('one call tries, and the others are still refused', async () => {
    const { fail, clock, circuit, states } = setup();
    fail();
    await clock.advance(PAUSE_MS - 1);
    expect(() => circuit.enter()).toThrow(expect.objectContaining({ ...paused, retryAfterMs: 1 }));
    await clock.advance(1);
    circuit.permit();
    const leave = circuit.enter();
    expect(() => circuit.enter()).toThrow('it is being tried right now');
    leave('answered');
    circuit.enter();
    circuit.enter();
    expect(states).toEqual(['open', 'probing', 'closed']);
  });

  test('a failure begins the next pause, and nothing learned lets the next call try', async () => {
    const { fail, call, clock, circuit, states } = setup();
    fail();
    await clock.advance(PAUSE_MS);
    fail(1);
    expect(() => circuit.enter()).toThrow(expect.objectContaining({ retryAfterMs: PAUSE_MS }));
    await clock.advance(PAUSE_MS);
    call('unknown');
    call('answered');
    expect(states).toEqual(['open', 'probing', 'open', 'probing', 'open', 'probing', 'closed']);
  });

  test('a call that hangs keeps the next one from trying for one pause only', async () => {
    const { fail, clock, circuit, states } = setup();
    fail();
    await clock.advance(PAUSE_MS);
    const hanging = circuit.enter();
    await clock.advance(PAUSE_MS);
    circuit.enter()('answered');
    hanging('failed', down);
    expect(states).toEqual(['open', 'probing', 'probing', 'closed']);
  });
});

test('calls that began before it opened say nothing about what came after', async () => {
  const { fail, clock, circuit, states } = setup();
  const [late, later] = [circuit.enter(), circuit.enter()];
  fail();
  late('answered');
  expect(() => circuit.permit()).toThrow(expect.objectContaining(paused));
  await clock.advance(PAUSE_MS);
  const probe = circuit.enter();
  later('failed', down);
  probe('answered');
  expect(states).toEqual(['open', 'probing', 'closed']);
});

test('whatever happens, a dead backend is called five times and then once in a pause', async () => {
  const step = fc.record({ ms: fc.integer({ min: 0, max: 20_000 }), calls: fc.integer({ min: 0, max: 9 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { clock, circuit } = setup();
      const calls: number[] = [];
      for (const { ms, calls: tries } of steps) {
        await clock.advance(ms);
        for (let n = 0; n < tries; n++) {
          try {
            const leave = circuit.enter();
            calls.push(clock.monotonicMs());
            leave('failed', down);
          } catch (error) {
            expect(error).toMatchObject(paused);
          }
        }
      }
      const probes = calls.slice(FAILURES - 1);
      for (const [n, at] of probes.entries()) {
        if (n > 0) expect(at - (probes[n - 1] ?? 0)).toBeGreaterThanOrEqual(PAUSE_MS);
      }
    }),
    { numRuns: 50 },
  );
});
