import { sameJson } from '../lib/json.ts';
import type { Config, OfferingConfig } from './types.ts';

/** What a reload has to do. */
export interface ConfigDiff {
  readonly added: readonly OfferingConfig[];
  readonly removed: readonly OfferingConfig[];
  readonly changed: readonly { readonly from: OfferingConfig; readonly to: OfferingConfig }[];
  /** Agent-wide values that changed and can be taken over. */
  readonly agent: readonly (keyof Config)[];
  /** Agent-wide values that changed and need a restart. */
  readonly restart: readonly (keyof Config)[];
}

/** `x-restart` in the schema says the same to the operator. */
const RESTART_ONLY: ReadonlySet<keyof Config> = new Set(['http', 'web', 'concurrency', 'state']);

/** Offerings are the same when their UUID is: a new name is a change. */
export function diffConfig(from: Config, to: Config): ConfigDiff {
  const before = new Map(from.offerings.map((offering) => [offering.uuid, offering]));
  const after = new Set(to.offerings.map(({ uuid }) => uuid));
  const kept = to.offerings.flatMap((offering) => {
    const old = before.get(offering.uuid);
    return old === undefined ? [] : [{ from: old, to: offering }];
  });
  const keys = (Object.keys(to) as (keyof Config)[]).filter(
    (key) => key !== 'offerings' && !sameJson(from[key], to[key]),
  );
  return {
    added: to.offerings.filter(({ uuid }) => !before.has(uuid)),
    removed: from.offerings.filter(({ uuid }) => !after.has(uuid)),
    changed: kept.filter((pair) => !sameOffering(pair.from, pair.to)),
    agent: keys.filter((key) => !RESTART_ONLY.has(key)),
    restart: keys.filter((key) => RESTART_ONLY.has(key)),
  };
}

/** A plugin is code: the same one or another one. */
function sameOffering({ plugin: a, ...from }: OfferingConfig, { plugin: b, ...to }: OfferingConfig): boolean {
  return a === b && sameJson(from, to);
}
