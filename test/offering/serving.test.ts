import { describe, expect, it } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { keepServing } from '../../src/offering/serving.ts';
import type { Backend } from '../../src/plugin/contract.ts';
import { manualClock } from '../fakes/clock.ts';
import { hinderedIn, quietStanding } from '../fakes/standing.ts';

const taken = new AgentError('the address is taken', { code: 'LISTEN', disposition: 'operator' });

function setup(backend: Pick<Backend, 'serve'>) {
  const clock = manualClock();
  const stop = new AbortController();
  const standing = quietStanding();
  const failures: string[] = [];
  const kept = keepServing(
    { backend, clock, random: () => 0.5, standing, metrics: { error: ({ code }) => void failures.push(code) } },
    stop.signal,
  );
  return { clock, stop, standing, failures, kept };
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

describe('the serving part of a backend', () => {
  it('is started again until it runs, and hinders the offering until then', async () => {
    let starts = 0;
    const { clock, stop, standing, failures, kept } = setup({
      serve: async (signal) => {
        if (++starts < 4) throw taken;
        await untilAborted(signal);
      },
    });
    await clock.advance(1000);
    expect(starts).toBe(2);
    await clock.advance(1999);
    expect(starts).toBe(2);
    await clock.advance(1);
    expect(starts).toBe(3);
    expect(hinderedIn(standing)).toEqual(['serving: LISTEN']);
    await clock.advance(4000);
    expect(starts).toBe(4);
    expect(failures).toEqual(['LISTEN', 'LISTEN', 'LISTEN']);
    await clock.advance(2000);
    expect(hinderedIn(standing)).toEqual([]);
    stop.abort();
    await kept;
    expect([starts, clock.pending()]).toEqual([4, 0]);
  });

  it('is started again soon when it ran for long', async () => {
    let starts = 0;
    const { clock, stop, kept } = setup({
      serve: async (signal) => {
        starts++;
        await untilPast(starts > 3 ? 120_000 : 0, signal);
        throw taken;
      },
    });
    const untilPast = (ms: number, signal: AbortSignal): Promise<void> => clock.sleep(ms, signal);
    // Three quick failures, a long run, and one second.
    await clock.advance(1000 + 2000 + 4000 + 120_000 + 1000);
    expect(starts).toBe(5);
    stop.abort();
    await kept;
  });

  it('may not end by itself', async () => {
    let starts = 0;
    const { clock, stop, standing, kept } = setup({
      serve: async () => {
        starts++;
      },
    });
    await clock.advance(0);
    expect(hinderedIn(standing)).toEqual(['serving: SERVING_ENDED']);
    await clock.advance(3_600_000);
    expect(starts).toBeLessThan(130);
    stop.abort();
    await kept;
  });

  it('may not be there', async () => {
    const { kept, standing } = setup({});
    await kept;
    expect(hinderedIn(standing)).toEqual([]);
  });

  it('does not fail because it is stopped', async () => {
    const { stop, kept, failures, clock } = setup({
      serve: async (signal) => {
        await untilAborted(signal);
        signal.throwIfAborted();
      },
    });
    await clock.advance(0);
    stop.abort();
    await kept;
    expect(failures).toEqual([]);
  });
});
