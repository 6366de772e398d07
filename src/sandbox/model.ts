import type { Json, JsonObject } from '../lib/json.ts';

/** The rows of the embedded Waldur. Timestamps are ISO text with microseconds, so they compare as text. */

export interface Row {
  readonly uuid: string;
}

/** Names of objects which were always there do not change; everything a request can change is not `readonly`. */
export interface Dated extends Row {
  readonly created: string;
  modified: string;
}

export const ORDER_STATES = [
  'pending-consumer',
  'executing',
  'done',
  'erred',
  'canceled',
  'rejected',
  'pending-provider',
  'pending-project',
  'pending-start-date',
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

export const ORDER_TYPES = ['Create', 'Update', 'Terminate', 'Restore'] as const;
export type OrderType = (typeof ORDER_TYPES)[number];

export const RESOURCE_STATES = ['Creating', 'OK', 'Erred', 'Updating', 'Terminating', 'Terminated'] as const;
export type ResourceState = (typeof RESOURCE_STATES)[number];

export interface Role {
  readonly name: string;
  readonly scopeType: 'customer' | 'offering' | 'project';
  readonly scope: string;
}

export interface User extends Row {
  readonly username: string;
  readonly fullName: string;
  readonly email: string;
  readonly isStaff: boolean;
  isActive: boolean;
  /** Seconds; undefined never expires. */
  tokenLifetime: number | undefined;
  readonly created: string;
  roles: Role[];
}

export interface Token {
  readonly key: string;
  readonly user: User;
  /** `token` is sent as `Token`, the others as `Bearer`. */
  readonly kind: 'token' | 'pat' | 'oidc';
  /** Virtual milliseconds; a DRF token is refreshed on use. */
  usedMs: number;
  expiresMs: number | undefined;
  revoked: boolean;
}

export interface Customer extends Row {
  readonly name: string;
  slug: string;
  readonly created: string;
  readonly abbreviation: string;
  blocked: boolean;
  archived: boolean;
  /** UUID of its service provider profile, when it sells. */
  serviceProvider: string | undefined;
}

export interface Project extends Row {
  readonly name: string;
  slug: string;
  readonly description: string;
  readonly customer: Customer;
  readonly created: string;
  startDate: string | undefined;
  endDate: string | undefined;
}

export interface Category extends Row {
  readonly title: string;
  readonly description: string;
}

export interface Component extends Row {
  type: string;
  name: string;
  description: string;
  measuredUnit: string;
  billingType: string;
  limitPeriod: string | null;
  limitAmount: number | null;
  unitFactor: number;
  minValue: number | null;
  maxValue: number | null;
  maxAvailableLimit: number | null;
  defaultLimit: number | null;
  articleCode: string;
  isBoolean: boolean;
  isPrepaid: boolean;
  readonly isBuiltin: boolean;
}

export interface Plan extends Row {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly unitPrice: string;
  readonly archived: boolean;
  prices: Record<string, number>;
  readonly quotas: Record<string, number>;
}

export interface IntegrationStatus {
  readonly agentType: string;
  status: 'Active' | 'Disconnected';
  lastMs: number;
}

export interface Offering extends Row {
  readonly name: string;
  readonly slug: string;
  readonly description: string;
  readonly type: string;
  state: string;
  readonly shared: boolean;
  readonly billable: boolean;
  readonly customer: Customer;
  readonly category: Category;
  readonly created: string;
  components: Component[];
  plans: Plan[];
  options: JsonObject;
  resourceOptions: JsonObject;
  pluginOptions: JsonObject;
  backendIdRules: JsonObject;
  backendId: string;
  readonly integration: Map<string, IntegrationStatus>;
}

export interface Endpoint extends Row {
  readonly name: string;
  readonly url: string;
}

export interface Resource extends Dated {
  name: string;
  slug: string;
  description: string;
  state: ResourceState;
  lastSync: string;
  backendId: string;
  effectiveId: string;
  readonly offering: Offering;
  project: Project;
  plan: Plan | undefined;
  attributes: JsonObject;
  options: JsonObject | undefined;
  limits: JsonObject;
  currentUsages: JsonObject;
  backendMetadata: JsonObject;
  endpoints: readonly Endpoint[];
  report: Json;
  paused: boolean;
  downscaled: boolean;
  restrictMemberAccess: boolean;
  endDate: string | undefined;
  errorMessage: string;
  errorTraceback: string;
  keyCount: number;
  eventNumber: number;
  /** Of the 2024 release: the object of its plugin, once its task made one. */
  allocation?: { readonly uuid: string; readonly state: number };
}

export interface Review {
  readonly by: User;
  readonly at: string;
}

export interface Order extends Dated {
  readonly slug: string;
  readonly type: OrderType;
  state: OrderState;
  readonly resource: Resource;
  readonly createdBy: User;
  attributes: JsonObject;
  readonly limits: JsonObject;
  readonly plan: Plan | undefined;
  readonly oldPlan: Plan | undefined;
  readonly startDate: string | undefined;
  readonly requestComment: string | undefined;
  consumerReview: Review | undefined;
  providerReview: Review | undefined;
  autoApproved: boolean;
  completedAt: string | undefined;
  backendId: string;
  errorMessage: string;
  errorTraceback: string;
  errorAt: string | undefined;
  providerMessage: string;
  providerMessageUrl: string;
  providerMessageAt: string | undefined;
  consumerRejection: string;
  providerRejection: string;
  resends: number;
}

export interface PlanPeriod extends Row {
  readonly resource: Resource;
  readonly plan: Plan;
  readonly start: string;
  end: string | undefined;
}

export interface Usage extends Dated {
  readonly resource: Resource;
  readonly component: Component;
  readonly planPeriod: PlanPeriod | undefined;
  /** `YYYY-MM-01` in the server's time zone. */
  readonly billingPeriod: string;
  date: string;
  /** Hundredths, so that sums stay exact. */
  cents: bigint;
  description: string;
  recurring: boolean;
  /** Who reported it last. */
  modifiedBy: User;
}

export interface UserUsage extends Dated {
  readonly usage: Usage;
  readonly username: string;
  user: string | undefined;
  cents: bigint;
}

export interface ApiKey extends Dated {
  readonly resource: Resource;
  clientId: string;
  secret: string;
  state: 'Creating' | 'OK' | 'Updating' | 'Erred';
  errorMessage: string;
}
