import { attempt, type OfferingContext } from './context.ts';
import { createLoop, type Loop } from './loop.ts';

/** Samples the usage of all accounts at once and at the interval; no loop where the backend has a history of its own. */
export function createSampling(context: OfferingContext): readonly Loop[] {
  const { sampler } = context.usage;
  if (sampler === undefined) return [];
  const turn = (signal: AbortSignal): Promise<void> =>
    attempt(context, 'samples', signal, async () => {
      const { failure } = await sampler.pass(signal);
      if (failure !== undefined) throw failure;
    });
  const { clock, random } = context;
  return [createLoop({ intervalMs: () => context.config.sampleIntervalMs, clock, random, turn })];
}
