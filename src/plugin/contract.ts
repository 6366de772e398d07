import type { Clock } from '../lib/clock.ts';
import type { HttpFactory } from '../lib/http.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';

// What authors of external plugins need beside the types below.
export { AgentError, type AgentErrorOptions, type Disposition } from '../lib/errors.ts';

/** Bumped on any breaking change; a plugin built for another version is refused at start. */
export const PLUGIN_API_VERSION = 1;

/** JSON Schema draft-07 as plain data: validated with, published, and shown in editors. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a plugin module exports as `plugin`. */
export interface Plugin<Settings = unknown> {
  readonly apiVersion: typeof PLUGIN_API_VERSION;
  /** Value of `backend_type`; the folder name of a built-in plugin. */
  readonly id: string;
  /** Further spellings of `backend_type`. `-` and `_` are already alike. */
  readonly aliases?: readonly string[];
  readonly summary: string;
  /**
   * Schema of `backend_settings`: an object schema with `additionalProperties: false`. Secrets carry `"x-secret": true`,
   * defaults are filled in. `on_terminate`, `metering` and `credentials` are added to it by the core.
   */
  readonly settings: JsonSchema;
  /** What the backend can limit and measure, by the name `backend_components.*.backend_name` uses. */
  readonly components: Readonly<Record<string, BackendComponent>>;
  /** Access keys an account has: 0 for a backend without credentials of its own. */
  readonly keys: 0 | 1 | 2;
  /** Ways of metering the backend can answer; the first is the default. */
  readonly metering: readonly Metering[];
  /** What `agent offering create` and `agent components push` build the Waldur offering from. */
  readonly offering: OfferingTemplate;
  /** How account names are built; the settings are validated ones. */
  naming(settings: Settings): NamingRules;
  /** What is wrong with settings that satisfy the schema, for the operator who wrote them; empty when nothing is. */
  problems?(settings: Settings, common: CommonSettings): readonly SettingProblem[];
  /** Pure wiring: no I/O. The first call to the backend belongs to `check`. */
  create(context: PluginContext<Settings>): Backend;
}

/** What the core adds to the settings of every plugin, as far as a backend may be unable to do it. */
export interface CommonSettings {
  readonly onTerminate: 'refuse' | 'suspend' | 'purge';
  readonly metering: Metering;
}

export interface SettingProblem {
  /** The key under `backend_settings`, also of one that is missing. */
  readonly setting: string;
  /** A sentence without the value, which may be secret. */
  readonly message: string;
  readonly hint?: string;
}

export interface BackendComponent {
  /** Base unit of everything the plugin says about it: quota, use, measurement. */
  readonly unit: 'bytes' | 'objects';
  readonly limit: boolean;
  readonly usage: boolean;
}

/** `current`: bytes now. `gb_days`: byte seconds accrued since the start of the month. `peak`: the most of the month. */
export type Metering = 'current' | 'gb_days' | 'peak';

/** What the offering of this backend looks like in Waldur. Shapes are Waldur's own. */
export interface OfferingTemplate {
  readonly components: readonly {
    readonly type: string;
    readonly name: string;
    readonly measured_unit: string;
    readonly billing_type: 'usage' | 'limit';
    readonly default_limit?: number;
    readonly price: string;
  }[];
  /** Fields of the order form. */
  readonly options: Readonly<Record<string, OptionTemplate>>;
  /** Fields the consumer may change later. */
  readonly resource_options: Readonly<Record<string, OptionTemplate>>;
  readonly plugin_options: JsonObject;
}

export interface OptionTemplate {
  readonly type: 'integer' | 'string' | 'boolean';
  readonly label: string;
  readonly help_text?: string;
  readonly required?: boolean;
  readonly default?: number | string | boolean;
  readonly min?: number;
  readonly max?: number;
}

/** `{prefix}{organisation}{separator}{project}{separator}{first 8 of the resource uuid}`, see naming.ts. */
export interface NamingRules {
  readonly prefix: string;
  readonly separator: string;
  /** What runs of characters outside a-z and 0-9 become inside a slug. */
  readonly filler: '_' | '-';
  readonly maxLength: number;
}

/** Everything a backend may touch. What is not here, a plugin does not need. */
export interface PluginContext<Settings> {
  readonly settings: Settings;
  readonly log: Log;
  /** Pre-wired HTTP: user agent, deadline, proxy, CA, size limits, errors as AgentError, metrics. */
  readonly http: HttpFactory;
  readonly clock: Clock;
  /** Cryptographically random bytes. */
  random(bytes: number): Uint8Array;
}

/** Null is "no limit", 0 is "nothing allowed". Backends disagree about 0: plugins translate, and only there. */
export interface Quota {
  readonly bytes: bigint | null;
  readonly objects: bigint | null;
}

