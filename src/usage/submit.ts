import { toAgentError } from '../lib/errors.ts';
import { forEachLimited } from '../lib/for-each-limited.ts';
import type { Log } from '../lib/log.ts';
import type { Waldur } from '../waldur/client.ts';
import type { UsageReport } from '../waldur/types.ts';
import type { Built } from './build.ts';
import type { ServerFacts } from './server-facts.ts';
import type { Tally } from './tally.ts';

const SUBMITS_AT_ONCE = 8;

/**
 * Sends what is new and counts what became of each resource. One resource's failure never holds up another.
 *
 * @param sent is told of each report that Waldur has taken; undefined sends nothing
 * @throws AgentError operator: our credentials fail for every resource alike
 */
export async function submitAll(
  deps: { readonly waldur: Waldur; readonly facts: ServerFacts; readonly log: Log },
  built: readonly Built[],
  tally: Tally,
  sent: ((report: UsageReport) => void) | undefined,
  signal: AbortSignal,
): Promise<void> {
  await forEachLimited(built, SUBMITS_AT_ONCE, signal, async ({ lines, report }) => {
    tally.guarded += lines.filter(({ status }) => status === 'guarded').length;
    tally.lost += lines.filter(({ status }) => status === 'lost').length;
    if (report === undefined) {
      tally[lines.some(({ status }) => status === 'unreadable') ? 'missing' : 'unchanged']++;
      return;
    }
    try {
      if (sent !== undefined) {
        await deps.waldur.usages.submit(report, signal);
        sent(report);
      }
      tally.submitted++;
    } catch (error) {
      signal.throwIfAborted();
      const failure = toAgentError(error);
      if (failure.disposition === 'operator') throw failure;
      tally.failed++;
      // A component may be billed in another way by now.
      deps.facts.forget();
      deps.log.warn({ err: failure, resource: report.resource }, 'usage was not accepted');
    }
  });
}
