import { toAgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../monitor/metrics.ts';

/** Waits for loops that end when the signal fires. One that ends by a failure is a bug: it is logged and counted. */
export async function runAll(
  loops: readonly Promise<unknown>[],
  { log, metrics }: { readonly log: Log; readonly metrics: Pick<Metrics, 'error'> },
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    loops.map((loop) =>
      loop.catch((thrown: unknown) => {
        if (signal.aborted) return;
        const error = toAgentError(thrown);
        metrics.error(error);
        log.error({ err: error }, 'a part of the offering stopped');
      }),
    ),
  );
}
