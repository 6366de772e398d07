import { header, type RequestHead } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { element, type Markup } from '../../../../src/s3/xml/write.ts';
import type { Description } from '../../objects/sidecar.ts';
import type { StoredObject } from '../../objects/stored.ts';
import type { Operation } from '../call.ts';
import { writeCondition } from '../conditions.ts';
import { openSource } from '../copy-source.ts';
import { quote, readDescription } from '../description.ts';
import { TAGS_FIELD, taggingHeader } from '../tags.ts';
import { xmlReply } from '../xml/reply.ts';

export const copyObject: Operation = async (deps, call) => {
  const { head, bucket, key, signal } = call;
  const { objects, quotas, statistics, owns } = deps;
  const replaces = readDirective(head);
  const condition = writeCondition(head);
  const source = await openSource(deps, call);
  const { open } = source;
  try {
    if (!replaces && !replacesTags(head) && source.bucket === bucket && source.key === key) {
      const message =
        'This copy request is illegal because it is trying to copy an object to itself without changing its metadata.';
      throw new S3Error('InvalidRequest', { message });
    }
    const described = describeCopy(head, replaces, open.object);
    if (condition !== undefined) condition(await objects.head(bucket, key));
    const replaced = (): Promise<number> => objects.size(bucket, key);
    const reservation = await quotas.reserve(bucket, open.object.size, signal, replaced);
    try {
      reservation.stage(open.object.size);
      const describe = (etag: string): Description => {
        // Its own thread may have been replacing it: these may be the bytes of the new one, and the description of the old.
        if (!owns(source.bucket) && isMd5(open.object.etag) && open.object.etag !== etag)
          throw new S3Error('OperationAborted');
        return described;
      };
      const content = { body: open.read(0, open.object.size), describe };
      const stored = await objects.put(bucket, key, content, { reservation, condition }, signal);
      statistics.count(bucket, 'put');
      return xmlReply('CopyObjectResult', copied(stored));
    } finally {
      reservation.release();
    }
  } finally {
    await open.close();
  }
};

/** The ETag of an object that was not made of parts is the MD5 of its bytes. */
function isMd5(etag: string): boolean {
  return /^[0-9a-f]{32}$/.test(etag);
}

export function copied({ etag, modified }: Pick<StoredObject, 'etag' | 'modified'>): readonly Markup[] {
  return [element('LastModified', modified.toISOString()), element('ETag', quote(etag))];
}

/** Is the description of the source replaced by that in the headers? */
function readDirective(head: RequestHead): boolean {
  const directive = header(head, 'x-amz-metadata-directive')?.toUpperCase() ?? 'COPY';
  if (directive !== 'COPY' && directive !== 'REPLACE') {
    throw new S3Error('InvalidArgument', { message: 'Unknown metadata directive.' });
  }
  return directive === 'REPLACE';
}

/** Are the tags of the source replaced by those in the headers? */
function replacesTags(head: RequestHead): boolean {
  const directive = header(head, 'x-amz-tagging-directive')?.toUpperCase() ?? 'COPY';
  if (directive !== 'COPY' && directive !== 'REPLACE') {
    throw new S3Error('InvalidArgument', { message: 'Unknown tagging directive.' });
  }
  return directive === 'REPLACE';
}

/** Checksums belong to the bytes; unknown fields belong to the object. */
function describeCopy(head: RequestHead, replaces: boolean, source: StoredObject): Description {
  const { key: _, size: __, etag: ___, modified: ____, encrypted: _____, ...all } = source;
  // A copy has no parts, and so no checksum of their checksums.
  const { checksumType, checksums, ...described } = { ...all, uploadId: undefined, partSizes: undefined };
  const whole = checksumType === 'COMPOSITE' ? {} : { checksums };
  const kept = replaces ? { ...readDescription(head), ...whole, others: source.others } : { ...described, ...whole };
  if (!replacesTags(head)) return kept;
  const tags = taggingHeader(head).others ?? [];
  return { ...kept, others: [...tags, ...(source.others ?? []).filter(([field]) => field !== TAGS_FIELD)] };
}
