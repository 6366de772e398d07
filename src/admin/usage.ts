import type { Config, OfferingConfig } from '../config/types.ts';
import { AgentError } from '../lib/errors.ts';
import { toUuid } from '../lib/ids.ts';
import { createUsage } from '../usage/create-usage.ts';
import type { Inspection } from '../usage/inspect.ts';
import { METERED_STATES } from '../usage/metered-states.ts';
import type { Period } from '../usage/period.ts';
import type { Waldur } from '../waldur/client.ts';
import type { MeteredResource } from '../waldur/types.ts';
import { type Peers, withPeers } from './peers.ts';

/** The usage of one resource in one month. */
export interface ResourceUsage extends Inspection {
  readonly offering: string;
  readonly metering: OfferingConfig['metering'];
  readonly isSampled: boolean;
  /** `2026-08`. */
  readonly period: string;
  readonly resource: { readonly uuid: string; readonly name: string; readonly account: string };
}

/**
 * Looks for a resource by UUID, name or account in the offerings, one after the other.
 *
 * @throws AgentError terminal `RESOURCE_UNKNOWN` when none has it
 */
export async function inspectResource(
  wanted: string,
  offerings: readonly OfferingConfig[],
  config: Pick<Config, 'timezone' | 'report' | 'sampleIntervalMs'>,
  peers: Peers,
  period: Period,
  signal: AbortSignal,
): Promise<ResourceUsage> {
  for (const offering of offerings) {
    const found = await withPeers(peers, offering, async (opened): Promise<ResourceUsage | undefined> => {
      const resource = await findResource(wanted, offering, opened.waldur, signal);
      if (resource === undefined) return undefined;
      const { timezone, report, sampleIntervalMs } = config;
      const usage = createUsage({ ...peers, ...opened, offering, timezone, ...report, sampleIntervalMs });
      const { uuid, name, backendId: account } = resource;
      return {
        offering: offering.name,
        metering: offering.metering,
        isSampled: offering.isSampled,
        period: period.billingPeriod.slice(0, 7),
        resource: { uuid, name, account },
        ...(await usage.inspect(resource, period, signal)),
      };
    });
    if (found !== undefined) return found;
  }
  throw new AgentError(`no offering has a resource ${JSON.stringify(wanted.slice(0, 100))}`, {
    code: 'RESOURCE_UNKNOWN',
    disposition: 'terminal',
    hint: 'name its UUID, its name or its account',
  });
}

const ENDED_STATES = ['Erred', 'Terminated'] as const;

async function findResource(
  wanted: string,
  offering: OfferingConfig,
  waldur: Waldur,
  signal: AbortSignal,
): Promise<MeteredResource | undefined> {
  const uuid = toUuid(wanted);
  // A name may be used again: one that is in use comes first.
  for (const states of [METERED_STATES, ENDED_STATES]) {
    for await (const page of waldur.resources.listMetered({ offering: offering.uuid, states }, signal)) {
      const found = page.find((one) => one.uuid === uuid || one.backendId === wanted || one.name === wanted);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
