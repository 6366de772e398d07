import { isMonth } from '../../statistics/statistics-file.ts';
import { parameter, type RequestHead } from '../request-head.ts';
import { S3Error } from '../s3-error.ts';

/** The parameter `month`; undefined without one. @throws S3Error `InvalidArgument` */
export function askedMonth(head: RequestHead): string | undefined {
  const month = parameter(head, 'month');
  if (month === undefined || isMonth(month)) return month;
  throw new S3Error('InvalidArgument', { message: 'month must be YYYY-MM.', fields: { ArgumentName: 'month' } });
}
