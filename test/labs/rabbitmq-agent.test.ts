import { describe, expect, test } from 'vitest';
import type { Agent } from '../../src/daemon/compose.ts';
import { addToken } from '../../src/sandbox/auth.ts';
import type { Order } from '../../src/sandbox/model.ts';
import { bucketsOf, expectWorking, GIB, limitOf, reach, soon } from '../e2e/helpers.ts';
import { listen } from '../events/listen.ts';
import { rabbitmqOf, signalRabbitmq } from '../fakes/rabbitmq.ts';
import { openSite, type Site, type SiteOptions } from '../fakes/site.ts';
import { openRaw } from '../sandbox/broker/raw-client.ts';

/** The whole agent, hearing of orders through RabbitMQ as Waldur uses it. Whatever happens to that, no order is lost. */

const RABBITMQ = rabbitmqOf(process.env);
const PORT = Number(new URL(RABBITMQ.wsUrl).port);
const CAPACITY = 10_000;

describe('orders are done', () => {
  test('as events tell of them', () =>
    withRabbitmq({}, async (site) => {
      await started(site);
      const { resource } = await reach(site, site.sandbox.placeOrder({ limits: { storage: 5 } }), 'done');
      expectWorking(site, resource);
      const limits = { storage: 6 };
      await reach(site, site.sandbox.placeOrder({ type: 'Update', resource: resource.uuid, limits }), 'done');
      expect(limitOf(site, resource.backendId)).toBe(6 * GIB);
      await reach(site, site.sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid }), 'done');
      expect(bucketsOf(site)).toEqual([]);
      await soon(async () => {
        expect(lost(site)).toEqual([]);
        expect(await queued(site)).toEqual([]);
      });
    }));

  test('when the broker is killed in the middle of 200 of them', () =>
    withRabbitmq({ speed: 20 }, async (site) => {
      await started(site);
      const orders = place(site, 100);
      await soon(() => expect(orders.some(({ state }) => state === 'done')).toBe(true));
      signalRabbitmq('SIGKILL');
      orders.push(...place(site, 100));
      await allDone(site, orders);
      await connected(site, 2);
      await allDone(site, [...orders, ...place(site, 1)]);
    }));

  test('when the broker freezes', () =>
    withRabbitmq({ agent: 'poll_interval: 1s\n', tune: beating }, async (site) => {
      await started(site);
      signalRabbitmq('SIGSTOP');
      try {
        const orders = place(site, 10);
        await soon(() => expect(site.logs.join('')).toContain('STOMP_HEARTBEAT_LOST'));
        orders.push(...place(site, 10));
        await allDone(site, orders);
      } finally {
        signalRabbitmq('SIGCONT');
      }
      await connected(site, 2);
      await reach(site, site.sandbox.placeOrder(), 'done');
    }));

  test.each<[string, (site: Site) => unknown]>([
    ['queue', (site) => manage('DELETE', `queues/${queueOf(site)}`)],
    ['user', (site) => manage('DELETE', `users/${registration(site)?.login}`)],
  ])('when someone deletes the %s', (_, trouble) =>
    withRabbitmq({ speed: 20 }, async (site) => {
      await started(site);
      const orders = place(site, 10);
      await trouble(site);
      orders.push(...place(site, 10));
      await connected(site, 2);
      orders.push(...place(site, 10));
      await allDone(site, orders);
    }),
  );

  test('when the token is changed', () =>
    withRabbitmq({ speed: 20 }, async (site) => {
      const agent = await started(site);
      const { store, token } = site.sandbox;
      const [old, renewed] = [token('provider-owner'), 'f'.repeat(40)];
      const known = store.tokens.get(old);
      if (known === undefined) throw new Error('no such token');
      known.revoked = true;
      addToken(site.sandbox, known.user, renewed);
      const orders = place(site, 3);
      await soon(() => expect(site.logs.join('')).toContain('WALDUR_UNAUTHORIZED'));
      expect(orders.map(({ state }) => state)).not.toContain('done');
      await agent.reload(async () => withToken(site, renewed));
      await allDone(site, orders);
      await connected(site, 2);
      expect(await refusal(site, old)).toBe('STOMP_REFUSED');
    }));

  test(`when ${CAPACITY} messages wait, and there was no room for theirs`, () =>
    withRabbitmq({}, async (site) => {
      await started(site);
      const first = await reach(site, site.sandbox.placeOrder(), 'done');
      await site.stop();
      await fill(site, first);
      const orders = await placeUnheard(site, 20);
      await started(site);
      await allDone(site, [first, ...orders]);
      await soon(async () => expect(await queued(site)).toEqual([]));
    }));

  test('when their messages were too old to keep', () =>
    withRabbitmq({ sandbox: { rabbitmq: { ...RABBITMQ, messageTtlMs: 100 } } }, async (site) => {
      await started(site);
      await site.stop();
      const orders = await placeUnheard(site, 20);
      await soon(async () => expect(await queued(site)).toEqual([]));
      await started(site);
      await allDone(site, orders);
    }));
});

