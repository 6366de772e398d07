import { describe, expect, test } from 'vitest';
import { parseExact, readInteger, readObject, readObjects, readText } from '../decode.ts';
import { bucketsIn, isWritable, stampOf } from '../policy.ts';

describe('an integer', () => {
  test.each([
    [0, 0n],
    [5, 5n],
    [-1, undefined],
    [1.5, undefined],
    [2 ** 53, undefined],
    ['18446744073709551615', 18_446_744_073_709_551_615n],
    ['123456789012345678901', undefined],
    ['-5', undefined],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('of %s is %s', (value, expected) => {
    expect(readInteger(value)).toBe(expected);
  });

  test('keeps every digit', () => {
    expect(parseExact('{"size": 9007199254740993, "name": "12345678901234567890"}')).toEqual({
      size: '9007199254740993',
      name: '12345678901234567890',
    });
    expect(parseExact(' ')).toBeUndefined();
  });
});

test('what is missing or of another kind is empty', () => {
  expect([readText(5), readText('a')]).toEqual(['', 'a']);
  expect([readObject([]), readObject({ a: 1 })]).toEqual([{}, { a: 1 }]);
  expect([readObjects(null), readObjects([{ a: 1 }, 5])]).toEqual([[], [{ a: 1 }]]);
});

describe('a policy', () => {
  const statement = (values: object) => ({ Statement: [{ Effect: 'Allow', Action: ['s3:PutObject'], ...values }] });
  test.each([
    ['that allows putting objects', statement({}), true],
    ['that denies it', statement({ Effect: 'Deny' }), false],
    ['that allows something else', statement({ Action: ['s3:GetObject'] }), false],
    ['without statements', {}, false],
  ])('%s is writable: %s', (_, policy, expected) => {
    expect(isWritable(policy)).toBe(expected);
  });

  test('is stamped by one statement, and names its buckets once', () => {
    const id = '0123456789abcdef0123456789abcdef';
    const one = statement({ Sid: `waldur${id}`, Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::a/*', 'arn:aws:s3:::a'] });
    expect(stampOf(one)).toBe(id);
    expect(bucketsIn(one)).toEqual(['a', 'b']);
    expect(stampOf({ Statement: [...one.Statement, ...one.Statement] })).toBeUndefined();
    expect(stampOf(statement({ Sid: 'other' }))).toBeUndefined();
  });
});
