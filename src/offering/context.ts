import type { Config, OfferingConfig } from '../config/types.ts';
import { toAgentError } from '../lib/errors.ts';
import type { Random } from '../lib/retry.ts';
import type { Ability } from '../monitor/hindrance.ts';
import type { Metrics } from '../monitor/metrics.ts';
import { createOrderRates, type OrderRates } from '../monitor/order-rates.ts';
import type { HandleDeps } from '../orders/handle.ts';
import { createKeyStore } from '../orders/key-store.ts';
import { createPlanQuotas } from '../orders/plan-quotas.ts';
import type { Backend } from '../plugin/contract.ts';
import { createSeenResources, type SeenResources } from '../upkeep/seen-resources.ts';
import { createUsage, type OfferingUsage } from '../usage/create-usage.ts';
import { createOfferingJournal, type OfferingJournal } from './offering-journal.ts';
import { recordedBackend } from './recorded-backend.ts';
import { recordedWaldur } from './recorded-waldur.ts';
import { createResourceHistory } from './resource-history.ts';
import type { Shared } from './shared.ts';
import type { Standing } from './standing.ts';

/** What every part on the Waldur side of an offering works with. */
export interface OfferingContext extends HandleDeps {
  readonly config: Config;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly standing: Standing;
  readonly usage: OfferingUsage;
  /** What is known of them without asking anyone. */
  readonly resources: SeenResources;
  readonly rates: OrderRates;
  readonly journal: OfferingJournal;
}

export function createContext(
  offering: OfferingConfig,
  shared: Shared,
  plainBackend: Backend,
  standing: Standing,
): OfferingContext {
  const { config, clock, random, metrics, store } = shared;
  const journal = createOfferingJournal({ offering: offering.uuid, journal: shared.journal, clock });
  const attributes = offering.plugin.attributes?.schema;
  const backend = recordedBackend(plainBackend, { journal, clock, attributes });
  const waldur = recordedWaldur(shared.waldur(offering.waldur), { journal, clock });
  const log = shared.log.child({ offering: offering.name });
  const keys = createKeyStore({ offering, waldur, clock, random });
  const planQuotas = createPlanQuotas(waldur, clock);
  const { timezone, report, sampleIntervalMs } = config;
  const onImplausible = (): void => metrics.readingRefused({ offering: offering.name });
  const peers = { offering, waldur, backend, store, clock, log };
  const usage = createUsage({ ...peers, ...report, timezone, sampleIntervalMs, onImplausible });
  const reportFinal: HandleDeps['reportFinal'] = async (resource, orderedAt, signal) => {
    await usage.reporter.reportFinal(resource, orderedAt, signal);
    journal.record(
      { resource: resource.uuid },
      { kind: 'waldur', call: 'report-last-usage', ms: 0, details: { account: resource.backendId } },
    );
  };
  const failed = (err: unknown): void => log.debug({ err }, 'the history of resources was not kept');
  const resources = createSeenResources(
    clock,
    createResourceHistory({ offering: offering.uuid, store, clock, failed }),
  );
  const seen: HandleDeps['seen'] = (resource, observed) => resources.note(resource, observed);
  const orders = { offering, waldur, backend, keys, planQuotas, reportFinal, seen, clock, log };
  const rates = createOrderRates(clock);
  return { ...orders, config, random, metrics, standing, usage, resources, rates, journal };
}

/**
 * Runs one pass of a part: its failure hinders the ability, its success clears it. A failure while the signal has fired
 * is the end of the part and says nothing.
 */
export async function attempt(
  { standing, metrics }: Pick<OfferingContext, 'standing' | 'metrics'>,
  ability: Ability,
  signal: AbortSignal,
  pass: () => Promise<void>,
): Promise<void> {
  try {
    await pass();
    standing.clear(ability);
  } catch (thrown) {
    if (signal.aborted) return;
    const error = toAgentError(thrown);
    metrics.error(error);
    standing.hinder(ability, error);
  }
}
