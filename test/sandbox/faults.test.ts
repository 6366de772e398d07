import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { open } from './harness.ts';

const ME = 'users/me/?field=uuid&field=username';

describe('faults of REST', () => {
  test('a status with headers and body, so often, after so many, for these requests only', async () => {
    const { as, control, sandbox } = await open();
    await control.post('faults', {
      match: { method: 'GET', path: '/api/users/*', query: { field: 'uuid' }, user: 'provider-owner' },
      times: 1,
      after: 1,
      action: { kind: 'status', status: 429, headers: { 'Retry-After': '7' }, body: { detail: 'slow' } },
    });
    expect((await as('staff').get(ME)).status).toBe(200);
    expect((await as().get(ME)).status).toBe(200);
    const struck = await as().get(ME);
    expect([struck.status, struck.body, struck.headers.get('retry-after')]).toEqual([429, { detail: 'slow' }, '7']);
    expect((await as().get(ME)).status).toBe(200);
    expect(sandbox.journal.entries(0, 'fault')).toHaveLength(1);
  });

  test('HTML from a proxy, and an empty body', async () => {
    const { as, sandbox } = await open();
    sandbox.faults.add({ times: 1, action: { kind: 'status', status: 502, body: '<h1>Bad Gateway</h1>' } });
    sandbox.faults.add({ times: 1, action: { kind: 'status', status: 503 } });
    expect(await as().get(ME)).toMatchObject({ status: 502, text: '<h1>Bad Gateway</h1>' });
    expect(await as().get(ME)).toMatchObject({ status: 503, text: '' });
  });

  test('a function decides for each request, and leaves the others to the rules after it', async () => {
    const { as, sandbox } = await open();
    const asked: string[] = [];
    sandbox.faults.add({
      action: ({ method, path }) => {
        asked.push(`${method} ${path}`);
        return asked.length === 1 ? { kind: 'status', status: 503 } : undefined;
      },
    });
    sandbox.faults.add({ times: 1, action: { kind: 'status', status: 502 } });
    const statuses = [await as().get(ME), await as().get(ME), await as().get(ME)].map(({ status }) => status);
    expect(statuses).toEqual([503, 502, 200]);
    expect(asked).toEqual(Array.from({ length: 3 }, () => 'GET /api/users/me/'));
  });

  test('a reset before does nothing, a reset after has been applied', async () => {
    const { as, sandbox } = await open();
    const order = sandbox.placeOrder();
    const approve = () => as().post(`marketplace-orders/${order.uuid}/approve_by_provider/`, {});
    sandbox.faults.add({ times: 1, action: { kind: 'reset.before' } });
    await expect(approve()).rejects.toThrow();
    expect(order.state).toBe('pending-provider');
    sandbox.faults.add({ times: 1, action: { kind: 'reset.after' } });
    await expect(approve()).rejects.toThrow();
    expect(order.state).toBe('executing');
  });

  test('half a body, admitted or not', async () => {
    const { as, sandbox } = await open();
    sandbox.faults.add({ times: 1, action: { kind: 'truncate' } });
    await expect(as().get(ME)).rejects.toThrow(SyntaxError);
    sandbox.faults.add({ times: 1, action: { kind: 'truncate', length: 'wrong' } });
    await expect(as().get(ME)).rejects.toThrow();
  });

  test('malformed and mistyped answers', async () => {
    const { as, sandbox } = await open();
    sandbox.faults.add({ times: 1, action: { kind: 'badJson' } });
    await expect(as().get(ME)).rejects.toThrow(SyntaxError);
    sandbox.faults.add({ times: 1, action: { kind: 'wrongType', field: 'username' } });
    expect((await as().get(ME)).body.username).toBe(42);
    sandbox.faults.add({ times: 1, action: { kind: 'nullField', field: 'username' } });
    expect((await as().get(ME)).body.username).toBeNull();
  });

  test('redirects, skewed clocks and delays', async () => {
    const { as, sandbox } = await open();
    sandbox.faults.add({ times: 1, action: { kind: 'redirect', location: 'http://elsewhere/' } });
    const moved = await as().get(ME);
    expect([moved.status, moved.headers.get('location')]).toEqual([302, 'http://elsewhere/']);
    sandbox.faults.add({ times: 1, action: { kind: 'clockSkew', ms: 7_200_000 } });
    const skew = Date.parse((await as().get(ME)).headers.get('date') ?? '') - Date.now();
    expect(Math.round(skew / 3_600_000)).toBe(2);
    for (const kind of ['delay', 'stall'] as const) {
      sandbox.faults.add({ times: 1, action: { kind, ms: 30 } });
      const started = performance.now();
      expect((await as().get(ME)).status).toBe(200);
      expect(performance.now() - started).toBeGreaterThan(28);
    }
  });

  test('a request processed twice, an expired token, a shifted page', async () => {
    const { as, sandbox } = await open();
    sandbox.faults.add({ times: 1, action: { kind: 'duplicate' } });
    const request = { offering: `x/${FIXTURE.limit}/`, project: `x/${FIXTURE.project}/`, plan: `x/${FIXTURE.plan}/` };
    await as('consumer').post('marketplace-orders/', { ...request, attributes: { name: 'twin' } });
    expect(sandbox.store.orders.size).toBe(2);
    for (let i = 0; i < 20; i++) sandbox.placeOrder();
    const page = async () => (await as().get('marketplace-orders/?page=2&field=uuid')).body[0].uuid;
    const usual = await page();
    sandbox.faults.add({ times: 1, action: { kind: 'stalePage' } });
    expect(await page()).not.toBe(usual);
    sandbox.faults.add({ times: 1, action: { kind: 'tokenExpire' } });
    expect((await as().get(ME)).body).toEqual({ detail: 'Token has expired.' });
    expect((await as().get(ME)).status).toBe(401);
  });

  test('chance follows the seed', async () => {
    const run = async (seed: number) => {
      const { as, sandbox } = await open({ seed });
      sandbox.faults.add({ chance: 0.5, action: { kind: 'status', status: 500 } });
      const statuses: number[] = [];
      for (let i = 0; i < 20; i++) statuses.push((await as().get(ME)).status);
      return statuses.join();
    };
    expect(await run(7)).toBe(await run(7));
    expect(await run(7)).not.toBe(await run(8));
  });

  test('latency is added to every answer', async () => {
    const { as } = await open({ latencyMs: 200 });
    const started = performance.now();
    await Promise.all(Array.from({ length: 10 }, () => as().get(ME)));
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(198);
    // One after the other they would take ten times as long.
    expect(took).toBeLessThan(1500);
  });
});
