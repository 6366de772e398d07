import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { header, parameter, readHead } from '../../src/s3/request-head.ts';
import { S3Error } from '../../src/s3/s3-error.ts';

const read = (url: string, rawHeaders: readonly string[] = []) => readHead({ method: 'GET', url, rawHeaders });

describe('readHead', () => {
  it.each([
    ['/b/k', '/b/k'],
    ['/b/a%20b+c%2Bd', '/b/a b+c+d'],
    ['/b/%E6%95%B0', '/b/数'],
    ['/b/\xe6\x95\xb0', '/b/数'],
    ['/b//..%2F.', '/b//../.'],
    ['/b/100%25', '/b/100%'],
  ])('%s is the path %s', (url, path) => {
    expect(read(url)).toMatchObject({ rawPath: url, path });
  });

  it.each(['', '*', 'http://host/b/k', 'b/k', '/b/%zz', '/b/%E6%95', '/b/%ff', '/b?a=%', '/b/数', '/b?%C0%80'])(
    '%j is no target',
    (url) => {
      expect(() => read(url)).toThrow(expect.objectContaining({ code: 'InvalidURI' }));
    },
  );

  it('reads a query: blanks as %20 or +, sub-resources, empty values, names that come twice', () => {
    const head = read('/b?uploads&prefix=a%20b+c%2Bd&a=&&a=b=c&d+e=1');
    expect([...head.query]).toEqual([
      ['uploads', ['']],
      ['prefix', ['a b c+d']],
      ['a', ['', 'b=c']],
      ['d e', ['1']],
    ]);
    expect(parameter(head, 'uploads')).toBe('');
    expect(parameter(head, 'delete')).toBeUndefined();
    expect(() => parameter(head, 'a')).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', fields: { ArgumentName: 'a' } }),
    );
  });

  it('keeps headers that come twice apart', () => {
    const head = read('/', ['Host', 'h', 'X-Amz-Meta-A', '1', 'x-amz-meta-a', '2']);
    expect(head.headers.get('x-amz-meta-a')).toEqual(['1', '2']);
    expect(header(head, 'host')).toBe('h');
    expect(() => header(head, 'x-amz-meta-a')).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });

  it('throws nothing but S3Error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('/', '?', '&', '=', '%', '2', 'f', '+', '\xff') }), (url) => {
        try {
          read(url);
        } catch (error) {
          expect(error).toBeInstanceOf(S3Error);
        }
      }),
    );
  });
});
