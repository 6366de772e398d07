import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StompConfig } from '../../src/config/types.ts';
import { AgentError } from '../../src/lib/errors.ts';
import type { QueueRegistration } from '../../src/waldur/types.ts';
import { type Connection, type FakeBroker, type FakeOptions, startBroker } from '../fakes/broker.ts';
import { type ManualClock, manualClock } from '../fakes/clock.ts';
import { handles, leakedSince } from './handles.ts';
import { type Watched, watch } from './watch.ts';

const SYNC = JSON.stringify({ object_type: 'offering_resources_sync', offering_uuid: 'a'.repeat(32) });
const QUEUES: QueueRegistration = { login: 'l', vhost: 'v', queues: [{ name: 'q', objectType: undefined }] };

let broker: FakeBroker;
let clock: ManualClock;
let watched: Watched;
let baseline: string[];

beforeEach(() => {
  baseline = handles();
  clock = manualClock();
});

afterEach(async () => {
  await watched.end();
  await broker.close();
  expect(clock.pending()).toBe(0);
  expect(await leakedSince(baseline)).toEqual([]);
});

type Deps = Parameters<typeof watch>[0];

async function start(fake: FakeOptions, deps: Partial<Deps> = {}): Promise<void> {
  broker = await startBroker(fake);
  const stomp: StompConfig = { enabled: true, url: broker.url, heartbeatMs: 10_000, connectTimeoutMs: 30_000 };
  watched = watch({ register: async () => QUEUES, stomp, clock, ...deps });
}

function answers<T>(...results: readonly (T | Error)[]): { (): Promise<T>; count(): number } {
  let calls = 0;
  const next = async (): Promise<T> => {
    const result = results[Math.min(calls++, results.length - 1)];
    if (result instanceof Error) throw result;
    return result as T;
  };
  return Object.assign(next, { count: () => calls });
}

const down = new AgentError('reading Waldur', { code: 'WALDUR_UNREACHABLE', disposition: 'transient' });

describe('what a session delivers', () => {
  test('is decoded, handed on and, where there is no taker, acked', async () => {
    await start({}, { onMessage: () => undefined });
    const connection = await broker.connection(0);
    await watched.reached('connected', 1);
    connection.message(SYNC, { ack: 'a1' });
    connection.message('{"object_type":', { ack: 'a2' });
    connection.message('{"object_type":"user_role"}', { ack: 'a3' });
    await watched.message(3);
    await connection.received('ACK', 2);
    expect(watched.messages.map((message) => message.kind)).toEqual(['sync', 'malformed', 'ignored']);
    expect(acks(connection)).toEqual(['a2', 'a3']);
    watched.deliveries[0]?.ack();
    expect((await connection.received('ACK', 3)).headers['id']).toBe('a1');
  });

  test('a receiver that throws loses that message and no other', async () => {
    const onMessage = (): never => {
      throw new Error('a bug of ours');
    };
    await start({}, { onMessage });
    const connection = await broker.connection(0);
    await watched.reached('connected', 1);
    connection.message(SYNC, { ack: 'a1' });
    connection.message(SYNC, { ack: 'a2' });
    await connection.received('ACK', 2);
    expect(watched.states).toEqual(['connecting', 'connected']);
    expect(watched.lines.filter((line) => line.level === 'error')).toMatchObject([
      { fields: { callback: 'onMessage' }, message: 'event callback failed' },
      { fields: { callback: 'onMessage' } },
    ]);
  });

  test('a legacy queue says what its messages are', async () => {
    const queues = [{ name: 'subscription_1_offering_2_order', objectType: 'order' }];
    await start({}, { register: async () => ({ ...QUEUES, queues }) });
    const connection = await broker.connection(0);
    await watched.reached('connected', 1);
    connection.message(JSON.stringify({ order_uuid: 'b'.repeat(32), order_state: 'executing' }));
    await watched.message(1);
    expect(watched.messages).toMatchObject([{ kind: 'order', order: 'b'.repeat(32), state: 'executing' }]);
  });
});

