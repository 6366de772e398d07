import { parameter, type RequestHead } from '../../../src/s3/request-head.ts';
import { S3Error } from '../../../src/s3/s3-error.ts';

/** How many entries a page may have at most. @throws S3Error `InvalidArgument` */
export function readLimit(head: RequestHead, name: string, most = 1000): number {
  const text = parameter(head, name);
  if (text === undefined || text === '') return most;
  if (!/^\d{1,10}$/.test(text)) {
    throw new S3Error('InvalidArgument', {
      message: `Argument ${name} must be an integer between 0 and 2147483647.`,
      fields: { ArgumentName: name, ArgumentValue: text },
    });
  }
  return Math.min(Number(text), most);
}

/** @throws S3Error `InvalidArgument` for another encoding. */
export function readEncoding(head: RequestHead): 'url' | undefined {
  const encoding = parameter(head, 'encoding-type');
  if (encoding === undefined || encoding === '') return undefined;
  if (encoding === 'url') return encoding;
  throw new S3Error('InvalidArgument', { message: 'Invalid Encoding Method specified in Request' });
}
