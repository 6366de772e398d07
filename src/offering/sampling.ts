import type { Clock } from '../lib/clock.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Random } from '../lib/retry.ts';
import type { Sampler } from '../usage/sampler.ts';
import { createPulse } from './loop.ts';

export interface SamplingDeps {
  readonly sampler: Sampler;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: Random;
  failed(error: AgentError): void;
}

/** Samples the usage of an offering at once and at the interval, until the signal fires. */
export function runSampling(
  { sampler, intervalMs, clock, random, failed }: SamplingDeps,
  signal: AbortSignal,
): Promise<void> {
  const pulse = createPulse({
    intervalMs: () => intervalMs,
    clock,
    random,
    beat: async () => {
      try {
        const { failure } = await sampler.pass(signal);
        if (failure !== undefined) failed(failure);
      } catch (error) {
        if (!signal.aborted) failed(toAgentError(error));
      }
    },
  });
  return pulse.run(signal);
}
