import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mintKeyPair } from '../../../src/s3/key-pair.ts';
import { parseExact, readInteger, readKeys, readObjects } from '../decode.ts';
import { sayingOf, withoutSecretKey } from '../errors.ts';
import { isSegment, segment } from '../segment.ts';
import { readStamp, stampOf } from '../stamp.ts';

describe('JSON', () => {
  it('keeps every digit of an integer', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), (value) => {
        const parsed = parseExact(`{"text":"${value}","v":[${value}]}`) as { text: string; v: [number | string] };
        expect([parsed.text, readInteger(parsed.v[0])]).toEqual([String(value), value]);
      }),
    );
  });

  it('is otherwise what it always was', () => {
    const ordinary = fc.json().filter((text) => !/\d{16}/.test(text));
    fc.assert(
      fc.property(ordinary, (text) => {
        expect(parseExact(text)).toEqual(JSON.parse(text));
      }),
    );
    expect(parseExact(' \n')).toBeUndefined();
    expect(() => parseExact('{"keys":[')).toThrow(SyntaxError);
  });

  it.each([
    [1.5, 2n],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['1e9', undefined],
    ['', undefined],
    [null, undefined],
    [true, undefined],
  ])('the integer in %j is %s', (value, expected) => expect(readInteger(value)).toBe(expected));

  it('of lists is all or nothing', () => {
    expect(readObjects([{ a: 1 }, 'b'])).toBeUndefined();
    expect(readObjects({})).toBeUndefined();
    expect(readKeys([{ access_key: 'A', secret_key: 'S' }, {}])).toBeUndefined();
    expect(readKeys([{ user: 'u', access_key: 'A', secret_key: 'S' }])).toEqual([{ accessKey: 'A', secretKey: 'S' }]);
  });
});

describe('stamps', () => {
  const resource = '0123456789abcdef0123456789abcdef';

  it.each(['waldur_org_proj_01234567', 'W_Org', 't1$waldur_org'])(
    'of %s are read back, also in lower case',
    (account) => {
      expect(readStamp(account, stampOf(account, resource))).toBe(resource);
      expect(readStamp(account, stampOf(account, resource).toLowerCase())).toBe(resource);
    },
  );

  it.each([
    ['', 'u'],
    ['somebody@example.org', 'u'],
    [stampOf('other', resource), 'u'],
    [`waldur-${resource.slice(1)}-u@invalid`, 'u'],
    [`x-waldur-${resource}-u@invalid`, 'u'],
    [`waldur-${resource}-u@invalid.example.org`, 'u'],
  ])('%s is not ours', (email, account) => expect(readStamp(account, email)).toBeUndefined());

  it('are different for every account of a resource', () => {
    expect(stampOf('a', resource)).not.toBe(stampOf('b', resource));
  });
});

describe('parts of a URL', () => {
  it.each(['..', '.', 'a/b', 'a?b', 'a#b', 'a b', '', 'ü', 'a%2e', 'x'.repeat(256), 'a\n'])('%j is refused', (text) => {
    expect(isSegment(text)).toBe(false);
    expect(() => segment('a user name', text)).toThrow(/cannot be a user name/);
  });

  it.each([
    ['waldur_org.x-1', 'waldur_org.x-1'],
    ['t1$waldur', 't1%24waldur'],
    ['...', '...'],
  ])('%s goes out as %s', (text, encoded) => expect(segment('a user name', text)).toBe(encoded));
});

describe('keys', () => {
  it('need no encoding, and differ', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(255)), (stream) => {
        const random = (bytes: number): Uint8Array =>
          Uint8Array.from({ length: bytes }, () => stream.next().value as number);
        const { accessKey, secretKey } = mintKeyPair(random);
        expect(accessKey).toMatch(/^[A-Z0-9]{20}$/);
        expect(secretKey).toMatch(/^[A-Za-z0-9_-]{40}$/);
      }),
      { numRuns: 20 },
    );
  });
});

describe('what a server says', () => {
  it.each([
    [{ message: 'no' }, 'no'],
    [{ error: 'no' }, 'no'],
    [{ detail: 'no' }, 'no'],
    [{ Code: 'NoSuchUser', Message: '' }, 'NoSuchUser'],
    ['<html><h1>Bad\n Gateway</h1></html>', 'Bad Gateway'],
    [{ message: { deep: 1 } }, ''],
    [undefined, ''],
    ['x'.repeat(9000), 'x'.repeat(500)],
    [{ message: 'PUT /keys/A?secretKey=s3cr3t&x=1 failed' }, 'PUT /keys/A?secretKey=***&x=1 failed'],
  ])('of %j is %j', (body, expected) => expect(sayingOf({ status: 500, headers: {}, body })).toBe(expected));

  it.each(['secretKey=s3cr3t', 'secret-key=s3cr3t', '"secret_key":"s3cr3t"', 'secretKey = s3cr3t', 'SECRETKEY:s3cr3t'])(
    'without the secret of %s',
    (text) => expect(withoutSecretKey(text)).not.toContain('s3cr3t'),
  );
});
