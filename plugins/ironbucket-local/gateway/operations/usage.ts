import type { Json } from '../../../../src/lib/json.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { exactNumber, formatExact, parseExact, readExact } from '../../exact-json.ts';
import { UNLIMITED } from '../../quota/quota-file.ts';
import type { Counts } from '../../statistics/statistics-file.ts';
import { requireAdministrator } from '../authorize.ts';
import { readText } from '../body/open-body.ts';
import type { Operation, Reply } from '../call.ts';
import { unsupported } from '../unsupported.ts';
import { askedMonth } from './asked-month.ts';

/** `GET ?quota`, as IronBucket answers it: "off" is the largest number that its format can hold. */
export const getQuota: Operation = async ({ quotas }, { bucket, signal }) => {
  const state = await quotas.state(bucket, signal);
  if (state === undefined) throw unsupported('quotas, which are switched off in its settings');
  const { maxBytes, usedBytes, objects, updated, approximate } = state;
  return json([
    ['max_size_bytes', exactNumber(maxBytes ?? UNLIMITED)],
    ['current_usage_bytes', exactNumber(usedBytes)],
    ['object_count', exactNumber(objects)],
    ['last_updated', updated.toISOString()],
    ['usage_percentage', percentage(usedBytes, maxBytes)],
    ...(approximate === true ? [['approximate', true] as const] : []),
  ]);
};

/** `PUT ?quota` with `{"max_size_bytes": N}`. */
export const putQuota: Operation = async ({ quotas }, call) => {
  const { bucket, principal, signal } = call;
  requireAdministrator(principal, 'Limits are changed by an order in the marketplace.');
  const document = parseExact(await readText(call.body(), LARGEST));
  const limit = readExact(document?.['max_size_bytes']);
  if (limit === undefined || limit > UNLIMITED) {
    throw new S3Error('InvalidArgument', { message: 'The body must be {"max_size_bytes": N} with N bytes.' });
  }
  await quotas.setLimit(bucket, limit === UNLIMITED ? null : limit, signal);
  return { status: 200 };
};

/** `GET ?stats[&month=YYYY-MM]`. */
export const getStatistics: Operation = async ({ statistics }, { head, bucket, signal }) => {
  const month = askedMonth(head);
  const counts: Counts = await statistics.read(bucket, month, signal);
  const fields = (['get', 'put', 'delete', 'list', 'head', 'multipart'] as const).map(
    (operation) => [`${operation}_count`, exactNumber(BigInt(counts[operation]))] as const,
  );
  const total = Object.values(counts).reduce((sum, count) => sum + BigInt(count), 0n);
  return json([['bucket', bucket], ['month', month ?? 'current'], ...fields, ['total_operations', exactNumber(total)]]);
};

const LARGEST = 4096;

function json(entries: readonly (readonly [string, Json])[]): Reply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: `${formatExact(entries)}\n` };
}

/** With two decimals; 100 where nothing is allowed, 0 without a limit. */
function percentage(used: bigint, max: bigint | null): number {
  if (max === null) return 0;
  return max === 0n ? 100 : Number((used * 10_000n) / max) / 100;
}
