import type { JsonObject } from '../lib/json.ts';
import { type Reader, reader } from './reader.ts';
import {
  type AgentIdentity,
  type AgentService,
  type ApiKey,
  type ComponentUsage,
  type ImportRequest,
  type MeteredResource,
  type Offering,
  type OfferingComponent,
  ORDER_STATES,
  type Order,
  type OrderType,
  type Plan,
  type ProjectRef,
  RESOURCE_STATES,
  type Resource,
  type User,
} from './types.ts';

/** Wire JSON to our types. All throw AgentError `WALDUR_BAD_ANSWER` for a missing must-have, and nothing else. */

const ORDER_TYPES: readonly OrderType[] = ['Create', 'Update', 'Terminate', 'Restore'];

export function decodeOrder(value: unknown): Order {
  const row = reader('order', value);
  return {
    uuid: row.uuid('uuid'),
    type: row.oneOf('type', ORDER_TYPES),
    state: row.oneOf('state', ORDER_STATES),
    offering: row.uuid('offering_uuid'),
    // `resource_uuid` is something else in this object.
    resource: row.uuid('marketplace_resource_uuid'),
    resourceName: row.text('resource_name'),
    attributes: row.object('attributes'),
    limits: row.object('limits'),
    plan: row.uuidOrNone('plan_uuid'),
    oldPlan: row.uuidOrNone('old_plan_uuid'),
    newPlan: row.uuidOrNone('new_plan_uuid'),
    created: row.text('created'),
    modified: row.text('modified'),
    startDate: row.text('start_date') || undefined,
    providerMessage: row.text('provider_message'),
    customerSlug: row.text('customer_slug'),
    projectSlug: row.text('project_slug'),
    createdBy: row.text('created_by_username'),
  };
}

export function decodeResource(value: unknown): Resource {
  const row = reader('resource', value);
  return {
    uuid: row.uuid('uuid'),
    name: row.text('name'),
    state: row.oneOf('state', RESOURCE_STATES),
    backendId: row.text('backend_id'),
    offering: row.uuid('offering_uuid'),
    plan: row.uuidOrNone('plan_uuid'),
    project: row.uuidOrNone('project_uuid'),
    projectSlug: row.text('project_slug'),
    customerSlug: row.text('customer_slug'),
    attributes: row.object('attributes'),
    options: row.object('options'),
    limits: row.object('limits'),
    backendMetadata: row.object('backend_metadata'),
    endpoints: row
      .objects('endpoints')
      .map((item) => reader('endpoint', item))
      .map((endpoint) => ({ name: endpoint.text('name'), url: endpoint.text('url') })),
    paused: row.flag('paused'),
    downscaled: row.flag('downscaled'),
    restrictMemberAccess: row.flag('restrict_member_access'),
    hasApiKeys: row.flag('has_api_keys'),
    errorMessage: row.text('error_message'),
  };
}

export function decodeApiKey(value: unknown): ApiKey {
  const row = reader('API key', value);
  return {
    uuid: row.uuid('uuid'),
    resource: row.uuid('resource_uuid'),
    clientId: row.text('client_id') || undefined,
    state: row.needText('state'),
    // An erred row names the command that failed: it waits for the consumer, not for us.
    pendingAction: row.text('state') === 'Erred' ? undefined : row.text('pending_action') || undefined,
    modified: row.text('modified'),
  };
}

export function decodeImportRequest(value: unknown): ImportRequest {
  const row = reader('import request', value);
  return { uuid: row.uuid('uuid'), state: row.needText('state') };
}

export function decodeProject(value: unknown): ProjectRef {
  const row = reader('project', value);
  return { uuid: row.uuid('uuid'), slug: row.text('slug'), customerSlug: row.text('customer_slug') };
}

export function decodeMetered(value: unknown): MeteredResource {
  const row = reader('resource', value);
  return {
    uuid: row.uuid('uuid'),
    name: row.text('name'),
    state: row.oneOf('state', RESOURCE_STATES),
    backendId: row.text('backend_id'),
    plan: row.uuidOrNone('plan_uuid'),
    currentUsages: row.object('current_usages'),
  };
}

export function decodeOffering(value: unknown): Offering {
  const row = reader('offering', value);
  return {
    uuid: row.uuid('uuid'),
    name: row.text('name'),
    type: row.needText('type'),
    state: row.needText('state'),
    customer: row.uuidOrNone('customer_uuid'),
    components: row.objects('components').map(decodeComponent),
    pluginOptions: row.object('plugin_options'),
  };
}

function decodeComponent(value: JsonObject): OfferingComponent {
  const row = reader('offering component', value);
  return {
    uuid: row.uuid('uuid'),
    type: row.needText('type'),
    name: row.text('name'),
    measuredUnit: row.text('measured_unit'),
    billingType: row.text('billing_type'),
    raw: row.raw,
  };
}

export function decodePlan(value: unknown): Plan {
  const row = reader('plan', value);
  return { uuid: row.uuid('uuid'), name: row.text('name'), quotas: row.object('quotas') };
}

export function decodeUsage(value: unknown): ComponentUsage {
  const row = reader('component usage', value);
  return {
    uuid: row.uuid('uuid'),
    resource: row.uuid('resource_uuid'),
    type: row.needText('type'),
    usage: row.raw['usage'] ?? null,
    billingPeriod: month(row),
  };
}

function month(row: Reader): string {
  return row.needText('billing_period').slice(0, '2026-08-01'.length);
}

export function decodeUserUsage(value: unknown): Pick<
  ComponentUsage,
  'resource' | 'type' | 'usage' | 'billingPeriod'
> & {
  readonly username: string;
} {
  const row = reader('user usage', value);
  return {
    resource: row.uuid('resource_uuid'),
    type: row.needText('component_type'),
    username: row.text('username'),
    usage: row.raw['usage'] ?? null,
    billingPeriod: month(row),
  };
}

/** Servers trim what a user may see of itself: nothing but being an object is required. */
export function decodeUser(value: unknown): User {
  const row = reader('user', value);
  const lifetime = row.raw['token_lifetime'];
  return {
    uuid: row.uuidOrNone('uuid') ?? '',
    username: row.text('username'),
    isStaff: row.flag('is_staff'),
    tokenLifetime: typeof lifetime === 'number' ? lifetime : undefined,
    permissions: row
      .objects('permissions')
      .map((item) => reader('permission', item))
      .map(decodePermission),
  };
}

function decodePermission(row: Reader): User['permissions'][number] {
  const may = row.raw['permissions'];
  return {
    role: row.text('role_name'),
    scopeType: row.text('scope_type'),
    scope: row.uuidOrNone('scope_uuid'),
    ...(Array.isArray(may) ? { may: may.filter((name) => typeof name === 'string') } : {}),
  };
}

export function decodeIdentity(value: unknown): AgentIdentity {
  const row = reader('agent identity', value);
  return { uuid: row.uuid('uuid'), name: row.text('name') };
}

export function decodeService(value: unknown): AgentService {
  const row = reader('agent service', value);
  return { uuid: row.uuid('uuid'), name: row.text('name'), state: row.text('state') };
}