async function withRabbitmq(options: SiteOptions, work: (site: Site) => Promise<void>): Promise<void> {
  const sandbox = { rabbitmq: RABBITMQ, ...options.sandbox };
  const site = await openSite({ ...options, brokerPort: PORT, sandbox });
  try {
    await work(site);
    expect(site.sandbox.invariants()).toEqual([]);
  } finally {
    await site.close();
  }
}

async function started(site: Site): Promise<Agent> {
  const before = connections(site);
  const agent = await site.start();
  await connected(site, before + 1);
  return agent;
}

/** Resolves when the agent has been subscribed so often. */
function connected(site: Site, times: number): Promise<void> {
  return soon(() => expect(connections(site)).toBeGreaterThanOrEqual(times));
}

function connections({ logs }: Site): number {
  return logs.filter((line) => line.includes('"event stream connected')).length;
}

function place({ sandbox }: Site, count: number): Order[] {
  return Array.from({ length: count }, () => sandbox.placeOrder());
}

/** Every one of them once, and with one account. */
async function allDone(site: Site, orders: readonly Order[]): Promise<void> {
  await Promise.all(orders.map((order) => reach(site, order, 'done')));
  for (const { resource } of orders) expectWorking(site, resource);
  expect(bucketsOf(site)).toHaveLength(orders.length);
}

/** Messages about orders that could not be handed to the broker. */
function lost({ sandbox }: Site) {
  return sandbox.journal.entries(0, 'event').filter(({ status }) => status !== 200);
}

/** Places orders while no agent runs; resolves when the broker has taken a message about each, whatever it did with it. */
async function placeUnheard(site: Site, count: number): Promise<Order[]> {
  await soon(() => expect(lost(site)).toEqual([]));
  const taken = () => site.sandbox.journal.entries(0, 'event').filter(({ status }) => status === 200).length;
  const before = taken();
  const orders = place(site, count);
  await soon(() => expect(taken() - before).toBe(count));
  return orders;
}

const registration = ({ sandbox }: Site) => sandbox.store.consumers.all()[0];
const queueOf = (site: Site) => `${registration(site)?.owner.uuid}/${registration(site)?.queue}`;

/** What waits in the agent's queue; it stays there. */
function queued(site: Site): Promise<unknown> {
  const body = { count: 1, ackmode: 'ack_requeue_true', encoding: 'auto' };
  return manage('POST', `queues/${queueOf(site)}/get`, body);
}

/** As many messages as the queue takes, of no use to anybody. */
async function fill(site: Site, order: Order): Promise<void> {
  const client = await openRaw(RABBITMQ.wsUrl);
  const consumer = registration(site);
  await client.connect({ vhost: consumer?.owner.uuid ?? '', login: RABBITMQ.user, password: RABBITMQ.password });
  const common = { offering_uuid: site.offering, schema_version: 1 };
  const bodies = [
    JSON.stringify({ ...common, object_type: 'order', order_uuid: order.uuid, order_state: 'done' }),
    JSON.stringify({ ...common, object_type: 'service_account', account_username: 'somebody' }),
  ];
  const headers = { destination: `/amq/queue/${consumer?.queue}`, persistent: 'true' };
  for (let count = 0; count < CAPACITY; count++) client.send('SEND', headers, bodies[count % bodies.length]);
  await client.settle();
  client.ws.terminate();
  await client.closed;
}

/** A call of the broker's management, as an operator makes it. */
async function manage(method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(new URL(path, RABBITMQ.apiUrl), {
    method,
    headers: { authorization: `Basic ${btoa(`${RABBITMQ.user}:${RABBITMQ.password}`)}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

function withToken(site: Site, token: string): Site['config'] {
  const offerings = site.config.offerings.map((offering) => ({
    ...offering,
    waldur: { ...offering.waldur, credentials: { kind: 'token' as const, token } },
  }));
  return { ...site.config, offerings };
}

/** Why the broker does not let the agent's login in with this password. */
async function refusal(site: Site, passcode: string): Promise<string | undefined> {
  const { owner, login, queue } = registration(site) ?? { owner: { uuid: '' }, login: '', queue: '' };
  const listener = listen({
    url: RABBITMQ.wsUrl,
    registration: { login, vhost: owner.uuid, queues: [{ name: queue, objectType: undefined }] },
    passcode,
    prefetch: 1,
    heartbeatMs: 10_000,
    connectTimeoutMs: 10_000,
    tls: { ca: undefined, verifySsl: true, proxy: undefined },
  });
  return (await listener.done)?.code;
}

/** A heart-beat of a second, so that silence is noticed after two. */
function beating(config: Site['config']): Site['config'] {
  const offerings = config.offerings.map((offering) => ({
    ...offering,
    stomp: { ...offering.stomp, heartbeatMs: 1000 },
  }));
  return { ...config, offerings };
}
