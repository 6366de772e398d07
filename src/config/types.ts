import type { Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import type { LogLevel } from '../lib/log.ts';
import type { Metering, Plugin } from '../plugin/contract.ts';

/** The configuration after validation: defaults filled in, secrets resolved, units parsed. */
export interface Config {
  /** IANA name; decides in which month a measurement falls. Default `UTC`. */
  readonly timezone: string;
  /** Absolute path of the SQLite file; undefined keeps everything in memory. */
  readonly state: string | undefined;
  /** How long entries of the journal are kept. */
  readonly journalDays: number;
  readonly logLevel: LogLevel;
  /** Undefined: for people on a terminal, for machines everywhere else. */
  readonly logFormat: 'json' | 'pretty' | 'logfmt' | undefined;
  readonly http: { readonly host: string; readonly port: number };
  readonly web: WebConfig;
  /** Orders worked on at once, over all offerings. */
  readonly concurrency: number;
  readonly orderDeadlineMs: number;
  readonly drainMs: number;
  readonly reconcile: {
    /** Between passes while events arrive. */
    readonly intervalMs: number;
    /** Between passes while they do not. */
    readonly pollIntervalMs: number;
  };
  /** Between comparisons of all resources with the backend. */
  readonly upkeepIntervalMs: number;
  readonly report: {
    /** node-cron expression: a wake-up, not the source of what is due. */
    readonly schedule: string;
    /** Months reported: the current one and the ones before it, 1 to 12. */
    readonly periods: number;
    readonly perUser: boolean;
  };
  /** Between samples of usage, where the backend has no history of its own. */
  readonly sampleIntervalMs: number;
  /** Warnings and errors shipped to Waldur's agent log. */
  readonly shipLogs: boolean;
  readonly offerings: readonly OfferingConfig[];
}

/** The page for people. */
export interface WebConfig {
  /** What browsers see, such as `https://agent.example.org`. */
  readonly origin: string | undefined;
  /** What a proxy leaves before the path, such as `/storage`; empty for nothing. */
  readonly basePath: string;
  readonly login: LoginConfig | undefined;
}

export interface LoginConfig {
  /** Of the login server, as it names itself. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  /** PEM text of `ca_file`. */
  readonly ca: string | undefined;
  readonly proxy: string | undefined;
  readonly scope: string;
  readonly userClaim: string;
  /** Undefined: `admins` are names of people. */
  readonly roleClaim: string | undefined;
  readonly admins: readonly string[];
  readonly sessionMs: number;
}

export type WaldurCredentials =
  | {
      readonly kind: 'token' | 'bearer';
      readonly token: string;
      /** Where the token was read from, when it came from a file. */
      readonly file?: string;
    }
  | {
      readonly kind: 'oidc';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope: string | undefined;
    };

/** How to reach one Waldur; offerings with equal values share a client. */
export interface WaldurConfig {
  /** `https://host/api/`, always with the trailing slash. */
  readonly apiUrl: string;
  readonly credentials: WaldurCredentials;
  readonly verifySsl: boolean;
  /** PEM text of `ca_file`. */
  readonly ca: string | undefined;
  readonly proxy: string | undefined;
}

export interface StompConfig {
  readonly enabled: boolean;
  /** `wss://host[:port]/path`. */
  readonly url: string;
  readonly heartbeatMs: number;
  readonly connectTimeoutMs: number;
}

export interface ComponentConfig {
  /** The component's type in Waldur: the key under `backend_components`. */
  readonly type: string;
  /** Key of `Plugin.components`. */
  readonly backendName: string;
  /** Base units in one Waldur unit: 1073741824 for a component sold in GiB. */
  readonly unitFactor: number;
  readonly accountingType: 'usage' | 'limit';
  readonly enforceLimits: boolean;
  readonly measuredUnit: string | undefined;
  readonly label: string | undefined;
  /** Limit when nothing else says one, in Waldur units. */
  readonly defaultLimit: number | undefined;
  readonly minLimit: number | undefined;
  readonly maxLimit: number | undefined;
  /** Names of order attributes and resource options that carry this component's limit, in order of preference. */
  readonly options: readonly string[];
  /** Further fields of the component in Waldur, under Waldur's names, for `agent components push`. */
  readonly published?: JsonObject;
}

export interface OfferingConfig {
  readonly name: string;
  readonly uuid: Uuid;
  readonly waldur: WaldurConfig;
  readonly stomp: StompConfig;
  readonly plugin: Plugin;
  /** Valid under `plugin.settings`, common keys taken out. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Calls to the backend at once, and begun in a second; undefined is no limit. */
  readonly backendLimits: { readonly concurrency: number; readonly perSecond: number | undefined };
  /** Bytes that all accounts together can hold; undefined when that is not known. */
  readonly backendCapacity: bigint | undefined;
  readonly components: readonly ComponentConfig[];
  /** `auto` approves orders that can be fulfilled; `manual` leaves approval to a person in the portal. */
  readonly approval: 'auto' | 'manual';
  readonly policy: 'full' | 'no-delete' | 'observe-only';
  readonly onTerminate: 'refuse' | 'suspend' | 'purge';
  readonly metering: Metering;
  /** The backend cannot tell what `metering` asks for: the agent samples what is stored now. */
  readonly isSampled: boolean;
  /** Where consumers find their keys: in the metadata of the resource, or in Waldur's encrypted API keys. */
  readonly credentials: 'metadata' | 'api_keys';
  /** Report a smaller usage than the one Waldur has; by default only where what is there now is measured. */
  readonly allowDecrease: boolean;
}
