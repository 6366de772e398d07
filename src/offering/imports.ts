import type { Clock } from '../lib/clock.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Random } from '../lib/retry.ts';
import { answerImports, type ImportDeps } from '../upkeep/imports.ts';
import { createPulse, type Pulse } from './loop.ts';

const INTERVAL_MS = 30 * 60_000;

/** Answers import requests: at the start, when kicked by an event, and now and then because events get lost. */
export function createImporting(
  deps: ImportDeps & { readonly clock: Clock; readonly random: Random; failed(error: AgentError): void },
  signal: AbortSignal,
): Pulse {
  return createPulse({
    intervalMs: () => INTERVAL_MS,
    clock: deps.clock,
    random: deps.random,
    beat: async () => {
      try {
        await answerImports(deps, signal);
      } catch (error) {
        if (signal.aborted) return;
        deps.failed(toAgentError(error));
        deps.log.warn({ err: toAgentError(error) }, 'import requests wait for the next pass');
      }
    },
  });
}
