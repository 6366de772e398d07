import type { OfferingConfig } from '../config/types.ts';
import { toAgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { toCents } from '../lib/units.ts';
import type { Metering, Usage } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import type { MeteredResource } from '../waldur/types.ts';
import { amountOf, type ReportedComponent } from './build.ts';
import type { Ledger } from './ledger.ts';

/** The same usage by user, for backends that can tell; only amounts that changed. A failure never holds up the rest. */
export async function reportUserUsage(
  deps: { readonly offering: OfferingConfig; readonly waldur: Waldur; readonly log: Log },
  components: readonly ReportedComponent[],
  measured: readonly { readonly resource: MeteredResource; readonly usage: Usage | undefined }[],
  ledger: Ledger,
  signal: AbortSignal,
): Promise<void> {
  const withUsers = measured.filter(({ usage }) => usage?.users !== undefined);
  if (withUsers.length === 0) return;
  // Records made a moment ago have no UUID yet on our side.
  await ledger.read(signal);
  const recorded = new Map<string, bigint | undefined>();
  const query = { offering: deps.offering.uuid, billingPeriod: ledger.billingPeriod };
  for await (const item of deps.waldur.usages.listUsers(query, signal)) {
    recorded.set(`${item.resource}/${item.type}/${item.username}`, toCents(item.usage));
  }
  for (const { resource, usage } of withUsers) {
    for (const component of components.filter(({ isOpen }) => isOpen)) {
      const record = ledger.record(resource.uuid, component.type);
      if (record === undefined) continue;
      const changed = amounts(usage, component, deps.offering.metering).filter(
        ({ username, usage: amount }) =>
          recorded.get(`${resource.uuid}/${component.type}/${username}`) !== toCents(amount),
      );
      if (changed.length === 0) continue;
      try {
        await deps.waldur.usages.submitUsers(record, changed, signal);
      } catch (error) {
        signal.throwIfAborted();
        deps.log.warn({ err: toAgentError(error), resource: resource.uuid }, 'usage by user was not accepted');
      }
    }
  }
}

function amounts(
  usage: Usage | undefined,
  component: ReportedComponent,
  metering: Metering,
): { username: string; usage: string }[] {
  return Object.entries(usage?.users ?? {}).flatMap(([username, quantities]) => {
    const quantity = quantities[component.backendName];
    return quantity === undefined ? [] : [{ username, usage: amountOf(quantity, component, metering) }];
  });
}
