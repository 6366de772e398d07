import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeQuery, encodeStrictly, sign } from '../../src/s3/sigv4.ts';

const keys = { accessKey: 'AKIAIOSFODNN7EXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const request = {
  method: 'GET',
  host: 'examplebucket.s3.amazonaws.com',
  body: '',
  keys,
  region: 'us-east-1',
  now: new Date('2013-05-24T00:00:00Z'),
};

describe('sign', () => {
  // The examples of "Authenticating Requests: Using the Authorization Header" in the S3 reference.
  it.each([
    ['/?lifecycle=', 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
    ['/?max-keys=2&prefix=J', '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
  ])('%s as AWS does', (path, signature) => {
    expect(sign({ ...request, path })).toEqual({
      'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'x-amz-date': '20130524T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
        `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`,
    });
  });

  it('leaves a body that is not in memory out, and says so', () => {
    const signed = sign({ ...request, path: '/', body: undefined });
    expect(signed['x-amz-content-sha256']).toBe('UNSIGNED-PAYLOAD');
    expect(signed['authorization']).not.toBe(sign({ ...request, path: '/' })['authorization']);
  });
});

describe('encodeQuery', () => {
  it('sorts by name, keeps sub-resources, leaves out what is undefined', () => {
    expect(
      encodeQuery({ 'quota-type': 'user', uid: 't1$u v', quota: '', marker: undefined, 'max-size': 2n ** 60n }),
    ).toBe('max-size=1152921504606846976&quota=&quota-type=user&uid=t1%24u%20v');
  });

  it('is understood by every URL parser, and never writes a plus', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string({ unit: 'grapheme' })), (query) => {
        const text = encodeQuery(query);
        expect(text).toMatch(/^[A-Za-z0-9\-._~%=&]*$/);
        expect(Object.fromEntries(new URLSearchParams(text))).toEqual({ ...query });
      }),
    );
  });

  it('leaves nothing for an HTTP client to change', () => {
    expect(encodeStrictly(`a-._~!'()* +/?#&=数`)).toBe('a-._~%21%27%28%29%2A%20%2B%2F%3F%23%26%3D%E6%95%B0');
  });
});
