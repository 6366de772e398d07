import { expect, test } from 'vitest';
import { isMissingRoute, retryAfterMs } from '../../src/lib/http-errors.ts';

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