/** An account and the resource that must own it. */
export interface AccountRef {
  /** The name at the backend: the resource's `backend_id`. */
  readonly account: string;
  /** UUID of the owning resource, 32 hex digits: the stamp. */
  readonly resource: string;
}

/**
 * The account as the backend has it. An account that could not be read is not in the answer at all: absence is a fact
 * that was proved, never an outage.
 */
export type Observed = Absent | Found;

export interface Absent {
  readonly state: 'absent';
  readonly account: string;
}

export interface Found {
  readonly state: 'found';
  readonly account: string;
  /** The stamp: UUID of the owning resource; undefined when the account carries none of ours. */
  readonly resource: string | undefined;
  readonly suspended: boolean;
  readonly quota: Quota;
  /** Public ids of the keys it has; of a suspended account too, for which none works. */
  readonly accessKeys: readonly string[];
  /** What is stored in it now, as far as the backend says without a scan. */
  readonly holds?: { readonly bytes: bigint; readonly objects: bigint };
  /** Facts for the consumer, merged into `backend_metadata`; nothing secret, flat keys first. */
  readonly metadata: JsonObject;
  /** Shown as access points of the resource; absolute URLs. */
  readonly endpoints: readonly Endpoint[];
}

export interface Endpoint {
  readonly name: string;
  readonly url: string;
}

/**
 * Closed set: the planner emits these, `apply` executes exactly one, dry runs print them. A dimension that is missing in
 * the quota of `create-account` was not ordered: the backend's own default holds.
 */
export type Action =
  | (AccountRef & { readonly kind: 'create-account'; readonly displayName: string; readonly quota: Partial<Quota> })
  | (AccountRef & { readonly kind: 'set-quota'; readonly from: Quota; readonly to: Quota })
  | (AccountRef & { readonly kind: 'suspend' })
  | (AccountRef & { readonly kind: 'resume' })
  | (AccountRef & { readonly kind: 'issue-key' })
  | (AccountRef & { readonly kind: 'revoke-key'; readonly accessKey: string })
  /** Without `purge`, an account that holds data must be refused (terminal) and left as it is. */
  | (AccountRef & { readonly kind: 'delete-account'; readonly purge: boolean });

export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly endpoint: string;
  readonly region: string;
}

export interface Applied {
  readonly changed: boolean;
  /** Only from `issue-key`. Held in memory until Waldur has stored it. */
  readonly credentials?: Credentials;
}

/** A half-open interval of time, a billing month or the part of it that has passed. */
export interface Window {
  readonly from: Date;
  readonly to: Date;
}

export interface Usage {
  readonly account: string;
  readonly measuredAt: Date;
  /** By backend component, in base units; byte seconds with `gb_days`. A component that could not be read is absent. */
  readonly quantities: Readonly<Record<string, bigint>>;
  /** The same by user name, for backends that can tell. */
  readonly users?: Readonly<Record<string, Readonly<Record<string, bigint>>>>;
}

export interface UsageQuery {
  readonly metering: Metering;
  readonly window: Window;
}

export interface Check {
  /** What was looked at, for example `storage path`. */
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  readonly hint?: string;
}

/**
 * One configured backend. Every method stops soon after its signal fires, throws AgentError for failures it
 * understands, and lets anything else escape.
 */
export interface Backend {
  /** Reachability, credentials, permissions, version. Read-only. */
  check(signal: AbortSignal): Promise<readonly Check[]>;
  /** The accounts asked for, or all that carry our stamp. One listing for all of them where the backend has one. */
  observe(accounts: readonly string[] | 'all', signal: AbortSignal): AsyncIterable<Observed>;
  /** Names of the accounts that carry no stamp of anybody's, for import; a backend that cannot tell has no such method. */
  unstamped?(signal: AbortSignal): AsyncIterable<string>;
  /**
   * Idempotent: repeating an action after a lost reply converges to the same state. Refuses an account whose stamp is
   * not `action.resource` with a terminal error.
   */
  apply(action: Action, signal: AbortSignal): Promise<Applied>;
  /** An account that cannot be read is absent from the stream, never zero. */
  usage(accounts: readonly string[], query: UsageQuery, signal: AbortSignal): AsyncIterable<Usage>;
  /** The running part of a backend that has one; returns when the signal fires. */
  serve?(signal: AbortSignal): Promise<void>;
  /** Called once, after the last other call has settled. */
  close(): Promise<void>;
}

/** Keeps the literal types of a plugin while checking it against the contract. */
export function definePlugin<Settings>(plugin: Plugin<Settings>): Plugin<Settings> {
  return plugin;
}
