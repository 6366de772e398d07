import type { Use } from '../quota/entry.ts';
import { type Counts, OPERATIONS, type Operation, ZERO } from '../statistics/statistics-file.ts';

/** What one node says of a bucket. */
export interface NodeNumbers {
  readonly use: Omit<Use, 'updated'> | undefined;
  readonly counts: Counts;
}

export interface NodeReport {
  readonly node: string;
  /** `old`: it does not answer, these are its last numbers. `unknown`: it never answered. */
  readonly state: 'current' | 'old' | 'unknown';
  /** When the numbers were asked for; undefined when there are none. */
  readonly at: Date | undefined;
  readonly numbers: NodeNumbers | undefined;
}

export interface Aggregate {
  readonly counts: Counts;
  readonly use: Omit<Use, 'updated'> | undefined;
  readonly nodes: readonly NodeReport[];
}

/**
 * Every operation happened on one node: counters are summed. Every node has all the objects, and one that is behind has
 * fewer: what is used is the most that one has. The limit is the one of the first node, which is this one.
 */
export function aggregate(nodes: readonly NodeReport[]): Aggregate {
  const numbers = nodes.flatMap((report) => report.numbers ?? []);
  const uses = numbers.flatMap(({ use }) => use ?? []);
  const counts: Record<Operation, bigint> = { ...ZERO };
  for (const one of numbers) for (const operation of OPERATIONS) counts[operation] += one.counts[operation];
  const [first] = uses;
  const use = first && {
    maxBytes: first.maxBytes,
    usedBytes: most(uses.map(({ usedBytes }) => usedBytes)),
    objects: most(uses.map(({ objects }) => objects)),
  };
  return { counts, use, nodes };
}

function most(values: readonly bigint[]): bigint {
  let highest = 0n;
  for (const value of values) if (value > highest) highest = value;
  return highest;
}
