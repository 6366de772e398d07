import { expect } from 'vitest';
import type { LinkOptions } from '../../src/events/link.ts';
import type { Delivery } from '../../src/events/session.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import type { QueueRegistration } from '../../src/waldur/types.ts';
import { listen } from './listen.ts';
import { HEARTBEAT_MS, PASSCODE, type TestBroker } from './test-broker.ts';
import { watch } from './watch.ts';

type Scenarios = Readonly<Record<string, (broker: TestBroker) => Promise<void>>>;

/** What must hold against RabbitMQ and against everything that claims to behave as it does. */
export const scenarios: Scenarios = {
  'delivers in order and forgets what is acked': async (broker) => {
    await broker.publish('1');
    const listener = listen(broker.link);
    await listener.subscribed;
    await broker.publish('2');
    await listener.delivery(2);
    expect(listener.deliveries.map((each) => [each.body, each.redelivered])).toEqual([
      ['1', false],
      ['2', false],
    ]);
    for (const delivery of listener.deliveries) delivery.ack();
    for (const delivery of listener.deliveries) delivery.ack();
    listener.abort();
    expect(await listener.done).toBeUndefined();
    await broker.publish('3');
    expect(await first(broker.link)).toMatchObject({ body: '3', redelivered: false });
  },

  'refuses a wrong password': (broker) => expectEnd({ ...broker.link, passcode: 'wrong' }, 'STOMP_REFUSED'),

  'refuses an unknown login': (broker) => expectEnd(registered(broker.link, { login: 'nobody' }), 'STOMP_REFUSED'),

  'refuses an unknown vhost': (broker) => expectEnd(registered(broker.link, { vhost: 'nowhere' }), 'STOMP_REFUSED'),

  'has one path': (broker) => expectEnd({ ...broker.link, url: `${broker.link.url}/x` }, 'STOMP_WRONG_PATH'),

  'has no such queue': async (broker) => {
    await broker.deleteQueue();
    await expectEnd(broker.link, 'STOMP_QUEUE_MISSING');
  },

  'has only one of two queues': (broker) => {
    const queues = [...broker.link.registration.queues, { name: 'missing', objectType: 'resource' }];
    return expectEnd(registered(broker.link, { queues }), 'STOMP_QUEUE_MISSING');
  },

  'loses the queue while subscribed': (broker) =>
    expectEnd(broker.link, 'STOMP_QUEUE_MISSING', () => broker.deleteQueue()),

  'loses the user while subscribed': (broker) =>
    // Right after SUBSCRIBE, that looks like a missing queue, and the remedy is the same.
    expectEnd(broker.link, 'STOMP_QUEUE_MISSING', () => broker.deleteUser()),

  'breaks the connection': (broker) => expectEnd(broker.link, 'STOMP_CLOSED', async () => broker.cut()),

  'delivers again, in order, what was not acked': async (broker) => {
    for (const body of ['1', '2', '3', '4']) await broker.publish(body);
    const before = listen({ ...broker.link, prefetch: 3 });
    await before.delivery(3);
    before.deliveries[1]?.ack();
    // Comes once the ack has arrived.
    await before.delivery(4);
    broker.cut();
    await before.done;
    const after = listen(broker.link);
    await after.delivery(3);
    expect(after.deliveries.map((each) => [each.body, each.redelivered])).toEqual([
      ['1', true],
      ['3', true],
      ['4', true],
    ]);
    for (const delivery of before.deliveries) delivery.ack();
    for (const delivery of after.deliveries) delivery.ack();
    await broker.publish('5');
    expect(await after.delivery(4)).toMatchObject({ body: '5', redelivered: false });
    after.abort();
    expect(await after.done).toBeUndefined();
  },

  'sends no more than the prefetch count': async (broker) => {
    for (let i = 1; i <= 4; i++) await broker.publish(`${i}`);
    const one = listen({ ...broker.link, prefetch: 2 });
    const second = await one.delivery(2);
    // Whoever comes next gets what the first did not.
    const other = listen({ ...broker.link, prefetch: 1 });
    expect(await other.delivery(1)).toMatchObject({ body: '3' });
    second.ack();
    await one.delivery(3);
    expect(one.deliveries.map((each) => each.body)).toEqual(['1', '2', '4']);
    one.abort();
    other.abort();
    await Promise.all([one.done, other.done]);
  },

  'stays up on heart-beats alone': async (broker) => {
    const listener = listen(broker.link);
    await listener.subscribed;
    await pass(3.5 * HEARTBEAT_MS);
    await broker.publish('still there');
    expect(await listener.delivery(1)).toMatchObject({ body: 'still there' });
    listener.abort();
    expect(await listener.done).toBeUndefined();
  },

  'is recovered by registering again': async (broker) => {
    await broker.putUser('an older password');
    let registrations = 0;
    const supervisor = watch({
      register: async () => {
        registrations += 1;
        await broker.putUser(PASSCODE);
        await broker.putQueue();
        return broker.link.registration;
      },
      passcode: async () => PASSCODE,
      stomp: { enabled: true, ...broker.link },
      clock: HURRIED,
    });
    await supervisor.reached('connected', 1);
    expect(registrations).toBe(1);

    await broker.deleteQueue();
    await supervisor.reached('connected', 2);
    expect(registrations).toBe(2);

    await broker.deleteUser();
    await supervisor.reached('connected', 3);
    expect(registrations).toBe(3);

    broker.cut();
    await supervisor.reached('connected', 4);
    expect(registrations).toBe(3);

    await broker.publish(JSON.stringify({ object_type: 'offering_resources_sync', offering_uuid: '0'.repeat(32) }));
    await broker.publish('not JSON');
    await broker.publish('{"object_type":"user_role"}');
    await supervisor.message(3);
    expect(supervisor.messages.map((message) => message.kind)).toEqual(['sync', 'malformed', 'ignored']);
    await supervisor.end();
    expect(supervisor.states.filter((state) => state === 'connected')).toHaveLength(4);
    expect(supervisor.passes()).toBe(4);
    expect(supervisor.codes).toEqual(['STOMP_QUEUE_MISSING', 'STOMP_QUEUE_MISSING', 'STOMP_CLOSED']);
  },
};

