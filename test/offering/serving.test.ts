import { describe, expect, it } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { keepServing } from '../../src/offering/serving.ts';
import { manualClock } from '../fakes/clock.ts';

const log = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => log };
const taken = new AgentError('the address is taken', { code: 'LISTEN', disposition: 'operator' });

describe('the running part of a backend', () => {
  it('is started again until it runs, and every failure is reported', async () => {
    const clock = manualClock();
    const stop = new AbortController();
    const failures: string[] = [];
    let starts = 0;
    const serve = async (signal: AbortSignal): Promise<void> => {
      if (++starts < 4) throw taken;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    };
    const failed = ({ code }: AgentError): void => void failures.push(code);
    const kept = keepServing({ backend: { serve }, clock, random: () => 0.5, log, failed }, stop.signal);
    await clock.advance(1000);
    expect(starts).toBe(2);
    await clock.advance(1999);
    expect(starts).toBe(2);
    await clock.advance(1);
    expect(starts).toBe(3);
    await clock.advance(4000);
    expect(failures).toEqual(['LISTEN', 'LISTEN', 'LISTEN']);
    stop.abort();
    await kept;
    expect([starts, clock.pending()]).toEqual([4, 0]);
  });

  it('is begun again soon when it ran for long', async () => {
    const clock = manualClock();
    const stop = new AbortController();
    let starts = 0;
    const serve = async (signal: AbortSignal): Promise<void> => {
      starts++;
      await clock.sleep(starts > 3 ? 120_000 : 0, signal);
      throw taken;
    };
    const kept = keepServing({ backend: { serve }, clock, random: () => 0.5, log, failed: ignore }, stop.signal);
    // Three quick failures, a long run, and one second.
    await clock.advance(1000 + 2000 + 4000 + 120_000 + 1000);
    expect(starts).toBe(5);
    stop.abort();
    await kept;
  });

  it('may not be there', async () => {
    const deps = { backend: {}, clock: manualClock(), random: () => 0, log, failed: ignore };
    await keepServing(deps, new AbortController().signal);
  });

  it('does not fail because it is stopped', async () => {
    const stop = new AbortController();
    const serve = async (signal: AbortSignal): Promise<void> => {
      stop.abort();
      signal.throwIfAborted();
    };
    const failed = (): never => {
      throw new Error('reported');
    };
    await keepServing({ backend: { serve }, clock: manualClock(), random: () => 0, log, failed }, stop.signal);
  });
});

function ignore(): void {}
