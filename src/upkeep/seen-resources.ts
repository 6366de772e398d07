import type { Clock } from '../lib/clock.ts';
import type { AgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { AttributeChange, Key, Observed, Quota } from '../plugin/contract.ts';
import type { Resource } from '../waldur/types.ts';
import type { Finding, FindingKind } from './find-drift.ts';

/** A resource as it was last seen beside its account. */
export interface SeenResource {
  readonly uuid: Uuid;
  readonly name: string;
  readonly account: string;
  /** Slugs. */
  readonly customer: string;
  readonly project: string;
  readonly finding: FindingKind;
  readonly error: AgentError | undefined;
  readonly left: readonly AttributeChange[];
  /** When the account was read; what could not be read now is as it was then. */
  readonly at: Date;
  /** Undefined until the account was read. */
  readonly found: SeenAccount | undefined;
  /** Bytes at the end of the last days on which it was read, the oldest first. */
  readonly trend: readonly { readonly day: number; readonly bytes: number }[];
}

export interface SeenAccount {
  readonly suspended: boolean;
  readonly quota: Quota;
  readonly holds: { readonly bytes: bigint; readonly objects: bigint } | undefined;
  readonly keys: readonly Key[];
}

export interface Pass {
  readonly at: Date;
  readonly tally: Readonly<Record<FindingKind, number>>;
}

/** What is known of the resources of an offering without asking anyone: from upkeep, and from orders since. */
export interface SeenResources {
  /** @param finding without one, the resource was just brought in step */
  note(resource: Resource, observed: Observed | undefined, finding?: Pick<Finding, 'kind' | 'left' | 'error'>): void;
  forget(resource: Uuid): void;
  /** A pass over all resources is over: what it did not meet is gone. */
  passed(startedAt: Date, tally: Pass['tally']): void;
  lastPass(): Pass | undefined;
  get(resource: string): SeenResource | undefined;
  list(): Iterable<SeenResource>;
  size(): number;
}

/**
 * Whose samples in the store are the history of resources: those of an offering itself are what it is billed by. Kept for
 * `SEEN_KEPT_MS`.
 */
export const seenOwner = (offering: string): string => `${offering}/seen`;
export const SEEN_KEPT_MS = 90 * 86_400_000;

/** More are not remembered. */
export const MOST_SEEN = 20_000;
const TREND_DAYS = 8;
const DAY_MS = 86_400_000;

export function createSeenResources(
  clock: Pick<Clock, 'now'>,
  changed: (seen: SeenResource) => void = () => undefined,
): SeenResources {
  const seen = new Map<string, SeenResource>();
  const metAtMs = new Map<string, number>();
  let last: Pass | undefined;
  const drop = (uuid: string): void => {
    seen.delete(uuid);
    metAtMs.delete(uuid);
  };

  return {
    note: (resource, observed, finding = IN_STEP) => {
      const known = seen.get(resource.uuid);
      if (known === undefined && seen.size >= MOST_SEEN) return;
      const now = clock.now();
      const entry = describe(resource, observed, finding, known, now);
      metAtMs.set(resource.uuid, now.getTime());
      seen.set(resource.uuid, entry);
      changed(entry);
    },
    forget: drop,
    passed: (startedAt, tally) => {
      last = { at: clock.now(), tally };
      for (const [uuid, ms] of metAtMs) if (ms < startedAt.getTime()) drop(uuid);
    },
    lastPass: () => last,
    get: (uuid) => seen.get(uuid),
    list: () => seen.values(),
    size: () => seen.size,
  };
}

const IN_STEP = { kind: 'in-step', left: [], error: undefined } as const;

function describe(
  resource: Resource,
  observed: Observed | undefined,
  { kind, left, error }: Pick<Finding, 'kind' | 'left' | 'error'>,
  known: SeenResource | undefined,
  now: Date,
): SeenResource {
  const found = observed?.state === 'found' ? accountOf(observed) : undefined;
  const isUnread = observed === undefined && known !== undefined;
  const bytes = found?.holds?.bytes;
  return {
    uuid: resource.uuid,
    name: resource.name,
    account: observed?.account ?? resource.backendId,
    customer: resource.customerSlug,
    project: resource.projectSlug,
    finding: kind,
    error,
    left,
    at: isUnread ? known.at : now,
    found: isUnread ? known.found : found,
    trend: bytes === undefined ? (known?.trend ?? []) : continued(known?.trend ?? [], now, Number(bytes)),
  };
}

function accountOf({ suspended, quota, holds, keys }: Extract<Observed, { state: 'found' }>): SeenAccount {
  return { suspended, quota, holds, keys: keys.map(({ id, works }) => ({ id, works })) };
}

function continued(trend: SeenResource['trend'], now: Date, bytes: number): SeenResource['trend'] {
  const day = Math.floor(now.getTime() / DAY_MS);
  return [...trend.filter((one) => one.day < day), { day, bytes }].slice(-TREND_DAYS);
}
