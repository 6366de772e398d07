import { describe, expect, onTestFinished, test } from 'vitest';
import { roleFinding } from '../../src/admin/doctor-findings.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createHttp } from '../../src/lib/http.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { OrderRequest } from '../../src/sandbox/order-request.ts';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { createWaldur } from '../../src/waldur/create-client.ts';
import { collect, failure, signal } from './harness.ts';

/** The real client against the profile 2024. */
async function setup(options: SandboxOptions = {}, username = 'provider-owner') {
  const sandbox = await startSandbox({ profile: '2024', processorDelayMs: [0, 0], ...options });
  onTestFinished(() => sandbox.close());
  const http = (settings: Parameters<typeof createHttp>[0]) => createHttp(settings, { clock: systemClock });
  const waldur = createWaldur(
    {
      apiUrl: sandbox.url,
      credentials: { kind: 'token', token: sandbox.token(username) },
      verifySsl: true,
      ca: undefined,
      proxy: undefined,
    },
    { clock: systemClock, http, mode: 'event_process', version: '0.1.0' },
  );
  onTestFinished(() => waldur.close());
  const { orders } = waldur;
  /** As the agent does: read, approve, finish. */
  const carryOut = async (request: OrderRequest) => {
    const order = sandbox.placeOrder(request);
    await orders.get(order.uuid, FIXTURE.limit, signal);
    await orders.approve(order.uuid, signal);
    await orders.setDone(order.uuid, signal);
    return order;
  };
  return { sandbox, waldur, orders, carryOut };
}

const posts = (sandbox: Awaited<ReturnType<typeof startSandbox>>): string[] =>
  sandbox.journal
    .entries(0, 'http')
    .filter(({ method }) => method === 'POST')
    .map(({ path = '' }) => path.split('/').at(-2) ?? '');

