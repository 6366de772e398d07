import { S3Error } from '../../../src/s3/s3-error.ts';
import type { Reply } from './call.ts';
import { refusalReply } from './failures.ts';

/** The answer when there are too many connections: given before anything of the request is looked at. */
export function busyReply(url: string | undefined, requestId: string): Reply {
  const error = new S3Error('SlowDown', { message: 'Too many connections. Please reduce your request rate.' });
  return refusalReply(error, (url ?? '').split('?')[0] ?? '', requestId, { 'retry-after': '1' });
}
