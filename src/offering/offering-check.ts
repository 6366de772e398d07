import { toAgentError } from '../lib/errors.ts';
import type { OfferingContext } from './context.ts';
import { createLoop, type Loop } from './loop.ts';

const INTERVAL_MS = 10 * 60_000;
const RETRY_MS = 60_000;

/**
 * Asks Waldur for the offering itself: a filter by an unknown offering lists no orders and is no error, so nothing else
 * would notice. Any other failure says nothing here, because reading the orders fails in the same way.
 */
export function createOfferingCheck(context: OfferingContext): Loop {
  const { waldur, offering, standing } = context;
  return createLoop({
    intervalMs: () => (standing.can('offering') ? INTERVAL_MS : RETRY_MS),
    clock: context.clock,
    random: context.random,
    turn: async (signal) => {
      try {
        await waldur.offerings.get(offering.uuid, signal);
        standing.clear('offering');
      } catch (thrown) {
        if (signal.aborted) return;
        const error = toAgentError(thrown);
        if (error.code === 'WALDUR_NOT_FOUND') standing.hinder('offering', error);
      }
    },
  });
}