/** The same against a real clock; the tests of the session have them with a clock that is moved by hand. */
export const timedScenarios: Scenarios = {
  'freezes and is found out after two heart-beats': async (broker) => {
    const listener = listen(broker.link);
    await listener.subscribed;
    const startMs = systemClock.monotonicMs();
    broker.freeze();
    expect(await listener.done).toMatchObject({ code: 'STOMP_HEARTBEAT_LOST' });
    expect(systemClock.monotonicMs() - startMs).toBeLessThan(5 * HEARTBEAT_MS);
    broker.thaw();
  },

  'freezes and is left within two seconds': async (broker) => {
    const listener = listen({ ...broker.link, heartbeatMs: 10_000 });
    await listener.subscribed;
    broker.freeze();
    const startMs = systemClock.monotonicMs();
    listener.abort();
    expect(await listener.done).toBeUndefined();
    expect(systemClock.monotonicMs() - startMs).toBeLessThan(5000);
    broker.thaw();
  },
};

function registered(link: LinkOptions, change: Partial<QueueRegistration>): LinkOptions {
  return { ...link, registration: { ...link.registration, ...change } };
}

async function first(link: LinkOptions): Promise<Delivery> {
  const listener = listen(link);
  const delivery = await listener.delivery(1);
  delivery.ack();
  listener.abort();
  await listener.done;
  return delivery;
}

async function expectEnd(link: LinkOptions, code: string, trouble?: () => Promise<void>): Promise<void> {
  const listener = listen(link);
  if (trouble !== undefined) {
    await listener.subscribed;
    await trouble();
  }
  expect(await listener.done).toMatchObject({ code });
}

/** The delays of the supervisor, a hundred times shorter. */
const HURRIED: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

function pass(ms: number): Promise<void> {
  return systemClock.sleep(ms, new AbortController().signal);
}