describe('orders on a server of 2024', () => {
  test('update and terminate work after each other: the allocation is settled, the task awaited', async () => {
    const { sandbox, carryOut } = await setup({ processorDelayMs: [40, 60] });
    const { resource } = await carryOut({ limits: { storage: 5 } });
    expect(resource.state).toBe('OK');
    for (const storage of [6, 7]) {
      const update = await carryOut({ type: 'Update', resource: resource.uuid, limits: { storage } });
      expect([update.state, update.errorMessage, resource.limits]).toEqual(['done', '', { storage }]);
    }
    await carryOut({ type: 'Terminate', resource: resource.uuid });
    // The task came before the end of each order, and moves nothing afterwards.
    const moves = sandbox.journal.entries(0, 'transition').filter(({ object }) => object === 'resource');
    expect(moves.map(({ to }) => to)).toEqual(['OK', 'Updating', 'OK', 'Updating', 'OK', 'Terminating', 'Terminated']);
    expect(posts(sandbox).filter((action) => action === 'set_state').length).toBeGreaterThanOrEqual(3);
  });

  test('an update of a resource that was never settled is healed before it is approved', async () => {
    const { sandbox, orders, carryOut } = await setup();
    const created = sandbox.placeOrder({ state: 'executing' });
    await expect.poll(() => created.resource.allocation, { interval: 1 }).toBeDefined();
    await orders.get(created.uuid, FIXTURE.limit, signal);
    await orders.setDone(created.uuid, signal);
    if (created.resource.allocation) created.resource.allocation = { ...created.resource.allocation, state: 1 };
    const update = await carryOut({ type: 'Update', resource: created.resource.uuid, limits: { storage: 9 } });
    expect([update.state, created.resource.limits]).toEqual(['done', { storage: 9 }]);
  });

  test('an order is not ended before the task began it, which is an outage', async () => {
    const { sandbox, orders } = await setup({ processorDelayMs: [600_000, 600_000] });
    const order = sandbox.placeOrder({ state: 'executing' });
    await orders.get(order.uuid, FIXTURE.limit, signal);
    const ending = orders.setDone(order.uuid, AbortSignal.timeout(600));
    await expect(ending).rejects.toThrow('aborted');
    expect([order.state, posts(sandbox)]).toEqual(['executing', []]);
  });

  test.each(['Create', 'Update', 'Terminate'] as const)(
    'the reason of a rejected %s reaches the consumer',
    async (type) => {
      const { sandbox, orders, carryOut } = await setup();
      const { resource } = await carryOut({});
      const limits = type === 'Update' ? { limits: { storage: 7 } } : {};
      const order = sandbox.placeOrder(type === 'Create' ? {} : { type, resource: resource.uuid, ...limits });
      await orders.get(order.uuid, FIXTURE.limit, signal);
      await orders.reject(order.uuid, 'The storage is full.', signal);
      expect([order.state, order.errorMessage]).toEqual(['rejected', 'The storage is full.']);
      expect([order.resource.state, resource.state]).toEqual([type === 'Create' ? 'Terminated' : 'OK', 'OK']);
    },
  );

  test('a crash of the server when limits follow a change of plan leaves the order for later', async () => {
    const { orders, sandbox, carryOut } = await setup();
    const { resource } = await carryOut({});
    await carryOut({ type: 'Update', kind: 'plan', resource: resource.uuid, plan: FIXTURE.biggerPlan });
    const update = sandbox.placeOrder({ type: 'Update', resource: resource.uuid, limits: { storage: 7 } });
    await orders.get(update.uuid, FIXTURE.limit, signal);
    await orders.approve(update.uuid, signal);
    const error = await failure(orders.setDone(update.uuid, signal));
    expect([error.disposition, update.state]).toEqual(['transient', 'executing']);
  });

  test('names come from the order: its resource carries no slugs, and a Terminate no limits', async () => {
    const { sandbox, waldur, orders, carryOut } = await setup();
    const { uuid, resource } = await carryOut({});
    expect(await waldur.resources.get(resource.uuid, FIXTURE.limit, signal)).toMatchObject({ customerSlug: '' });
    expect(await orders.get(uuid, FIXTURE.limit, signal)).toMatchObject({
      customerSlug: 'acme',
      projectSlug: 'genomics',
    });
    const terminate = sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid });
    expect((await orders.get(terminate.uuid, FIXTURE.limit, signal)).limits).toEqual({});
  });
});

describe('what a server of 2024 lacks', () => {
  test('endpoints and versions are not there, and asked for once', async () => {
    const { sandbox, waldur, carryOut } = await setup();
    const { resource } = await carryOut({});
    for (let i = 0; i < 2; i++) expect(await waldur.resources.setEndpoints(resource.uuid, [], signal)).toBe(false);
    expect(posts(sandbox).filter((action) => action === 'set_endpoints')).toHaveLength(1);
    expect(await waldur.version(signal)).toBeUndefined();
  });

  test('usage comes back as text', async () => {
    const { waldur, carryOut, sandbox } = await setup();
    const { resource } = await carryOut({});
    await waldur.usages.submit({ resource: resource.uuid, usages: [{ type: 'storage', amount: '7.00' }] }, signal);
    const billingPeriod = `${sandbox.clock.now().toISOString().slice(0, 7)}-01`;
    const usages = await collect(waldur.usages.list({ offering: FIXTURE.limit, billingPeriod }, signal));
    expect(usages).toMatchObject([{ type: 'storage', usage: '7.00' }]);
    const metered = waldur.resources.listMetered({ offering: FIXTURE.limit, states: ['OK'] }, signal);
    expect(await collect(metered)).toMatchObject([[{ currentUsages: { storage: '7.00' } }]]);
  });

  test.each([
    ['provider-owner', 'ok'],
    ['offering-manager', 'failed'],
    ['staff', 'warning'],
  ])('%s may approve: %s', async (username, status) => {
    const { waldur } = await setup({}, username);
    const offering = await waldur.offerings.get(FIXTURE.limit, signal);
    expect(roleFinding(await waldur.me(signal), offering).status).toBe(status);
  });
});
