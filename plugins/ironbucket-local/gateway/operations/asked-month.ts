import { parameter, type RequestHead } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { isMonth } from '../../statistics/statistics-file.ts';

/** The parameter `month`; undefined without one. @throws S3Error `InvalidArgument` */
export function askedMonth(head: RequestHead): string | undefined {
  const month = parameter(head, 'month');
  if (month === undefined || isMonth(month)) return month;
  throw new S3Error('InvalidArgument', { message: 'month must be YYYY-MM.', fields: { ArgumentName: 'month' } });
}
