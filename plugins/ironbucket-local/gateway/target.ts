import { isIP } from 'node:net';
import { header, type RequestHead } from '../../../src/s3/request-head.ts';

export interface Target {
  /** Empty for the service itself. */
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
}

/**
 * What a request is about: `/{bucket}/{key}`, or `{bucket}.{host}/{key}` when `host` is the name under which clients know
 * the gateway.
 */
export function targetOf(head: RequestHead, host: string): Target {
  const named = hostBucket(head, host);
  if (named !== undefined) return { bucket: named, key: head.path.slice(1) };
  const end = head.path.indexOf('/', 1);
  if (end < 0) return { bucket: head.path.slice(1), key: '' };
  return { bucket: head.path.slice(1, end), key: head.path.slice(end + 1) };
}

/** The bucket that the host names; undefined when the path does. */
export function hostBucket(head: RequestHead, host: string): string | undefined {
  if (isIP(host) !== 0 || host.startsWith('[')) return undefined;
  const asked = (header(head, 'host') ?? '').replace(/:\d+$/, '').toLowerCase();
  return asked.endsWith(`.${host}`) ? asked.slice(0, -host.length - 1) : undefined;
}
