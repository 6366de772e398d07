import { forEachLimited } from '../../../../src/lib/for-each-limited.ts';
import { header, type RequestHead } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { element, type Markup } from '../../../../src/s3/xml/write.ts';
import type { Deps } from '../../deps.ts';
import { readText } from '../body/open-body.ts';
import type { Call, Operation } from '../call.ts';
import { type Condition, conditionOf, deleteCondition } from '../conditions.ts';
import { toS3Error } from '../failures.ts';
import { LARGEST_DOCUMENT, readDelete } from '../xml/read.ts';
import { xmlReply } from '../xml/reply.ts';

/** What is not there is deleted already. */
export const deleteObject: Operation = async (deps, call) => {
  const { head, bucket, key } = call;
  if (await remove(deps, call, key, deleteCondition(head))) deps.statistics.count(bucket, 'delete');
  return { status: 204 };
};

/** Keys that are removed at once. */
const AT_ONCE = 8;

/** Up to 1000 keys, each with its own outcome. */
export const deleteObjects: Operation = async (deps, call) => {
  const { head, bucket, signal } = call;
  requireDigest(head);
  const { quiet, objects } = readDelete(await readText(call.body(), LARGEST_DOCUMENT));
  const outcomes = new Map<number, Markup>();
  let removed = 0;
  await forEachLimited(objects.entries(), AT_ONCE, signal, async ([index, { key, versionId, conditions }]) => {
    try {
      if ((versionId ?? 'null') !== 'null') throw new S3Error('NoSuchVersion');
      if (await remove(deps, call, key, conditionOf(conditions))) removed++;
      if (!quiet) outcomes.set(index, element('Deleted', [element('Key', key)]));
    } catch (error) {
      signal.throwIfAborted();
      const { code, message } = toS3Error(error);
      const failure = [element('Key', key), element('Code', code), element('Message', message)];
      outcomes.set(index, element('Error', failure));
    }
  });
  if (removed > 0) deps.statistics.count(bucket, 'delete');
  return xmlReply(
    'DeleteResult',
    objects.flatMap((_, index) => outcomes.get(index) ?? []),
  );
};

async function remove(
  { objects, quotas }: Deps,
  { bucket, signal }: Call,
  key: string,
  condition: Condition | undefined,
): Promise<boolean> {
  const reservation = await quotas.reserve(bucket, 0, signal);
  try {
    return await objects.remove(bucket, key, { reservation, condition });
  } finally {
    reservation.release();
  }
}

/** A list that arrives damaged deletes the wrong objects. */
function requireDigest(head: RequestHead): void {
  const names = [...head.headers.keys()];
  const sent = names.some((name) => name === 'content-md5' || /^x-amz-checksum-(crc|sha)/.test(name));
  if (sent || header(head, 'x-amz-trailer') !== undefined) return;
  const message = 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*';
  throw new S3Error('InvalidRequest', { message });
}
