import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestHead } from '../../src/s3/request-head.ts';
import { verify } from '../../src/s3/verify/verify.ts';
import { accessKey, head, refusal, secretKey, verification } from './fixtures.ts';

const EXPIRES = 1_175_139_620;
const WEEK = 604_800;
const at = (seconds: number): Date => new Date(seconds * 1000);
const check = (request: RequestHead, now = at(EXPIRES - 60)) => verify(request, { ...verification, now });

/** As a client would sign `text`, the last line of which is the resource. */
function signedUrl(text: string, { path = '/b/k', expires = `${EXPIRES}`, extra = '' } = {}): string {
  const signature = encodeURIComponent(createHmac('sha1', secretKey).update(text).digest('base64'));
  return `${path}?AWSAccessKeyId=${accessKey}&Expires=${expires}&Signature=${signature}${extra}`;
}

const plain = (): RequestHead => head('GET', signedUrl(`GET\n\n\n${EXPIRES}\n/b/k`), { host: 'localhost:9000' });

describe('a presigned URL of version 2', () => {
  it('is the example of the S3 developer guide', () => {
    const url =
      '/johnsmith/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&' +
      'Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620';
    expect(check(head('GET', url, {}))).toEqual({ accessKey, payload: { kind: 'unsigned' } });
  });

  it('is good to its last second, and for a week at most', () => {
    expect(check(plain(), at(EXPIRES)).accessKey).toBe(accessKey);
    expect(refusal(() => check(plain(), at(EXPIRES + 0.001)))).toMatchObject({
      code: 'AccessDenied',
      message: 'Request has expired',
    });
    expect(check(plain(), at(EXPIRES - WEEK)).accessKey).toBe(accessKey);
    expect(refusal(() => check(plain(), at(EXPIRES - WEEK - 1))).message).toContain('604800 seconds');
  });

  it('may say how the object is described to its reader', () => {
    const extra =
      '&response-content-type=text%2Fplain&response-content-disposition=attachment%3B%20filename%3D%22a%20b%22';
    const resource = '/b/k?response-content-disposition=attachment; filename="a b"&response-content-type=text/plain';
    const url = signedUrl(`HEAD\n\n\n${EXPIRES}\n${resource}`, { extra });
    expect(check(head('HEAD', url, {})).accessKey).toBe(accessKey);
    expect(refusal(() => check(head('HEAD', url.replace('plain', 'html'), {}))).code).toBe('SignatureDoesNotMatch');
  });

  it('covers the x-amz headers', () => {
    const url = signedUrl(`GET\n\n\n${EXPIRES}\nx-amz-a:1\nx-amz-b:2,3\n/b/k`);
    const headers = { 'X-Amz-B': '2,3', 'x-amz-a': '1' };
    expect(check(head('GET', url, headers)).accessKey).toBe(accessKey);
    expect(refusal(() => check(head('GET', url, { ...headers, 'x-amz-c': '4' }))).code).toBe('SignatureDoesNotMatch');
  });

  it('opens what it was made for, whatever its name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (key) => {
        const path = `/b/${encodeURIComponent(key)}`;
        const url = signedUrl(`GET\n\n\n${EXPIRES}\n${path}`, { path });
        expect(check(head('GET', url, {})).accessKey).toBe(accessKey);
        const other = head('GET', url.replace(path, `${path}0`), {});
        expect(refusal(() => check(other)).code).toBe('SignatureDoesNotMatch');
      }),
    );
  });

  it.each(['PUT', 'DELETE'])('may %s', (method) => {
    const url = signedUrl(`${method}\n\n\n${EXPIRES}\n/b/k`);
    expect(check(head(method, url, {})).accessKey).toBe(accessKey);
  });

  it.each(['uploads', 'uploads='])('may name a sub-resource, however it is signed: %s', (signed) => {
    const url = signedUrl(`POST\n\n\n${EXPIRES}\n/b/k?${signed}`, { extra: '&uploads' });
    expect(check(head('POST', url, {})).accessKey).toBe(accessKey);
  });

  it('holds for the bucket that its host names, and for no other', () => {
    const request = head('PUT', signedUrl(`PUT\n\n\n${EXPIRES}\n/mine/k`, { path: '/k' }), {});
    const on = (hostBucket: string | undefined) =>
      verify(request, { ...verification, now: at(EXPIRES - 60), hostBucket });
    expect(on('mine').accessKey).toBe(accessKey);
    for (const other of ['theirs', undefined]) expect(refusal(() => on(other)).code).toBe('SignatureDoesNotMatch');
  });

  const changed = (name: string, ...values: readonly string[]): RequestHead => ({
    ...plain(),
    query: new Map([...plain().query, [name, values] as const]),
  });
  it.each([
    ['another method', { ...plain(), method: 'HEAD' }, 'SignatureDoesNotMatch'],
    ['a method that writes', { ...plain(), method: 'PUT' }, 'SignatureDoesNotMatch'],
    ['a method it does not sign', { ...plain(), method: 'OPTIONS' }, 'AccessDenied'],
    ['a sub-resource', changed('uploads', ''), 'SignatureDoesNotMatch'],
    ['a parameter it does not sign', changed('quota', ''), 'AccessDenied'],
    ['a signature of version 4 too', changed('X-Amz-Signature', '0'), 'AccessDenied'],
    ['a later end', changed('Expires', `${EXPIRES + 1}`), 'SignatureDoesNotMatch'],
    ['an end that is no number', changed('Expires', '1e9'), 'AccessDenied'],
    ['two ends', changed('Expires', `${EXPIRES}`, '9'), 'InvalidArgument'],
    ['another signature', changed('Signature', 'x'), 'SignatureDoesNotMatch'],
    ['an unknown key', changed('AWSAccessKeyId', 'AKIAI44QH8DHBEXAMPLE'), 'InvalidAccessKeyId'],
    [
      'a content type',
      head('GET', signedUrl(`GET\n\n\n${EXPIRES}\n/b/k`), { 'content-type': 'a/b' }),
      'SignatureDoesNotMatch',
    ],
  ])('is refused with %s', (_, request, code) => {
    expect(refusal(() => check(request)).code).toBe(code);
  });
});
