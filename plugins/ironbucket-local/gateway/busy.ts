import { renderS3Error, S3Error } from '../../../src/s3/s3-error.ts';
import type { Reply } from './call.ts';

/** The answer when there are too many connections: given before anything of the request is looked at. */
export function busyReply(url: string | undefined, requestId: string): Reply {
  const error = new S3Error('SlowDown', { message: 'Too many connections. Please reduce your request rate.' });
  return {
    status: error.status,
    headers: { 'x-amz-error-code': error.code, 'retry-after': '1' },
    body: renderS3Error(error, (url ?? '').split('?')[0] ?? '', requestId),
  };
}
