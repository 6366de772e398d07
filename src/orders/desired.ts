import type { OfferingConfig } from '../config/types.ts';
import { AgentError } from '../lib/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import type { Quota } from '../plugin/contract.ts';
import { accountName, isSafeAccount } from '../plugin/naming.ts';
import type { Order, Resource } from '../waldur/types.ts';
import { orderKind } from './kind.ts';
import { type LimitSources, needsPlan, orderedQuota } from './limits.ts';

/** The account as it should be. */
export interface Desired {
  readonly account: string;
  /** UUID of the resource: the stamp. */
  readonly resource: string;
  readonly displayName: string;
  readonly suspended: boolean;
  /** Downscaled: no growth beyond what it holds. */
  readonly isFrozen: boolean;
  /** Only the dimensions that were ordered. */
  readonly quota: Partial<Quota>;
}

/**
 * What `order` (none in an upkeep pass) makes of `resource`.
 *
 * @throws AgentError terminal `ORDER_*` with a text for the consumer.
 */
export function desired(
  offering: OfferingConfig,
  resource: Resource,
  order: Order | undefined,
  planQuotas: JsonObject,
): Desired {
  return {
    account: account(offering, resource),
    resource: resource.uuid,
    displayName: displayName(resource.name),
    suspended: resource.paused,
    isFrozen: resource.downscaled,
    quota: orderedQuota(offering.components, offering.plugin.components, { ...sources(resource, order), planQuotas }),
  };
}

/** The plan whose quotas decide, when nothing closer to the consumer does. */
export function decidingPlan(
  offering: OfferingConfig,
  resource: Resource,
  order: Order | undefined,
): string | undefined {
  if (order !== undefined && orderKind(order) === 'plan') return order.newPlan ?? order.plan;
  return needsPlan(offering.components, sources(resource, order)) ? (order?.plan ?? resource.plan) : undefined;
}

/** `backend_id` once it is stored, and the computed name before: slugs can be renamed, accounts cannot. */
export function account(offering: OfferingConfig, resource: Resource): string {
  const name =
    resource.backendId ||
    accountName(
      { organisation: resource.customerSlug, project: resource.projectSlug, resource: resource.uuid },
      offering.plugin.naming(offering.settings),
    );
  if (isSafeAccount(name)) return name;
  throw new AgentError('The backend id of this resource is not a name this storage could have given.', {
    code: 'ORDER_ACCOUNT_UNSAFE',
    disposition: 'terminal',
    hint: 'Somebody changed the backend id of the resource; set it back.',
  });
}

function sources(resource: Resource, order: Order | undefined): Omit<LimitSources, 'planQuotas'> {
  const kind = order && orderKind(order);
  const ordersLimits = kind === 'create' || kind === 'limits' || kind === 'renewal';
  return {
    newOptions: objectOf(order?.attributes['new_options']),
    options: resource.options,
    // A plan or options order carries the unchanged limits, a limits order the new ones.
    limits: order && ordersLimits ? { ...resource.limits, ...order.limits } : resource.limits,
    attributes: kind === 'create' ? { ...resource.attributes, ...order?.attributes } : resource.attributes,
  };
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

const LONGEST_NAME = 150;

/** It is shown at the backend, so it must be something that can be shown. */
function displayName(name: string): string {
  const problem =
    name.trim() === ''
      ? 'is empty'
      : name.length > LONGEST_NAME
        ? `is longer than ${LONGEST_NAME} characters`
        : /[\p{C}/\\]|^\.+$/u.test(name)
          ? 'has a slash or a character that cannot be shown'
          : undefined;
  if (problem === undefined) return name.trim();
  throw new AgentError(`The name of the resource ${problem}.`, {
    code: 'ORDER_NAME_INVALID',
    disposition: 'terminal',
    hint: 'Place the order again with an ordinary name.',
  });
}
