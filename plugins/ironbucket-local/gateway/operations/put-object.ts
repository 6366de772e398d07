import type { Reservation } from '../../quota/reservation.ts';
import { requireLength } from '../body/expected.ts';
import type { Body } from '../body/types.ts';
import type { Operation } from '../call.ts';
import { writeCondition } from '../conditions.ts';
import { quote, readDescription } from '../description.ts';

export const putObject: Operation = async ({ objects, quotas, statistics }, call) => {
  const { head, bucket, key, signal } = call;
  requireLength(head);
  const condition = writeCondition(head);
  const described = readDescription(head);
  // Once now, before the body is asked for, and once more when it is there.
  if (condition !== undefined) condition(await objects.head(bucket, key));
  const body = call.body();
  const reservation = await quotas.reserve(bucket, body.length, signal, () => objects.size(bucket, key));
  try {
    reservation.stage(body.length ?? 0);
    const content = {
      body: withinQuota(body, reservation),
      etag: () => body.verified().md5,
      describe: () => ({ checksums: checksumsOf(body), ...described }),
    };
    const stored = await objects.put(bucket, key, content, { reservation, condition }, signal);
    statistics.count(bucket, 'put');
    return { status: 200, headers: { etag: quote(stored.etag), ...checksumHeaders(body) } };
  } finally {
    reservation.release();
  }
};

/** Of a body of unknown length, every chunk must fit before it is written. */
export function withinQuota(
  { length, chunks }: Pick<Body, 'length' | 'chunks'>,
  reservation: Reservation,
): AsyncIterable<Buffer> {
  return length === undefined ? growing(chunks, reservation) : chunks;
}

/** What the client sent and what was found to be true. */
export function checksumHeaders(body: Body): Readonly<Record<string, string>> {
  const { checksum } = body.verified();
  if (checksum === undefined) return {};
  return { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

function checksumsOf(body: Body): Readonly<Record<string, string>> | undefined {
  const { checksum } = body.verified();
  return checksum && { [checksum.algorithm]: checksum.value };
}

async function* growing(chunks: AsyncIterable<Buffer>, reservation: Reservation): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    reservation.grow(chunk.length);
    yield chunk;
  }
}