describe('after a failure', () => {
  test('the login is registered again where that can help', async () => {
    const refuse = answers<string>('ERROR\nmessage:Bad CONNECT\n\n\0', 'CONNECTED\nversion:1.2\nheart-beat:9,9\n\n\0');
    const register = answers<QueueRegistration>(QUEUES);
    await start({ on: { CONNECT: (c) => void refuse().then((text) => c.raw(text)) } }, { register });
    await watched.reached('disconnected', 1);
    await clock.advance(999);
    expect(register.count()).toBe(1);
    await clock.advance(1);
    await watched.reached('connected', 1);
    expect(register.count()).toBe(2);
    expect(watched.codes).toEqual(['STOMP_REFUSED']);
  });

  test('the same registration serves where it cannot', async () => {
    const register = answers<QueueRegistration>(QUEUES);
    const passcode = answers<string>('first', 'second');
    await start({}, { register, passcode });
    await watched.reached('connected', 1);
    (await broker.connection(0)).reset();
    await watched.reached('disconnected', 1);
    await clock.advance(1000);
    await watched.reached('connected', 2);
    expect(register.count()).toBe(1);
    expect((await (await broker.connection(1)).received('CONNECT')).headers['passcode']).toBe('second');
    expect(watched.states).toEqual(['connecting', 'connected', 'disconnected', 'connecting', 'connected']);
    expect(watched.passes()).toBe(2);
  });

  test('a stable minute makes the next failure a first one', async () => {
    await start({ on: { CONNECT: (c) => c.raw('CONNECTED\nversion:1.2\nheart-beat:90000,90000\n\n\0') } });
    for (const [index, stableMs] of [59_999, 59_999, 60_000].entries()) {
      await watched.reached('connected', index + 1);
      await clock.advance(stableMs);
      (await broker.connection(index)).reset();
      await watched.reached('disconnected', index + 1);
      await clock.advance([1000, 2000, 1000][index] ?? 0);
    }
    await watched.reached('connected', 4);
  });

  test('a passcode that cannot be had counts as a failed registration', async () => {
    const register = answers<QueueRegistration>(QUEUES);
    await start({}, { register, passcode: answers<string>(down, 'passcode') });
    await watched.reached('disconnected', 1);
    await clock.advance(1000);
    await watched.reached('connected', 1);
    expect(register.count()).toBe(2);
  });

  test('the log has the first failure, every tenth, and the end', async () => {
    const failures = Array.from({ length: 21 }, () => down);
    await start({}, { register: answers<QueueRegistration>(...failures, QUEUES) });
    const waits = failures.map((_, attempt) => Math.min(120_000, 1000 * 2 ** attempt));
    for (const [attempt, waitMs] of waits.entries()) {
      await watched.reached('disconnected', attempt + 1);
      await clock.advance(waitMs);
    }
    await watched.reached('connected', 1);
    expect(watched.lines.map(({ level, fields, message }) => [level, message, fields['failures']])).toEqual([
      ['warn', 'event stream lost, trying again', 1],
      ['warn', 'event stream lost, trying again', 10],
      ['warn', 'event stream lost, trying again', 20],
      ['info', 'event stream connected again', 21],
    ]);
    expect(watched.lines.at(-1)?.fields['outageMs']).toBe(waits.reduce((sum, waitMs) => sum + waitMs, 0));
  });
});

describe('a server without queues', () => {
  test('is polled, and asked again every quarter of an hour', async () => {
    const register = answers<QueueRegistration | undefined>(undefined, undefined, QUEUES);
    await start({}, { register });
    await watched.reached('polling', 1);
    await clock.advance(900_000);
    await watched.reached('polling', 2);
    await clock.advance(900_000);
    await watched.reached('connected', 1);
    expect(watched.states).toEqual(['connecting', 'polling', 'polling', 'connecting', 'connected']);
    expect(watched.lines.map((line) => line.message)).toEqual([
      'no event queues on this server: polling',
      'event stream connected',
    ]);
  });
});

describe('an abort', () => {
  const never = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

  test.each<[string, FakeOptions, Partial<Deps>]>([
    ['while registering', {}, { register: never }],
    ['while asking for the passcode', {}, { passcode: never }],
    ['while connecting', { upgrade: 'silence' }, {}],
  ])('%s', async (_, fake, deps) => {
    await start(fake, deps);
    await clock.advance(0);
    await watched.end();
    expect(watched.states).toEqual(['connecting']);
  });

  test.each<[string, FakeOptions, Partial<Deps>, 'connected' | 'disconnected' | 'polling']>([
    ['while connected', {}, {}, 'connected'],
    ['while waiting to connect again', { upgrade: 502 }, {}, 'disconnected'],
    ['while polling', {}, { register: async () => undefined }, 'polling'],
  ])('%s', async (_, fake, deps, state) => {
    await start(fake, deps);
    await watched.reached(state, 1);
    await watched.end();
    expect(watched.states.at(-1)).toBe(state);
  });
});

function acks(connection: Connection): (string | undefined)[] {
  return connection.frames.filter((frame) => frame.command === 'ACK').map((frame) => frame.headers['id']);
}
