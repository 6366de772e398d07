import { answerImports } from '../upkeep/imports.ts';
import { attempt, type OfferingContext } from './context.ts';
import { createLoop, type Loop } from './loop.ts';

const INTERVAL_MS = 30 * 60_000;
const FLOOR_MS = 5_000;

/** Replies to import requests: at the start, when woken by an event, and now and then because events get lost. */
export function createImports(context: OfferingContext, signal: AbortSignal): Loop {
  return createLoop({
    intervalMs: () => INTERVAL_MS,
    floorMs: FLOOR_MS,
    clock: context.clock,
    random: context.random,
    turn: () => attempt(context, 'imports', signal, () => answerImports(context, signal)),
  });
}
