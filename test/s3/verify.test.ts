import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { S3Error } from '../../src/s3/s3-error.ts';
import { EMPTY_SHA256, stampOf } from '../../src/s3/sigv4.ts';
import { readStamp } from '../../src/s3/verify/fields.ts';
import { verify } from '../../src/s3/verify/verify.ts';
import {
  accessKey,
  credential,
  head,
  now,
  refusal,
  region,
  secretKey,
  sha256,
  signedHead,
  stamp,
  verification,
} from './fixtures.ts';

const host = 'examplebucket.s3.amazonaws.com';
const empty = { host, 'x-amz-content-sha256': EMPTY_SHA256, 'x-amz-date': stamp };
const authorization = (names: string, signature: string) =>
  `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names},Signature=${signature}`;
const check = (request: Parameters<typeof verify>[0], changes: Partial<typeof verification> = {}) =>
  verify(request, { ...verification, ...changes });

describe('the examples of the S3 reference', () => {
  it.each([
    [
      'GET an object',
      head('GET', '/test.txt', {
        ...empty,
        range: 'bytes=0-9',
        authorization: authorization(
          'host;range;x-amz-content-sha256;x-amz-date',
          'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
        ),
      }),
    ],
    [
      'PUT an object, with a dollar that is not encoded on the wire',
      head('PUT', '/test$file.text', {
        ...empty,
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'x-amz-content-sha256': sha256('Welcome to Amazon S3.'),
        authorization: authorization(
          'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
          '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
        ),
      }),
    ],
    [
      'GET the lifecycle of a bucket',
      head('GET', '/?lifecycle', {
        ...empty,
        authorization: authorization(
          'host;x-amz-content-sha256;x-amz-date',
          'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
        ),
      }),
    ],
    [
      'list a bucket',
      head('GET', '/?prefix=J&max-keys=2', {
        ...empty,
        authorization: authorization(
          'host;x-amz-content-sha256;x-amz-date',
          '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
        ),
      }),
    ],
  ])('%s', (_, request) => {
    const sum = request.headers.get('x-amz-content-sha256')?.[0];
    expect(check(request)).toEqual({ accessKey, payload: { kind: 'hashed', sha256: sum } });
  });

  it('a presigned URL, up to its last second', () => {
    const request = presigned();
    expect(check(request)).toEqual({ accessKey, payload: { kind: 'unsigned' } });
    const last = new Date(now.getTime() + 86_400_000);
    expect(check(request, { now: last }).accessKey).toBe(accessKey);
    const after = refusal(() => check(request, { now: new Date(last.getTime() + 1) }));
    expect(after).toMatchObject({ code: 'AccessDenied', status: 403, message: 'Request has expired' });
    const early = refusal(() => check(request, { now: new Date(now.getTime() - 900_001) }));
    expect(early).toMatchObject({ code: 'AccessDenied', message: 'Request is not valid yet' });
  });
});

