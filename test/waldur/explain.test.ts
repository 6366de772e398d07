import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HttpAnswer, HttpRequest } from '../../src/lib/http.ts';
import { explainAnswer, flattenErrors } from '../../src/waldur/explain.ts';
import { NO_ROUTE, ORDER } from './harness.ts';

const NOW = new Date('2026-08-25T10:00:00Z');

test.each<[unknown, string]>([
  [{ detail: 'Not found.' }, 'Not found.'],
  [{ details: 'UUID for offering component was not provided.' }, 'UUID for offering component was not provided.'],
  [
    { non_field_errors: ['Either plan_period or resource should be provided.'] },
    'Either plan_period or resource should be provided.',
  ],
  [['Offering is unavailable.', 'Really.'], 'Offering is unavailable.; Really.'],
  [{ backend_id: ['This field is required.'] }, 'backend_id: This field is required.'],
  [{ limits: 'Unknown component types: foo' }, 'limits: Unknown component types: foo'],
  [{ usages: [{}, { amount: ['Too long.', 'No.'] }] }, 'usages.1.amount: Too long.; usages.1.amount: No.'],
  [{ usages: [{ non_field_errors: ['Bad.'] }] }, 'usages.0: Bad.'],
  [{ a: { b: { c: [[1, true, null, '']] } } }, 'a.b.c: 1; a.b.c: true'],
  ['no trailing slash', 'no trailing slash'],
  ['<h1>Server Error (500)</h1>', ''],
  ['Traceback:\nline', ''],
  [{ detail: 'two\r\n\tlines\u0000' }, 'two lines'],
  [undefined, ''],
  [null, ''],
  [[], ''],
])('%j reads as %j', (body, text) => {
  expect(flattenErrors(body)).toBe(text);
});

test('any body becomes one short line', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 12 }), (body) => {
      const text = flattenErrors(body);
      expect(text.length).toBeLessThanOrEqual(500);
      expect(text).not.toMatch(/\p{Cc}/u);
    }),
  );
  expect(flattenErrors({ detail: 'x'.repeat(10_000) })).toHaveLength(500);
  expect(flattenErrors(Array.from({ length: 1000 }, () => 'again and again'))).toMatch(/^again.*…$/);
});

test('nesting without end', () => {
  let body: unknown = 'deep';
  for (let i = 0; i < 5000; i++) body = i % 2 === 0 ? [body] : { a: body };
  expect(flattenErrors(body)).toBe('');
});

const JSON_404 = { status: 404, headers: { 'content-type': 'application/json' }, body: { detail: 'Not found.' } };
const page404 = (body: unknown, type = 'text/html'): HttpAnswer => ({
  status: 404,
  headers: { 'content-type': type },
  body,
});
const PAGE_404 = page404(NO_ROUTE);
const OBJECT = `marketplace-orders/${ORDER}/set_state_done/`;

test.each<[string, string, HttpAnswer, string, string]>([
  ['a missing object', OBJECT, JSON_404, 'WALDUR_CONFLICT', 'transient'],
  ['a missing action', OBJECT, PAGE_404, 'WALDUR_NO_ROUTE', 'operator'],
  ['a missing collection', 'marketplace-orders/', JSON_404, 'WALDUR_NO_ROUTE', 'operator'],
  ['an ingress', OBJECT, page404('default backend - 404', 'text/plain'), 'WALDUR_BAD_ANSWER', 'transient'],
  ['an ingress for a list', 'marketplace-orders/', page404('<h1>404</h1>'), 'WALDUR_BAD_ANSWER', 'transient'],
  [
    'a gateway that speaks JSON',
    OBJECT,
    page404({ message: 'no Route matched' }, 'application/json'),
    'WALDUR_BAD_ANSWER',
    'transient',
  ],
  [
    'another state',
    OBJECT,
    { status: 409, headers: {}, body: { detail: 'Valid states for operation: executing.' } },
    'WALDUR_CONFLICT',
    'transient',
  ],
  [
    'another type of offering',
    OBJECT,
    { status: 405, headers: {}, body: { detail: 'x does not support this action' } },
    'WALDUR_UNSUPPORTED',
    'operator',
  ],
  [
    'an unavailable offering',
    OBJECT,
    { status: 400, headers: {}, body: ['Offering is unavailable.'] },
    'WALDUR_UNAVAILABLE',
    'operator',
  ],
  [
    'a firewall that refuses a body',
    OBJECT,
    { status: 400, headers: {}, body: '<h1>Bad Request</h1>' },
    'WALDUR_BAD_ANSWER',
    'transient',
  ],
  ['a refused body', OBJECT, { status: 400, headers: {}, body: { limits: 'no' } }, 'WALDUR_REFUSED', 'terminal'],
  [
    'a refused user',
    OBJECT,
    { status: 401, headers: {}, body: { detail: 'Token has expired.' } },
    'WALDUR_UNAUTHORIZED',
    'operator',
  ],
  ['a missing role', OBJECT, { status: 403, headers: {}, body: { detail: 'no' } }, 'WALDUR_FORBIDDEN', 'operator'],
  ['an exception', OBJECT, { status: 500, headers: {}, body: '<h1>' }, 'WALDUR_FAILED', 'transient'],
  [
    'a brake',
    OBJECT,
    { status: 429, headers: { 'retry-after': '3' }, body: undefined },
    'WALDUR_RATE_LIMITED',
    'transient',
  ],
])('%s', (_, path, answer, code, disposition) => {
  const request: HttpRequest = { operation: 'orders.set_done', method: 'POST', path };
  const error = explainAnswer(request, answer, NOW);
  expect(error).toMatchObject({ code, disposition, status: answer.status });
  const words = flattenErrors(answer.body);
  expect(error.message).toBe(`set done (orders): Waldur answered ${answer.status}${words === '' ? '' : `: ${words}`}`);
});
