import type { OfferingConfig } from '../config/types.ts';
import { AgentError } from '../lib/errors.ts';
import { isJsonObject, type Json, type JsonObject, sameJson } from '../lib/json.ts';
import { attributeReader } from '../plugin/attributes.ts';
import type { Quota } from '../plugin/contract.ts';
import type { LimitRules } from '../plugin/limit-rules.ts';
import { accountName, isSafeAccount } from '../plugin/naming.ts';
import type { Order, Resource } from '../waldur/types.ts';
import { orderedAttributes } from './attributes.ts';
import { cleanName } from './clean-name.ts';
import { isErredByUs } from './erred-by-us.ts';
import { type OrderKind, orderKind } from './kind.ts';
import { type LimitSources, needsPlan } from './limit-sources.ts';
import { orderedLimits } from './limits.ts';
import type { Problem } from './problem.ts';

/** The account as it should be, as far as that can be meant: what cannot is in `problems` and in nothing else. */
export interface Desired {
  /** The stored id, or the computed name of an account that is to be made. */
  readonly account: string;
  /** UUID of the resource: the stamp. */
  readonly resource: string;
  readonly displayName: string;
  /** User name of the person whose order makes it, where that is known. */
  readonly orderedBy?: string;
  readonly suspended: boolean;
  /** Downscaled: no growth beyond what it holds. */
  readonly isFrozen: boolean;
  /** What the backend can keep of the limit of a frozen account. */
  readonly byteRules: LimitRules;
  /** Whether it gets accounts and keys that are missing. One that is Erred without our doing may not be paid for. */
  readonly isServed: boolean;
  /** Only the dimensions that were ordered. */
  readonly quota: Partial<Quota>;
  /** Those that were ordered, and the offering's own defaults for the others, in the normal form of the plugin; null is unset. */
  readonly attributes: JsonObject;
  /** Attributes that may be changed after the creation. */
  isChangeable(attribute: string): boolean;
  readonly problems: readonly Problem[];
  /** For the consumer: what is not exactly as ordered. */
  readonly notes: readonly string[];
}

/**
 * What `order` (none in an upkeep pass) makes of `resource`.
 *
 * @throws AgentError terminal `ORDER_ACCOUNT_UNSAFE`.
 */
export function desired(
  offering: OfferingConfig,
  resource: Resource,
  order: Order | undefined,
  planQuotas: JsonObject,
): Desired {
  const { plugin } = offering;
  const reader = attributeReader(plugin.attributes);
  const from = sources(resource, order);
  // What an order that is being carried out elsewhere will have made of it is unknown.
  const isInFlight = order === undefined && resource.state === 'Updating';
  const limits = isInFlight
    ? { quota: {}, problems: [], rounded: [] }
    : orderedLimits(offering.components, plugin.components, { ...from, planQuotas });
  const ordered = isInFlight ? { attributes: {}, problems: [] } : orderedAttributes(reader, from);
  return {
    account: account(offering, resource),
    resource: resource.uuid,
    displayName: cleanName(resource.name),
    ...orderer(order),
    suspended: resource.paused,
    isFrozen: resource.downscaled,
    byteRules: byteRules(offering),
    isServed: order !== undefined || resource.state !== 'Erred' || isErredByUs(resource),
    quota: limits.quota,
    attributes: isInFlight ? {} : { ...plugin.defaultAttributes?.(offering.settings), ...ordered.attributes },
    isChangeable: (attribute) => reader?.isChangeable(attribute) === true,
    problems: [...limits.problems, ...ordered.problems],
    notes: limits.rounded,
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
    hint: 'The backend id of the resource was changed; set it back.',
  });
}

function orderer(order: Order | undefined): Pick<Desired, 'orderedBy'> {
  const isCreation = order !== undefined && orderKind(order) === 'create';
  return isCreation && order.createdBy !== '' ? { orderedBy: order.createdBy } : {};
}

function sources(resource: Resource, order: Order | undefined): Omit<LimitSources, 'planQuotas'> {
  const kind = order && orderKind(order);
  const ordersLimits = kind !== undefined && ORDERS_LIMITS.includes(kind);
  return {
    newOptions: kind === 'options' ? objectOf(order?.attributes['new_options']) : {},
    options: resource.options,
    // A plan or options order carries the unchanged limits, a limits order the new ones.
    limits: order && ordersLimits ? { ...resource.limits, ...order.limits } : resource.limits,
    attributes: kind === 'create' ? { ...resource.attributes, ...order?.attributes } : resource.attributes,
    changedLimits: order && kind === 'limits' ? changedLimits(resource, order) : [],
  };
}

const ORDERS_LIMITS: readonly OrderKind[] = ['create', 'limits', 'renewal'];

function changedLimits(resource: Resource, order: Order): readonly string[] {
  const old = objectOf(order.attributes['old_limits']);
  return Object.keys(order.limits).filter((type) => !sameJson(order.limits[type], old[type] ?? resource.limits[type]));
}

function byteRules({ plugin }: OfferingConfig): LimitRules {
  const limiting = Object.values(plugin.components).find(({ unit, limit }) => unit === 'bytes' && limit !== false);
  return limiting === undefined || limiting.limit === false ? {} : limiting.limit;
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