describe('clients differ in what they encode', () => {
  it.each([
    ['signs the encoded path, sends it raw', '/b/a(b)+c!', '/b/a%28b%29%2Bc%21'],
    ['signs what it sends', '/b/a(b)+c!', '/b/a(b)+c!'],
    ['writes small hexadecimal digits and signs them', '/b/%e6%95%b0', '/b/%e6%95%b0'],
    ['writes small hexadecimal digits and signs capitals', '/b/%e6%95%b0', '/b/%E6%95%B0'],
    ['encodes a tilde', '/b/%7Ea', '/b/%7Ea'],
    ['encodes a slash', '/b/a%2Fb', '/b/a%2Fb'],
    ['sends bytes of UTF-8', '/b/\xe6\x95\xb0', '/b/%E6%95%B0'],
    ['keeps empty and dot segments', '/b//./../c', '/b//./../c'],
    ['does not encode twice', '/b/%2520', '/b/%2520'],
  ])('%s', (_, url, uri) => {
    expect(check(signedHead({ url, uri })).accessKey).toBe(accessKey);
  });

  it.each([
    ['sub-resources', 'uploads', 'uploads='],
    ['empty values', 'prefix=&list-type=2', 'list-type=2&prefix='],
    ['a plus for a blank', 'prefix=a+b', 'prefix=a%20b'],
    ['an encoded plus', 'prefix=a%2Bb', 'prefix=a%2Bb'],
    ['characters that need no encoding in a query', "prefix=a/b:c'(d)", 'prefix=a%2Fb%3Ac%27%28d%29'],
    ['names that begin alike', 'quota-type=u&quota&quota0=', 'quota=&quota-type=u&quota0='],
    ['names sorted as encoded', 'a_=1&a%C3%A9=2&a=3&A=4', 'A=4&a=3&a%C3%A9=2&a_=1'],
    ['a name that comes twice', 'a=2&a=10&a=', 'a=&a=10&a=2'],
  ])('%s in a query', (_, sent, signed) => {
    expect(check(signedHead({ url: `/b?${sent}`, query: signed })).accessKey).toBe(accessKey);
  });

  it('a plus that is signed as a plus is not a blank', () => {
    expect(refusal(() => check(signedHead({ url: '/b?prefix=a+b', query: 'prefix=a%2Bb' }))).code).toBe(
      'SignatureDoesNotMatch',
    );
  });

  it('any key and prefix, encoded as encodeURIComponent does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (key, prefix) => {
        const url = `/b/${encodeURIComponent(key)}?prefix=${encodeURIComponent(prefix)}`;
        const strictly = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${hex(char)}`);
        expect(check(signedHead({ url, query: `prefix=${strictly(prefix)}` })).accessKey).toBe(accessKey);
        expect(
          check(signedHead({ url, uri: `/b/${strictly(key)}`, query: `prefix=${strictly(prefix)}` })).accessKey,
        ).toBe(accessKey);
      }),
    );
  });

  it.each([
    ['blanks around and inside', '  a   b\t ', 'a b'],
    ['bytes of UTF-8, one of which is a blank elsewhere', '\xc3\xa0  \xc2\xa0', '\xc3\xa0 \xc2\xa0'],
  ])('values of headers: %s', (_, sent, signed) => {
    const request = signedHead({ headers: { 'x-amz-meta-a': signed } });
    const headers = new Map([...request.headers, ['x-amz-meta-a', [sent]]]);
    expect(check({ ...request, headers }).accessKey).toBe(accessKey);
  });

  it('headers that come twice are signed with a comma', () => {
    const request = signedHead({ headers: { 'x-amz-meta-a': '1,2' } });
    const headers = new Map([...request.headers, ['x-amz-meta-a', ['1', '2']]]);
    expect(check({ ...request, headers }).accessKey).toBe(accessKey);
  });

  it('a Date in place of x-amz-date', () => {
    const request = signedHead({});
    const headers = new Map([...request.headers, ['date', ['Fri, 24 May 2013 00:00:01 GMT']]]);
    headers.delete('x-amz-date');
    expect(refusal(() => check({ ...request, headers })).fields['StringToSign']).toContain('\n20130524T000001Z\n');
  });
});

describe('what is refused', () => {
  const signed = signedHead({ headers: { 'x-amz-meta-a': '1' } });
  const withHeader = (name: string, ...values: readonly string[]) => ({
    ...signed,
    headers: new Map([...signed.headers, [name, values] as const]),
  });
  const without = (name: string) => ({
    ...signed,
    headers: new Map([...signed.headers].filter(([other]) => other !== name)),
  });
  const replaced = (from: string | RegExp, to: string) =>
    withHeader('authorization', (signed.headers.get('authorization')?.[0] ?? '').replace(from, to));

  it('passes as it is', () => {
    expect(check(signed)).toEqual({ accessKey, payload: { kind: 'unsigned' } });
  });

  it.each([
    ['no signature', without('authorization'), 'AccessDenied'],
    ['two signatures', withHeader('authorization', 'a', 'b'), 'InvalidArgument'],
    ['another scheme', withHeader('authorization', 'Bearer x'), 'InvalidArgument'],
    ['version 2', withHeader('authorization', 'AWS AKIA:x='), 'InvalidRequest'],
    [
      'version 2 in the query',
      { ...without('authorization'), query: new Map([['AWSAccessKeyId', ['x']]]) },
      'InvalidRequest',
    ],
    ['an asymmetric signature', replaced('HMAC-SHA256', 'ECDSA-P256-SHA256'), 'InvalidRequest'],
    ['a signature in the query too', { ...signed, query: presigned().query }, 'InvalidArgument'],
    ['temporary credentials', withHeader('x-amz-security-token', 'x'), 'InvalidToken'],
    ['nothing behind the scheme', withHeader('authorization', 'AWS4-HMAC-SHA256'), 'AuthorizationHeaderMalformed'],
    ['no Signature', replaced(/, Signature=.*/, ''), 'AuthorizationHeaderMalformed'],
    ['a field twice', replaced(/$/, ', Signature=0'), 'AuthorizationHeaderMalformed'],
    ['a field without "="', replaced('Signature=', 'Signature'), 'AuthorizationHeaderMalformed'],
    ['a character for "=" and the value', replaced(/Signature=.*/, 'Signature0'), 'AuthorizationHeaderMalformed'],
    ['a blank before "="', replaced('Signature=', 'Signature ='), 'AuthorizationHeaderMalformed'],
    ['an unknown field', replaced(/$/, ', X=0'), 'AuthorizationHeaderMalformed'],
    ['a short credential', replaced(`${accessKey}/`, ''), 'AuthorizationHeaderMalformed'],
    ['another service', replaced('/s3/', '/ec2/'), 'AuthorizationHeaderMalformed'],
    ['another terminator', replaced('aws4_request', 'aws5_request'), 'AuthorizationHeaderMalformed'],
    ['another day', replaced('20130524', '20130523'), 'AuthorizationHeaderMalformed'],
    ['another region', replaced('us-east-1', 'eu-west-1'), 'AuthorizationHeaderMalformed'],
    ['signed headers in capitals', replaced('=host;', '=Host;'), 'AuthorizationHeaderMalformed'],
    ['a signed header twice', replaced('=host;', '=host;host;'), 'AuthorizationHeaderMalformed'],
    ['no date', without('x-amz-date'), 'AccessDenied'],
    ['a date that is none', withHeader('x-amz-date', '20130230T000000Z'), 'AccessDenied'],
    ['an unknown key', replaced(accessKey, 'AKIAI44QH8DHBEXAMPLE'), 'InvalidAccessKeyId'],
    ['no content hash', without('x-amz-content-sha256'), 'InvalidRequest'],
    ['a content hash that is none', withHeader('x-amz-content-sha256', 'toString'), 'InvalidArgument'],
    ['the host not signed', replaced('=host;', '='), 'AccessDenied'],
    ['an x-amz header not signed', withHeader('x-amz-acl', 'public-read'), 'AccessDenied'],
    ['another method', { ...signed, method: 'DELETE' }, 'SignatureDoesNotMatch'],
    ['another path', { ...signed, path: '/b/l', rawPath: '/b/l' }, 'SignatureDoesNotMatch'],
    ['another query', { ...signed, query: new Map([['uploads', ['']]]) }, 'SignatureDoesNotMatch'],
    ['another value of a header', withHeader('x-amz-meta-a', '2'), 'SignatureDoesNotMatch'],
    ['a signed header taken out', without('x-amz-meta-a'), 'SignatureDoesNotMatch'],
    ['another content hash', withHeader('x-amz-content-sha256', EMPTY_SHA256), 'SignatureDoesNotMatch'],
    ['a short signature', replaced(/.$/, ''), 'SignatureDoesNotMatch'],
    ['a signature that is not hexadecimal', replaced(/.$/, 'x'), 'SignatureDoesNotMatch'],
  ])('%s: %#', (_, request, code) => {
    expect(refusal(() => check(request)).code).toBe(code);
  });

  it('says which headers were not signed, and which region it is', () => {
    expect(refusal(() => check(withHeader('x-amz-acl', 'x'))).fields).toEqual({ HeadersNotSigned: 'x-amz-acl' });
    expect(refusal(() => check(replaced('us-east-1', 'eu-west-1'))).fields).toEqual({ Region: region });
  });

  it.each([-900_001, 900_001])('a clock that is %d ms off, and no less', (ms) => {
    const at = (offset: number) => ({ now: new Date(now.getTime() + offset) });
    expect(refusal(() => check(signed, at(ms))).code).toBe('RequestTimeTooSkewed');
    expect(check(signed, at(ms - Math.sign(ms))).accessKey).toBe(accessKey);
  });

  it.each([
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA1'],
    ['X-Amz-Algorithm', undefined],
    ['X-Amz-Credential', undefined],
    ['X-Amz-Credential', credential.replace('/s3/', '/iam/')],
    ['X-Amz-Credential', credential.replace('us-east-1', 'eu-west-1')],
    ['X-Amz-Date', '2013-05-24T00:00:00Z'],
    ['X-Amz-Date', undefined],
    ['X-Amz-Expires', '0'],
    ['X-Amz-Expires', '604801'],
    ['X-Amz-Expires', '-1'],
    ['X-Amz-Expires', '1e3'],
    ['X-Amz-Expires', undefined],
    ['X-Amz-SignedHeaders', ''],
    ['X-Amz-SignedHeaders', undefined],
    ['X-Amz-Signature', undefined],
  ])('a presigned URL with %s %s', (name, value) => {
    const request = presigned();
    const query = new Map([...request.query, [name, value === undefined ? [] : [value]]]);
    if (value === undefined) query.delete(name);
    expect(refusal(() => check({ ...request, query })).code).toBe('AuthorizationQueryParametersError');
    const twice = new Map([...request.query, [name, ['a', 'b']]]);
    expect(refusal(() => check({ ...request, query: twice })).code).toBe('AuthorizationQueryParametersError');
  });

  it.each([
    ['X-Amz-Signature', '0'.repeat(64)],
    ['X-Amz-Expires', '86401'],
    ['uploads', ''],
  ])('a presigned URL that was changed in %s', (name, value) => {
    const request = presigned();
    const query = new Map([...request.query, [name, [value]]]);
    expect(refusal(() => check({ ...request, query })).code).toBe('SignatureDoesNotMatch');
  });

  it('a presigned URL with an x-amz header that is not signed', () => {
    const request = presigned();
    const headers = new Map([...request.headers, ['x-amz-acl', ['public-read']]]);
    expect(refusal(() => check({ ...request, headers })).code).toBe('AccessDenied');
  });

  it('never says a secret, or throws anything but S3Error', () => {
    const names = fc.constantFrom('authorization', 'x-amz-date', 'x-amz-content-sha256', 'host', 'x-amz-meta-b');
    const change = fc.tuple(names, fc.array(fc.string({ unit: 'binary-ascii' }), { maxLength: 2 }));
    const text = fc.oneof(fc.string(), fc.constantFrom(...[...presigned().query.values()].flat()));
    const query = fc.dictionary(fc.constantFrom(...presigned().query.keys()), fc.array(text, { maxLength: 2 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), query, (changes, parameters) => {
        const headers = new Map([...signed.headers, ...changes]);
        for (const request of [
          { ...signed, headers },
          { ...presigned(), query: new Map(Object.entries(parameters)) },
        ]) {
          try {
            expect(check(request).accessKey).toBe(accessKey);
          } catch (error) {
            expect(error).toBeInstanceOf(S3Error);
            expect(JSON.stringify([error, String(error)])).not.toContain(secretKey);
          }
        }
      }),
    );
  });
});

function presigned() {
  const url =
    `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(credential)}` +
    `&X-Amz-Date=${stamp}&X-Amz-Expires=86400&X-Amz-SignedHeaders=host` +
    '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
  return head('GET', url, { host });
}

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).toUpperCase();
}

describe('the time of a signature', () => {
  it('is read to the second', () => {
    const seconds = fc.integer({ min: Date.UTC(1900, 0) / 1000, max: Date.UTC(9999, 11, 31) / 1000 });
    fc.assert(
      fc.property(seconds, (second) => {
        expect(readStamp(stampOf(new Date(second * 1000)))).toBe(second * 1000);
      }),
    );
  });

  it.each(
    ['20130230T000000Z', '20131301T000000Z', '20130001T000000Z', '20130500T000000Z', '20130524T240000Z'].concat([
      '20130524T006000Z',
      '20130524T000060Z',
      '20130524T000000',
      '2013-05-24T00:00:00Z',
      '20130524T00000Z',
      '',
    ]),
  )('%j is none', (text) => expect(readStamp(text)).toBeUndefined());
});
