import type { Json } from '../../../../src/lib/json.ts';
import type { NodeReport } from '../../cluster/aggregate.ts';
import { exactNumber, formatExact } from '../../exact-json.ts';
import { UNLIMITED } from '../../quota/quota-file.ts';
import { fieldOf, monthOf, OPERATIONS } from '../../statistics/statistics-file.ts';
import type { Operation } from '../call.ts';
import { askedMonth } from './asked-month.ts';

/** `GET ?cluster[&month=YYYY-MM]`: what all nodes counted, and which of them did not answer. */
export const getCluster: Operation = async ({ cluster, clock }, { head, bucket, signal }) => {
  const month = askedMonth(head);
  const { use, counts, nodes } = await cluster.read(bucket, month ?? monthOf(clock.now()), signal);
  const total = OPERATIONS.reduce((sum, operation) => sum + counts[operation], 0n);
  const entries: readonly (readonly [string, Json])[] = [
    ['bucket', bucket],
    ['month', month ?? 'current'],
    ...OPERATIONS.map((operation) => [fieldOf(operation), exactNumber(counts[operation])] as const),
    ['total_operations', exactNumber(total)],
    ...(use === undefined ? [] : usage(use)),
    ['nodes', nodes.map(describe)],
  ];
  return { status: 200, headers: { 'content-type': 'application/json' }, body: `${formatExact(entries)}\n` };
};

function usage(use: {
  readonly maxBytes: bigint | null;
  readonly usedBytes: bigint;
  readonly objects: bigint;
}): readonly (readonly [string, Json])[] {
  return [
    ['max_size_bytes', exactNumber(use.maxBytes ?? UNLIMITED)],
    ['current_usage_bytes', exactNumber(use.usedBytes)],
    ['object_count', exactNumber(use.objects)],
  ];
}

function describe({ node, state, at, numbers }: NodeReport): Json {
  return {
    node,
    state,
    ...(at !== undefined && { as_of: at.toISOString() }),
    ...(numbers?.use !== undefined && Object.fromEntries(usage(numbers.use))),
  };
}
