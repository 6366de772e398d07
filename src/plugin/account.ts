import type { Json, JsonObject } from '../lib/json.ts';

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

/** An account to look for. */
export interface Sought {
  /** The resource's `backend_id`, or the computed name of an account whose id is not stored yet. */
  readonly account: string;
  /** UUID of the owning resource, where there is one: a backend that gives the ids itself finds a new account by its stamp. */
  readonly resource?: string;
}

/**
 * The account as the backend has it. An account that could not be read is not in the answer at all: absence is a fact
 * that was proved, never an outage.
 */
export type Observed = Absent | Pending | Found;

export interface Absent {
  readonly state: 'absent';
  /** As it was sought. */
  readonly account: string;
}

/** The backend is still making it, which takes minutes or days. */
export interface Pending {
  readonly state: 'pending';
  /** The id at the backend, which may differ from the name that was sought. */
  readonly account: string;
  /** The stamp, as in `Found`. */
  readonly resource: string | undefined;
  readonly since: Date;
  /** What is being waited for, for the consumer: `Civo is creating the store, usually 5 to 15 seconds.` */
  readonly text: string;
  /** When it is worth looking again. */
  readonly againAfterMs: number;
}

export interface Found {
  readonly state: 'found';
  /** The id at the backend, which may differ from the name that was sought. */
  readonly account: string;
  /** The stamp: UUID of the owning resource; undefined when the account carries none of ours. */
  readonly resource: string | undefined;
  readonly suspended: boolean;
  readonly quota: Quota;
  /** What the backend can read of the attributes, in the normal form of the plugin. Null is unset, a missing one unreadable. */
  readonly attributes?: JsonObject;
  readonly keys: readonly Key[];
  /** What is stored in it now, as far as the backend says without a scan. */
  readonly holds?: { readonly bytes: bigint; readonly objects: bigint };
  /**
   * Facts for the consumer, merged into `backend_metadata`: at most 64 KiB of JSON, nothing secret, flat keys first. With
   * `credentials: api_keys`, `{api_key_uuid}` in a text becomes the UUID of the API key in Waldur that holds the secret; null
   * while there is none.
   */
  readonly metadata: JsonObject;
  /** By the names in `gauges` of the plugin; a number that is not known now is missing. */
  readonly gauges?: Readonly<Record<string, number>>;
  /** Shown as access points of the resource; absolute URLs. */
  readonly endpoints: readonly Endpoint[];
}

/** An access key. */
export interface Key {
  /** The public half. */
  readonly id: string;
  /** Whether the backend would honour it, were the account not suspended: false for one that is inactive or expired. */
  readonly works: boolean;
}

export interface Endpoint {
  readonly name: string;
  readonly url: string;
}

/** One attribute that shall be changed; null is unset. */
export interface AttributeChange {
  /** Name of the attribute. */
  readonly path: string;
  readonly from: Json;
  readonly to: Json;
}

/**
 * Closed set: the planner emits these, `apply` executes exactly one, dry runs print them. A dimension that is missing in
 * the quota of `create-account`, or a missing attribute, was not ordered: the backend's own default holds. Limits are
 * those that the rules of the component allow.
 */
export type Action =
  | (AccountRef & {
      readonly kind: 'create-account';
      readonly displayName: string;
      /** User name in Waldur of the person whose order this is; undefined where that is not known, and for a repair. */
      readonly orderedBy?: string;
      readonly quota: Partial<Quota>;
      readonly attributes: JsonObject;
    })
  | (AccountRef & { readonly kind: 'configure'; readonly changes: readonly AttributeChange[] })
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
  /** Only from `create-account`: the id that the backend gave, stored as `backend_id` at once. Without it the name holds. */
  readonly account?: string;
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

/** `current`: bytes now. `gb_days`: byte seconds accrued since the start of the month. `peak`: the most of the month. */
export type Metering = 'current' | 'gb_days' | 'peak';
