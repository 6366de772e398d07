import type { RequestHead } from '../../../../src/s3/request-head.ts';
import type { Bucket } from './bucket.ts';

/** A request whose signature holds, on a bucket of the holder of the key. */
export interface S3Request {
  readonly head: RequestHead;
  readonly bucket: Bucket;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly body: Buffer;
  readonly now: Date;
}

export function has({ head }: S3Request, parameter: string): boolean {
  return head.query.has(parameter);
}

export function value({ head }: S3Request, parameter: string): string | undefined {
  return head.query.get(parameter)?.[0];
}
