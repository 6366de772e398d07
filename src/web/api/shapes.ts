/**
 * What the operator API answers, below `/v1`. Shared with the page; types only. Times are ISO 8601 in UTC, amounts of bytes
 * and objects decimal text, because they may be beyond 2^53. Nothing here is a secret.
 */

export interface FailureShape {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export interface HindranceShape extends FailureShape {
  /** Key of `ABILITIES`. */
  readonly ability: string;
  /** What the offering cannot do: completes "cannot …". */
  readonly what: string;
  readonly essential: boolean;
  readonly since: string;
}

/** `GET /v1/overview` */
export interface OverviewShape {
  readonly at: string;
  readonly version: string;
  readonly startedAt: string;
  readonly state: string;
  readonly ready: boolean;
  /** Whether what is remembered outlives the process. */
  readonly isDurable: boolean;
  readonly offerings: readonly OfferingShape[];
}

export interface OfferingShape {
  readonly uuid: string;
  readonly name: string;
  readonly backend: string;
  readonly metering: string;
  /** Events arrive. False where they are switched off: orders are polled. */
  readonly connected: boolean;
  readonly usesEvents: boolean;
  readonly lastReconcileAt: string | null;
  readonly lastReport: ReportShape | null;
  readonly lastUpkeep: UpkeepShape | null;
  readonly hindrances: readonly HindranceShape[];
  readonly queued: number;
  readonly running: number;
  readonly resources: number;
  readonly orders: OrderRateShape;
}

export interface ReportShape {
  readonly at: string;
  readonly ok: boolean;
  readonly submitted: number;
  readonly unchanged: number;
  readonly missing: number;
  readonly failed: number;
}

/** One comparison of all resources with their accounts. */
export interface UpkeepShape {
  readonly at: string;
  readonly inStep: number;
  readonly drift: number;
  readonly missing: number;
  readonly pending: number;
  readonly unreadable: number;
  readonly faulty: number;
}

/** The last 24 hours, the oldest first. */
export interface OrderRateShape {
  readonly hours: readonly { readonly from: string; readonly done: number; readonly failed: number }[];
  /** Of the last 200 orders, in milliseconds; null before the first. */
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
}

/** `GET /v1/orders?offering&before`: what the journal knows, the latest change first. */
export interface OrdersShape {
  readonly at: string;
  readonly orders: readonly OrderLineShape[];
  /** For the next page, by offering; empty at the end. */
  readonly next: Readonly<Record<string, number>>;
}

export interface OrderLineShape {
  readonly order: string;
  readonly resource: string | null;
  readonly offering: string;
  readonly offeringName: string;
  readonly name: string;
  readonly type: string;
  /** `running`, an ending of the journal, or `failed` for an attempt that is repeated. */
  readonly status: string;
  readonly startedAt: string;
  readonly changedAt: string;
  /** Of the last attempt. */
  readonly ms: number | null;
  readonly error: FailureShape | null;
}

/** `GET /v1/orders/:order` */
export interface OrderShape extends OrderLineShape {
  readonly steps: readonly StepShape[];
}

/** One entry of the journal. */
export interface StepShape {
  readonly id: string;
  readonly at: string;
  readonly kind: 'order' | 'backend' | 'waldur' | 'drift' | 'command' | 'lost';
  /** `read`, `create-account`, `set-done` and so on. */
  readonly what: string;
  readonly account: string | null;
  /** What the consumer reads, where there is such a text. */
  readonly text: string | null;
  readonly ms: number | null;
  /** What was sent or changed, as the journal has it. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly error: FailureShape | null;
  readonly version: string;
}

/** `GET /v1/resources`: from the last comparison with the backends and from orders since; no peer is asked. */
export interface ResourcesShape {
  readonly at: string;
  readonly resources: readonly ResourceLineShape[];
  /** More are known than are listed. */
  readonly truncated: boolean;
}

export interface ResourceLineShape {
  readonly uuid: string;
  readonly name: string;
  readonly offering: string;
  readonly offeringName: string;
  readonly account: string;
  readonly customer: string;
  readonly project: string;
  /** `in-step`, `drift`, `missing`, `pending`, `unreadable` or `faulty`. */
  readonly finding: string;
  readonly suspended: boolean;
  /** Null where the backend does not say, or without a limit. */
  readonly usedBytes: string | null;
  readonly limitBytes: string | null;
  readonly usedObjects: string | null;
  readonly limitObjects: string | null;
  readonly keys: number;
  /** Bytes at the end of each of the last days on which it was seen, the oldest first; at most 8. */
  readonly trend: readonly number[];
  readonly seenAt: string;
}

/** `GET /v1/resources/:resource` */
export interface ResourceShape extends ResourceLineShape {
  readonly accessKeys: readonly { readonly id: string; readonly works: boolean }[];
  readonly error: FailureShape | null;
  /** Differences that no action can take away. */
  readonly left: readonly { readonly path: string; readonly from: unknown; readonly to: unknown }[];
  /** The last 90 days. */
  readonly history: readonly SeriesShape[];
  readonly steps: readonly StepShape[];
}

export interface SeriesShape {
  /** `storage`, `objects`, or with `limit ` before. */
  readonly component: string;
  /** Seconds since 1970 and base units, the oldest first. */
  readonly points: readonly (readonly [number, number])[];
}

/** `GET /v1/plan?offering`: as `agent plan --upkeep --json`. */
export interface PlanShape {
  readonly offerings: readonly {
    readonly name: string;
    readonly error: FailureShape | null;
    readonly orders: readonly {
      readonly uuid: string;
      readonly type: string;
      readonly resource_name: string;
      readonly actions: readonly ActionShape[];
      readonly error: FailureShape | null;
    }[];
    readonly resources: readonly {
      readonly uuid: string;
      readonly name: string;
      readonly account: string;
      readonly finding: string;
      readonly actions: readonly ActionShape[];
      readonly error: FailureShape | null;
    }[];
  }[];
}

export interface QuotaShape {
  readonly bytes: string | null;
  readonly objects: string | null;
}

export interface ActionShape {
  readonly kind: string;
  readonly account: string;
  readonly quota?: QuotaShape;
  readonly from?: QuotaShape;
  readonly to?: QuotaShape;
  readonly changes?: readonly { readonly path: string; readonly from: unknown; readonly to: unknown }[];
  readonly access_key?: string;
  readonly purge?: boolean;
}

/** `GET /v1/dry-report?offering`: as `agent report --dry-run --json`. */
export interface DryReportShape {
  readonly offerings: readonly {
    readonly name: string;
    readonly error: FailureShape | null;
    readonly summary: Readonly<Record<string, number>> | null;
    readonly lines: readonly DryLineShape[];
  }[];
}

export interface DryLineShape {
  readonly period: string;
  readonly resource: string;
  readonly name: string;
  readonly account: string;
  readonly component: string;
  readonly unit: string | null;
  readonly recorded: string | null;
  readonly measured: string | null;
  readonly status: string;
}

/** `GET /v1/health?offering`: as `agent doctor --json`, run now. */
export interface ChecksShape {
  readonly at: string;
  readonly offerings: readonly {
    readonly name: string;
    readonly findings: readonly {
      readonly name: string;
      readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
      readonly detail: string;
      readonly hint: string | null;
    }[];
  }[];
}
