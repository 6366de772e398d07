import type { RequestHead } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import type { StoredObject } from '../../objects/stored.ts';
import type { Operation, Reply } from '../call.ts';
import { isModified, readConditions } from '../conditions.ts';
import { describe } from '../description.ts';
import { readPartRange } from '../part-range.ts';
import { readRange } from '../range.ts';
import { unsupported } from '../unsupported.ts';
import { withLast } from '../with-last.ts';

export const getObject: Operation = async ({ objects, statistics }, { head, bucket, key }) => {
  const open = await objects.open(bucket, key);
  if (open === undefined) throw new S3Error('NoSuchKey', { fields: { Key: key } });
  try {
    const { reply, start, end } = answer(head, open.object);
    if (reply.status === 304) {
      await open.close();
      return reply;
    }
    if (end - start <= SMALL) {
      const body = await open.whole(start, end);
      await open.close();
      statistics.count(bucket, 'get');
      return { body, ...reply };
    }
    const wasRead = (): void => statistics.count(bucket, 'get');
    return {
      body: {
        length: end - start,
        chunks: withLast(open.read(start, end), end - start, wasRead),
        file: open.file && { ...open.file, start, end },
        wasRead,
        close: () => open.close(),
      },
      ...reply,
    };
  } catch (error) {
    await open.close();
    throw error;
  }
};

/** Up to here the bytes take less than their way through a stream. */
const SMALL = 65_536;

export const headObject: Operation = async ({ objects, statistics }, { head, bucket, key }) => {
  const object = await objects.head(bucket, key);
  if (object === undefined) throw new S3Error('NoSuchKey');
  const { reply, start, end } = answer(head, object);
  statistics.count(bucket, 'head');
  if (reply.status === 304) return reply;
  return { status: reply.status, headers: { 'content-length': String(end - start), ...reply.headers } };
};

/** @throws S3Error `NotImplemented` for bytes that another server stored encrypted: they are not those of the object. */
export function requireReadable({ encrypted }: StoredObject): void {
  if (encrypted) throw unsupported('the decryption of objects that another server stored encrypted');
}

interface Answer {
  readonly reply: Reply;
  readonly start: number;
  readonly end: number;
}

function answer(head: RequestHead, object: StoredObject): Answer {
  requireReadable(object);
  const { size } = object;
  const headers = describe(head, object);
  if (!isModified(readConditions(head), object)) return { reply: { status: 304, headers }, start: 0, end: 0 };
  const part = readPartRange(head, object);
  const range = part ?? readRange(head, object);
  if (range === undefined) return { reply: { status: 200, headers }, start: 0, end: size };
  const { start, end } = range;
  return {
    reply: {
      // No range has no bytes.
      status: end > start ? 206 : 200,
      headers: {
        ...(end > start && { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
        ...(part?.count !== undefined && { 'x-amz-mp-parts-count': String(part.count) }),
        ...headers,
      },
    },
    start,
    end,
  };
}
