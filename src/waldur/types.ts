import type { Uuid } from '../lib/ids.ts';
import type { Json, JsonObject } from '../lib/json.ts';

/** Waldur's objects as the agent reads them: only what it uses, names in camel case, UUIDs normalised. */

export const ORDER_STATES = [
  'pending-consumer',
  'pending-provider',
  'pending-project',
  'pending-start-date',
  'executing',
  'done',
  'erred',
  'canceled',
  'rejected',
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

export type OrderType = 'Create' | 'Update' | 'Terminate' | 'Restore';

export interface Order {
  readonly uuid: Uuid;
  readonly type: OrderType;
  readonly state: OrderState;
  readonly offering: Uuid;
  /** `marketplace_resource_uuid`: the resource the order is about. */
  readonly resource: Uuid;
  readonly resourceName: string;
  readonly attributes: JsonObject;
  readonly limits: JsonObject;
  readonly plan: Uuid | undefined;
  readonly oldPlan: Uuid | undefined;
  readonly newPlan: Uuid | undefined;
  readonly created: string;
  readonly modified: string;
  readonly startDate: string | undefined;
  /** The waiting text shown to the consumer. */
  readonly providerMessage: string;
  /** Of the consumer's organisation; empty where the server does not tell. Resources of 2024 do not say theirs. */
  readonly customerSlug: string;
  readonly projectSlug: string;
  /** User name of the person who placed it; empty where the server does not tell. */
  readonly createdBy: string;
}

export const RESOURCE_STATES = ['Creating', 'OK', 'Erred', 'Updating', 'Terminating', 'Terminated'] as const;
export type ResourceState = (typeof RESOURCE_STATES)[number];

export interface Resource {
  readonly uuid: Uuid;
  readonly name: string;
  readonly state: ResourceState;
  /** Empty until the account exists. */
  readonly backendId: string;
  readonly offering: Uuid;
  readonly plan: Uuid | undefined;
  readonly project: Uuid | undefined;
  readonly projectSlug: string;
  readonly customerSlug: string;
  readonly attributes: JsonObject;
  readonly options: JsonObject;
  readonly limits: JsonObject;
  readonly backendMetadata: JsonObject;
  readonly endpoints: readonly { readonly name: string; readonly url: string }[];
  readonly paused: boolean;
  readonly downscaled: boolean;
  readonly restrictMemberAccess: boolean;
  /** Whether Waldur keeps API keys of it, whatever became of them. */
  readonly hasApiKeys: boolean;
  /** Why it is Erred, in the words of whoever said so. */
  readonly errorMessage: string;
}

/** Waldur's record of an access key. Its secret is never sent to a provider. */
export interface ApiKey {
  readonly uuid: Uuid;
  readonly resource: Uuid;
  /** The access key id at the backend; undefined for a key that newer servers ask us to make. */
  readonly clientId: string | undefined;
  /** `Creating`, `OK`, `Updating` (a rotation waits for us), `Erred`; newer servers have more. */
  readonly state: string;
  /** What newer servers wait for: `rotate`, or another command. */
  readonly pendingAction: string | undefined;
  /** In this state since then; ISO 8601. */
  readonly modified: string;
}

export interface MeteredResource {
  readonly uuid: Uuid;
  readonly name: string;
  readonly state: ResourceState;
  readonly backendId: string;
  /** Without a plan Waldur refuses usage. */
  readonly plan: Uuid | undefined;
  /** Amounts of the last reports by component; not bound to a month. */
  readonly currentUsages: JsonObject;
}

export interface OfferingComponent {
  readonly uuid: Uuid;
  readonly type: string;
  readonly name: string;
  readonly measuredUnit: string;
  /** `usage`, `limit`, and kinds the agent does not report: `fixed`, `one`, `few`, future ones. */
  readonly billingType: string;
  /** The object as Waldur sent it, for read-modify-write. */
  readonly raw: JsonObject;
}

export interface Offering {
  readonly uuid: Uuid;
  readonly name: string;
  readonly type: string;
  readonly state: string;
  readonly customer: Uuid | undefined;
  readonly components: readonly OfferingComponent[];
  readonly pluginOptions: JsonObject;
}

export interface Plan {
  readonly uuid: Uuid;
  readonly name: string;
  readonly quotas: JsonObject;
}

/** A person in the portal wants to know what could be imported. */
export interface ImportRequest {
  readonly uuid: Uuid;
  /** `Sent`, then `Processing` by us. */
  readonly state: string;
}

/** What the name of an account is made of. */
export interface ProjectRef {
  readonly uuid: Uuid;
  readonly slug: string;
  readonly customerSlug: string;
}

/** One record of `marketplace-component-usages`. */
export interface ComponentUsage {
  readonly uuid: Uuid;
  readonly resource: Uuid;
  readonly type: string;
  readonly usage: Json;
  /** First day of the month, `YYYY-MM-01`. */
  readonly billingPeriod: string;
}

export interface UsageReport {
  readonly resource: Uuid;
  /** Omitted for servers without `date`. */
  readonly date?: string;
  readonly usages: readonly { readonly type: string; readonly amount: string; readonly description?: string }[];
}

export interface User {
  readonly uuid: Uuid;
  readonly username: string;
  readonly isStaff: boolean;
  /** Seconds; undefined when the token does not expire or the server does not say. */
  readonly tokenLifetime: number | undefined;
  readonly permissions: readonly {
    readonly role: string;
    readonly scopeType: string;
    readonly scope: Uuid | undefined;
    /** What the role may, as `ORDER.APPROVE`; undefined where the server does not tell. */
    readonly may?: readonly string[];
  }[];
}

export interface AgentIdentity {
  readonly uuid: Uuid;
  readonly name: string;
}

export interface AgentService {
  readonly uuid: Uuid;
  readonly name: string;
  readonly state: string;
}

/** Where to listen, as `register_queue` returns it; `login` and `vhost` are broker names, not Waldur ones. */
export interface QueueRegistration {
  readonly login: string;
  readonly vhost: string;
  /** Names without the `/amq/queue/` prefix, with the object type a legacy queue carries. */
  readonly queues: readonly { readonly name: string; readonly objectType: string | undefined }[];
}

/** Message types of the event bus that concern a storage site. */
export type EventType =
  | 'order'
  | 'resource'
  | 'resource_api_key_rotation'
  | 'importable_resources'
  | 'offering_resources_sync';

/** Those the agent asks for; another list would change the filter of its queue. */
export const HEARD_EVENTS: readonly EventType[] = [
  'order',
  'resource',
  'resource_api_key_rotation',
  'importable_resources',
  'offering_resources_sync',
];
