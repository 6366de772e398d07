import { childrenOf, childText } from '../xml/parse.ts';
import { element, render, S3_NAMESPACE } from '../xml/write.ts';
import type { S3Caller } from './call.ts';
import { absentIsUndefined, hasS3Code, readAnswer, S3_BUCKET_OWNED } from './explain.ts';

/** The buckets of the holder of the keys. */
export interface S3Buckets {
  list(signal: AbortSignal): Promise<readonly string[]>;
  exists(bucket: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Returns false when the bucket is there and belongs to the holder of the keys.
   * @param region of the bucket; `us-east-1` goes without saying
   * @param objectLock whether versions can be locked, which cannot be decided later and turns versioning on
   * @throws AgentError terminal `S3_BUCKET_TAKEN`, `S3_BUCKET_NAME`
   */
  create(bucket: string, region: string, signal: AbortSignal, objectLock?: boolean): Promise<boolean>;
  /** Absent is done. @throws AgentError transient `S3_BUCKET_IN_USE` when it is not empty */
  remove(bucket: string, signal: AbortSignal): Promise<void>;
}

export function bucketsOf({ call }: S3Caller): S3Buckets {
  return {
    list: async (signal) => {
      const operation = 's3.list-buckets';
      const { body } = await call({ operation, method: 'GET', target: {} }, signal);
      const root = readAnswer(operation, String(body), 'ListAllMyBucketsResult');
      const buckets = childrenOf(root, 'Buckets').flatMap((list) => childrenOf(list, 'Bucket'));
      return buckets.map((bucket) => childText(bucket, 'Name') ?? '');
    },
    exists: async (bucket, signal) => {
      const asked = call({ operation: 's3.head-bucket', method: 'HEAD', target: { bucket } }, signal);
      return (await absentIsUndefined(asked)) !== undefined;
    },
    create: async (bucket, region, signal, objectLock = false) => {
      const location = element('LocationConstraint', region);
      const body = region === 'us-east-1' ? {} : { body: configuration('CreateBucketConfiguration', [location]) };
      const headers: Readonly<Record<string, string>> = objectLock
        ? { 'x-amz-bucket-object-lock-enabled': 'true' }
        : {};
      try {
        await call({ operation: 's3.create-bucket', method: 'PUT', target: { bucket }, headers, ...body }, signal);
        return true;
      } catch (error) {
        if (!hasS3Code(error, S3_BUCKET_OWNED)) throw error;
        return false;
      }
    },
    remove: async (bucket, signal) => {
      await absentIsUndefined(call({ operation: 's3.remove-bucket', method: 'DELETE', target: { bucket } }, signal));
    },
  };
}

/** A document as S3 takes it. */
export function configuration(name: string, content: Parameters<typeof element>[1]): string {
  return render(element(name, content, S3_NAMESPACE));
}
