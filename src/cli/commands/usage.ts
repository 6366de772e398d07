import { inspectResource } from '../../admin/usage.ts';
import { openExistingStore } from '../../store/open-store.ts';
import { duePeriods } from '../../usage/period.ts';
import { askedPeriod } from '../asked-period.ts';
import { connect } from '../connect.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { loadConfiguration } from '../load.ts';
import type { Invocation } from '../parse.ts';
import { renderUsage } from '../render-usage.ts';
import { selectOfferings } from '../select-offerings.ts';
import { usageError } from '../usage-error.ts';

/** What one resource used in a month, and how that is known. */
export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const config = await loadConfiguration(invocation, io);
  const offerings = selectOfferings(config.offerings, invocation.values.get('offering'));
  const [wanted] = invocation.positionals;
  const [current] = duePeriods(io.clock.now(), config.timezone, 1, 'current');
  const period = askedPeriod(invocation, config, io) ?? current;
  if (wanted === undefined || period === undefined) throw usageError('which resource?', 'agent usage RESOURCE');
  const peers = connect(invocation, io, await openExistingStore(config.state, io.clock));
  const usage = await inspectResource(wanted, offerings, config, peers, period, io.signal);
  if (invocation.flags.has('json')) {
    const samples = usage.samples.map(({ at, component, quantity }) => ({
      at: at.toISOString(),
      component,
      quantity: String(quantity),
    }));
    writeJson(io.stdout, { version: 1, ...usage, samples });
  } else {
    io.stdout.write(renderUsage(usage, io.stdout.style));
  }
  return EXIT.ok;
}
