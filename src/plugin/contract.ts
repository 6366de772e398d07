import type { JsonObject } from '../lib/json.ts';
import type { Action, Applied, Check, Metering, Observed, Sought, Usage, UsageQuery } from './account.ts';
import type { PluginCommand } from './command.ts';
import type { CommonSettings } from './common-settings.ts';
import type { PluginContext } from './context.ts';
import type { Emulated, EmulateOptions } from './emulate.ts';
import type { Job } from './job.ts';
import type { JsonSchema } from './json-schema.ts';
import type { LimitRules } from './limit-rules.ts';
import type { Route } from './route.ts';

// What authors of external plugins need beside the types below.
export { AgentError, type AgentErrorOptions, type Disposition } from '../lib/errors.ts';
export type * from './account.ts';
export type * from './command.ts';
export type { CommonSettings } from './common-settings.ts';
export type { PluginContext } from './context.ts';
export type * from './documents.ts';
export type * from './emulate.ts';
export type * from './job.ts';
export type { JsonSchema } from './json-schema.ts';
export type { LimitRules } from './limit-rules.ts';
export type * from './route.ts';
export { ROUTE_ROLES } from './route.ts';

/** Bumped on any breaking change; a plugin built for another version is refused at start. */
export const PLUGIN_API_VERSION = 2;

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
  /** What an order may say beside limits; without it, nothing. */
  readonly attributes?: AttributeRules;
  /** Access keys an account has: 0 for a backend without credentials of its own. */
  readonly keys: 0 | 1 | 2;
  /**
   * Ways of metering the backend can answer itself; the first is the default. Where `current` is one of them the agent adds
   * `gb_days` and `peak` from samples, if it has a durable `state`.
   */
  readonly metering: readonly Metering[];
  /** Those of `metering` that a backend with these settings cannot answer after all: the agent samples for them. */
  unmetered?(settings: Settings): readonly Metering[];
  /**
   * Numbers of accounts for the metrics, each with its help text: what `Found.gauges` may hold. They are served as
   * `waldur_agent_plugin_{id}_{name}` with the labels `offering` and `account`.
   */
  readonly gauges?: Readonly<Record<string, string>>;
  /** Longest time an account may be pending before its order fails. Without it accounts are never pending. */
  readonly pendingMs?: number;
  /** What `agent offering create` and `agent components push` build the Waldur offering from. */
  readonly offering: OfferingTemplate;
  /** How account names are built; the settings are validated ones. */
  naming(settings: Settings): NamingRules;
  /** Attributes, in normal form, of accounts whose order does not say: they are kept like ordered ones. Pure. */
  defaultAttributes?(settings: Settings): JsonObject;
  /**
   * What the settings connect to, for example the address of a cluster: offerings of the same value share the circuit
   * breaker and the limits of concurrency and rate. Without it each offering has its own.
   */
  shares?(settings: Settings): string;
  /** Rows of the command line. */
  readonly commands?: readonly PluginCommand<Settings>[];
  /** What is wrong with settings that satisfy the schema, for the operator who wrote them; empty when nothing is. */
  problems?(settings: Settings, common: CommonSettings): readonly SettingProblem[];
  /** What no other offering of the configuration may use: directories written to, addresses listened at, routes. */
  claims?(settings: Settings): readonly Claim[];
  /** Starts a stand-in of the backend on this machine, which an installed package does not have. */
  emulate?(options: EmulateOptions): Promise<Emulated>;
  /** Pure wiring: no I/O. The first call to the backend belongs to `check`. */
  create(context: PluginContext<Settings>): Backend;
}

export interface SettingProblem {
  /** The key under `backend_settings`, also of one that is missing. */
  readonly setting: string;
  /** A sentence without the value, which may be secret. */
  readonly message: string;
  readonly hint?: string;
}

/** Something on this machine that only one offering can have. */
export interface Claim {
  /** The key under `backend_settings` that names it. */
  readonly setting: string;
  readonly kind: 'directory' | 'listen-address' | 'routes';
  /** An absolute path, `host:port`, or the first segment of paths on the agent's HTTP server: `/api`. */
  readonly value: string;
  /** How one of two offerings does without it. */
  readonly hint?: string;
}

export interface BackendComponent {
  /** Base unit of everything the plugin says about it: quota, use, measurement. */
  readonly unit: 'bytes' | 'objects';
  /** What limits it can keep; false for a component that can only be measured. */
  readonly limit: false | LimitRules;
  readonly usage: boolean;
}

/** What an order may say of an account beside its limits: a bucket name, versioning, tags. */
export interface AttributeRules {
  /**
   * An object schema with `additionalProperties: false`; every property has a `title`. `x-changeable: true` marks what a
   * consumer may change later, `x-expected` says in words what a pattern means.
   */
  readonly schema: JsonSchema;
  /** The form in which `observe` returns them, so that what means the same is equal. Pure. */
  normalize?(attributes: JsonObject): JsonObject;
}

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
  /** Fields of the order form. Those of attributes are made from their schema, unless they are here. */
  readonly options: Readonly<Record<string, OptionTemplate>>;
  /** Fields the consumer may change later. */
  readonly resource_options: Readonly<Record<string, OptionTemplate>>;
  readonly plugin_options: JsonObject;
}

export interface OptionTemplate {
  readonly type: 'integer' | 'string' | 'text' | 'boolean' | 'select_string';
  readonly label: string;
  readonly help_text?: string;
  readonly required?: boolean;
  readonly default?: number | string | boolean;
  readonly min?: number;
  readonly max?: number;
  /** Of `select_string`. */
  readonly choices?: readonly string[];
}

/** `{prefix}{organisation}{separator}{project}{separator}{first 8 of the resource uuid}`, see naming.ts. */
export interface NamingRules {
  readonly prefix: string;
  readonly separator: string;
  /** What runs of characters outside a-z and 0-9 become inside a slug. */
  readonly filler: '_' | '-';
  readonly maxLength: number;
}

/**
 * One configured backend. Every method stops soon after its signal fires, throws AgentError for failures it
 * understands, and lets anything else escape.
 */
export interface Backend {
  /** Reachability, credentials, permissions, version. Read-only. */
  check(signal: AbortSignal): Promise<readonly Check[]>;
  /** The accounts asked for, or all that carry our stamp. One listing for all of them where the backend has one. */
  observe(accounts: readonly Sought[] | 'all', signal: AbortSignal): AsyncIterable<Observed>;
  /** Names of the accounts that carry no stamp at all, for import; a backend that cannot tell has no such method. */
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
  /** Paths of the agent's HTTP server. */
  readonly routes?: readonly Route[];
  readonly jobs?: readonly Job[];
  /**
   * The part of the backend that an account is on, for example a host. Calls about accounts of different parts are made
   * apart, so that a part that is down stops only itself. Pure.
   */
  part?(account: string): string;
  /** Called once, after the last other call has settled. */
  close(): Promise<void>;
}

/** Keeps the literal types of a plugin while checking it against the contract. */
export function definePlugin<Settings>(plugin: Plugin<Settings>): Plugin<Settings> {
  return plugin;
}
