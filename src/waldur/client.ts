import type { Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import type {
  AgentIdentity,
  AgentService,
  ApiKey,
  ComponentUsage,
  EventType,
  ImportRequest,
  MeteredResource,
  Offering,
  Order,
  OrderState,
  Plan,
  ProjectRef,
  QueueRegistration,
  Resource,
  ResourceState,
  UsageReport,
  User,
} from './types.ts';

/**
 * One Waldur server under one credential. Every call is one request (a list: one per page of 100), has a deadline, is
 * never retried here, and throws AgentError: `transient` for outages, `operator` for credentials and roles, `terminal`
 * for what Waldur will never accept. A state conflict (404 on an object, 409) is a transient `WALDUR_CONFLICT`: read
 * again, decide again. README.md beside this file says what Waldur does.
 */
export interface Waldur {
  readonly orders: OrdersApi;
  readonly resources: ResourcesApi;
  readonly usages: UsagesApi;
  readonly apiKeys: ApiKeysApi;
  readonly imports: ImportsApi;
  readonly offerings: OfferingsApi;
  readonly agents: AgentsApi;
  readonly queues: QueuesApi;
  me(signal: AbortSignal): Promise<User>;
  /** Informational: self-built servers say `0.0.0`; undefined when the server does not tell. */
  version(signal: AbortSignal): Promise<string | undefined>;
  /** Server clock minus ours in milliseconds, from the `Date` header of the last response. */
  clockSkewMs(): number | undefined;
  close(): void;
}

export interface OrdersApi {
  get(order: Uuid, offering: Uuid, signal: AbortSignal): Promise<Order>;
  /** The filter is checked again on our side: an older server ignores filters it does not know. */
  list(query: OrderQuery, signal: AbortSignal): AsyncIterable<Order>;
  /** What the order became according to the response; `unknown` when it did not say (2024): read the order again. */
  approve(order: Uuid, signal: AbortSignal): Promise<'executing' | 'pending-start-date' | 'unknown'>;
  reject(order: Uuid, comment: string, signal: AbortSignal): Promise<void>;
  setDone(order: Uuid, signal: AbortSignal): Promise<void>;
  /** Accepted by Waldur from any state: read the order first. */
  setErred(order: Uuid, message: string, signal: AbortSignal): Promise<void>;
  /** A waiting text for the consumer; false when this server or offering does not take one. */
  setProviderInfo(order: Uuid, message: string, signal: AbortSignal): Promise<boolean>;
}

export interface OrderQuery {
  readonly offering: Uuid;
  readonly states: readonly OrderState[];
}

export interface ResourcesApi {
  get(resource: Uuid, offering: Uuid, signal: AbortSignal): Promise<Resource>;
  /** State of a resource of any offering; undefined when Waldur has none that this user may see. */
  find(resource: Uuid, signal: AbortSignal): Promise<ResourceState | undefined>;
  list(query: ResourceQuery, signal: AbortSignal): AsyncIterable<Resource>;
  /** The same rows with the few fields a usage report needs, one array per page. */
  listMetered(query: ResourceQuery, signal: AbortSignal): AsyncIterable<readonly MeteredResource[]>;
  setBackendId(resource: Uuid, backendId: string, signal: AbortSignal): Promise<void>;
  /** Replaces the whole object. */
  setBackendMetadata(resource: Uuid, metadata: JsonObject, signal: AbortSignal): Promise<void>;
  /** Replaces all; false on servers without endpoints (2024). */
  setEndpoints(
    resource: Uuid,
    endpoints: readonly { readonly name: string; readonly url: string }[],
    signal: AbortSignal,
  ): Promise<boolean>;
  setLimits(resource: Uuid, limits: JsonObject, signal: AbortSignal): Promise<boolean>;
  setAsErred(resource: Uuid, message: string, signal: AbortSignal): Promise<boolean>;
  setAsOk(resource: Uuid, signal: AbortSignal): Promise<boolean>;
  refreshLastSync(resource: Uuid, signal: AbortSignal): Promise<boolean>;
}

export interface ResourceQuery {
  readonly offering: Uuid;
  readonly states: readonly ResourceState[];
}

/** What there is at the backend and not in Waldur. */
export interface ImportsApi {
  /** Those that wait for us, or that we have begun; undefined on servers without import. */
  requests(offering: Uuid, signal: AbortSignal): Promise<readonly ImportRequest[] | undefined>;
  startProcessing(request: Uuid, signal: AbortSignal): Promise<void>;
  setDone(request: Uuid, signal: AbortSignal): Promise<void>;
  setErred(request: Uuid, message: string, signal: AbortSignal): Promise<void>;
  /** Backend ids that were offered for import before. */
  offered(offering: Uuid, signal: AbortSignal): Promise<ReadonlySet<string>>;
  offer(account: ImportableAccount, signal: AbortSignal): Promise<void>;
  /** All projects this user may see. */
  projects(signal: AbortSignal): Promise<readonly ProjectRef[]>;
}

export interface ImportableAccount {
  readonly name: string;
  readonly project: Uuid;
  readonly offering: Uuid;
  readonly backendId: string;
  readonly limits: JsonObject;
}

/** Access keys that Waldur keeps encrypted. Secrets go in, and never come out to a provider. */
export interface ApiKeysApi {
  /**
   * All keys that match, or an error: a part of them would make the others look unknown. Undefined on servers without API
   * keys. Filters are checked again on our side as far as a row says what it is about.
   */
  list(query: ApiKeyQuery, signal: AbortSignal): Promise<readonly ApiKey[] | undefined>;
  /** A new key of the resource. Replaces one with the same access key, so it may be repeated. */
  reportCreated(resource: Uuid, pair: KeyPair, signal: AbortSignal): Promise<void>;
  /** What a rotation made, or what takes the place of a dead key. */
  setKey(key: Uuid, pair: KeyPair, signal: AbortSignal): Promise<void>;
  /** A rotation that failed, in words for the consumer. A conflict says that the key is fine. */
  setErred(key: Uuid, message: string, signal: AbortSignal): Promise<void>;
}

export interface ApiKeyQuery {
  readonly offering: Uuid;
  readonly resource?: Uuid;
  readonly states?: readonly string[];
  /** Only those that have been in their state since before. */
  readonly before?: Date;
}

export interface KeyPair {
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface UsagesApi {
  /** Every record of the offering, or of one of its resources, in one billing month (`YYYY-MM-01`). */
  list(
    query: { readonly offering: Uuid; readonly billingPeriod: string; readonly resource?: Uuid },
    signal: AbortSignal,
  ): AsyncIterable<ComponentUsage>;
  submit(report: UsageReport, signal: AbortSignal): Promise<void>;
  /** False on servers that ignore `date` (2024, told by their missing agent identities). */
  takesDate(signal: AbortSignal): Promise<boolean>;
  /** Amounts by user name of one usage record. */
  submitUsers(
    usage: Uuid,
    amounts: readonly { readonly username: string; readonly usage: string }[],
    signal: AbortSignal,
  ): Promise<void>;
  /** Existing per-user amounts of a whole offering and month, by usage record and user name. */
  listUsers(
    query: { readonly offering: Uuid; readonly billingPeriod: string },
    signal: AbortSignal,
  ): AsyncIterable<{
    readonly resource: Uuid;
    readonly type: string;
    readonly username: string;
    readonly usage: unknown;
  }>;
}

export interface OfferingsApi {
  get(offering: Uuid, signal: AbortSignal): Promise<Offering>;
  plan(plan: Uuid, signal: AbortSignal): Promise<Plan>;
  createComponent(offering: Uuid, component: JsonObject, signal: AbortSignal): Promise<void>;
  /** `component` is the whole object including `uuid`: an omitted field is reset by the server. */
  updateComponent(offering: Uuid, component: JsonObject, signal: AbortSignal): Promise<void>;
  /** `body` as `POST marketplace-provider-offerings/` takes it; returns the new UUID. */
  create(body: JsonObject, signal: AbortSignal): Promise<Uuid>;
  updatePluginOptions(offering: Uuid, options: JsonObject, signal: AbortSignal): Promise<void>;
  updateResourceOptions(offering: Uuid, options: JsonObject, signal: AbortSignal): Promise<void>;
  /** Prices per component of every plan of the offering; the creation of an offering takes none. */
  updatePrices(offering: Uuid, prices: JsonObject, signal: AbortSignal): Promise<void>;
  /** The offering of that exact name that the organisation sells or prepares; archived ones do not count. */
  find(
    name: string,
    customer: Uuid,
    signal: AbortSignal,
  ): Promise<{ readonly uuid: Uuid; readonly state: string } | undefined>;
  activate(offering: Uuid, signal: AbortSignal): Promise<void>;
  /** Absolute URL and UUID of a category by title, of a customer by slug, name or UUID; undefined when there is none. */
  findCategory(title: string, signal: AbortSignal): Promise<{ readonly uuid: Uuid; readonly url: string } | undefined>;
  findCustomer(name: string, signal: AbortSignal): Promise<{ readonly uuid: Uuid; readonly url: string } | undefined>;
}

/** Presence in the portal. A failure here never stops order work; undefined where the server has no such endpoints. */
export interface AgentsApi {
  /** Finds or creates `agent-<offering>`, and brings its version up to date. */
  identify(offering: Uuid, startedAt: Date, signal: AbortSignal): Promise<AgentIdentity | undefined>;
  registerService(identity: Uuid, name: string, mode: string, signal: AbortSignal): Promise<AgentService>;
  registerProcessor(
    service: Uuid,
    processor: { readonly name: string; readonly backendType: string; readonly backendVersion: string },
    signal: AbortSignal,
  ): Promise<void>;
  setStatistics(service: Uuid, statistics: JsonObject, signal: AbortSignal): Promise<void>;
  /** At most 100 entries; false when the server takes no logs. */
  shipLogs(
    identity: Uuid,
    entries: readonly {
      readonly time: Date;
      readonly level: string;
      readonly message: string;
      readonly module: string;
    }[],
    signal: AbortSignal,
  ): Promise<boolean>;
}

export interface QueuesApi {
  /**
   * The unified queue of the identity, re-created where it is missing and its password refreshed; on servers without it
   * the per-type queues; undefined where there are neither, and for OIDC, whose broker password is not known: poll.
   */
  register(
    target: { readonly identity: Uuid; readonly offering: Uuid },
    types: readonly EventType[],
    signal: AbortSignal,
  ): Promise<QueueRegistration | undefined>;
  /** What the broker takes as password: the credential of the registration. `operator` for OIDC, which has no queue. */
  passcode(signal: AbortSignal): Promise<string>;
}
