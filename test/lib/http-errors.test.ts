import { expect, test } from 'vitest';
import { isMissingRoute, retryAfterMs, unanswered } from '../../src/lib/http-errors.ts';

const NOW = new Date('2026-08-25T10:00:00Z');

test.each([
  [undefined, undefined],
  ['0', 0],
  [' 120 ', 120_000],
  ['Tue, 25 Aug 2026 10:00:30 GMT', 30_000],
  ['Tue, 25 Aug 2026 09:00:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
])('Retry-After %j is %j ms', (header, ms) => {
  expect(retryAfterMs(header, NOW)).toBe(ms);
});

test.each([
  [404, 'text/html; charset=utf-8', true],
  [404, undefined, true],
  [404, 'application/json', false],
  [404, 'application/problem+json', false],
  [500, 'text/html', false],
])('status %i of type %s: route missing %s', (status, type, missing) => {
  expect(isMissingRoute({ status, headers: type === undefined ? {} : { 'content-type': type }, body: '' })).toBe(
    missing,
  );
});

test.each<[unknown, string, string]>([
  [
    Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
    'WALDUR_UNREACHABLE',
    'ECONNRESET: socket hang up',
  ],
  [
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    'WALDUR_UNREACHABLE',
    'connect ECONNREFUSED',
  ],
  [Object.assign(new Error('odd'), { code: 7 }), 'WALDUR_UNREACHABLE', 'odd'],
  [new Error('Authorization: Token s3cr3t'), 'WALDUR_UNREACHABLE', 'Authorization: Token ***'],
  ['a string', 'WALDUR_UNREACHABLE', 'a string'],
  [Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }), 'WALDUR_TLS', 'CERT_HAS_EXPIRED: x'],
])('%s becomes %s', (thrown, code, text) => {
  const options = { baseUrl: 'https://user:hunter22@waldur.test/api/', peer: 'Waldur' };
  const hide = (shown: string): string => shown.replaceAll('s3cr3t', '***');
  const error = unanswered(options, { operation: 'a.b', method: 'GET', path: '' }, 1000, thrown, hide);
  expect(error.code).toBe(code);
  expect(error.cause).toMatchObject({ message: text });
  expect(error.message).not.toContain('hunter22');
});
