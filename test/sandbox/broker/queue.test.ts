import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Consumer, createQueue, type Queue, type QueuedMessage } from '../../../src/sandbox/broker/queue.ts';

interface Reader extends Consumer {
  readonly got: QueuedMessage[];
  readonly wasCancelled: () => boolean;
  room: number;
}

function reader(room = Number.POSITIVE_INFINITY, acknowledges = true): Reader {
  let cancelled = false;
  const self: Reader = {
    got: [],
    room,
    acknowledges,
    hasRoom: () => self.got.length < self.room,
    deliver: (message) => self.got.push(message),
    cancelled: () => {
      cancelled = true;
    },
    wasCancelled: () => cancelled,
  };
  return self;
}

function setup(limits: { ttlMs?: number; maxLength?: number } = {}): { queue: Queue; advance: (ms: number) => void } {
  let now = 0;
  const queue = createQueue({ now: () => now, ttlMs: 1000, maxLength: 100, ...limits });
  return { queue, advance: (ms) => (now += ms) };
}

const put = (queue: Queue, ...texts: string[]): boolean[] =>
  texts.map((text) => queue.publish({ headers: new Map(), body: Buffer.from(text) }));
const texts = (messages: readonly QueuedMessage[]): string[] => messages.map((message) => message.body.toString());

describe('a queue', () => {
  test('keeps order and waits for a consumer', () => {
    const { queue } = setup();
    put(queue, 'a', 'b');
    expect(queue.depth()).toEqual({ ready: 2, unacked: 0 });
    const one = reader();
    queue.attach(one);
    put(queue, 'c');
    expect(texts(one.got)).toEqual(['a', 'b', 'c']);
    expect(queue.depth()).toEqual({ ready: 0, unacked: 3 });
  });

  test('forgets what goes to a consumer that does not acknowledge', () => {
    const { queue } = setup();
    queue.attach(reader(Number.POSITIVE_INFINITY, false));
    put(queue, 'a');
    expect(queue.depth()).toEqual({ ready: 0, unacked: 0 });
  });

  test('serves consumers in turn, and only those with room', () => {
    const { queue } = setup();
    const [one, two, full] = [reader(), reader(2), reader(0)];
    for (const each of [one, two, full]) queue.attach(each);
    put(queue, 'a', 'b', 'c', 'd', 'e', 'f');
    expect([texts(one.got), texts(two.got), full.got]).toEqual([['a', 'c', 'e', 'f'], ['b', 'd'], []]);
  });

  test('stops at the limit of a consumer and goes on when it has room', () => {
    const { queue } = setup();
    const one = reader(1);
    queue.attach(one);
    put(queue, 'a', 'b');
    expect(texts(one.got)).toEqual(['a']);
    queue.settle();
    one.room = 2;
    queue.wake();
    expect(texts(one.got)).toEqual(['a', 'b']);
    expect(queue.depth()).toEqual({ ready: 0, unacked: 1 });
  });

  test('puts what comes back in its old place, marked', () => {
    const { queue } = setup();
    const one = reader(4);
    queue.attach(one);
    put(queue, 'a', 'b', 'c', 'd', 'e');
    queue.detach(one);
    const [a, b, c, d] = one.got as [QueuedMessage, QueuedMessage, QueuedMessage, QueuedMessage];
    queue.requeue([c]);
    queue.requeue([d, a]);
    queue.requeue([b]);
    const two = reader();
    queue.attach(two);
    expect(texts(two.got)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(two.got.map((message) => message.redelivered)).toEqual([true, true, true, true, false]);
  });

  test('drops the newest when full, counting only what waits', () => {
    const { queue } = setup({ maxLength: 2 });
    const one = reader(1);
    queue.attach(one);
    expect(put(queue, 'a', 'b', 'c', 'd')).toEqual([true, true, true, false]);
    expect(queue.depth()).toEqual({ ready: 2, unacked: 1 });
  });

  test('drops what is too old, and what comes back too late', () => {
    const { queue, advance } = setup();
    const one = reader(1);
    queue.attach(one);
    put(queue, 'held', 'old');
    queue.detach(one);
    advance(999);
    put(queue, 'young');
    expect(queue.depth().ready).toBe(2);
    advance(1);
    queue.requeue(one.got);
    const two = reader();
    queue.attach(two);
    expect(texts(two.got)).toEqual(['young']);
  });

  test('purges what waits and keeps what is delivered', () => {
    const { queue } = setup();
    const one = reader(1);
    queue.attach(one);
    put(queue, 'a', 'b');
    queue.purge();
    expect(queue.depth()).toEqual({ ready: 0, unacked: 1 });
    queue.detach(one);
    queue.requeue(one.got);
    expect(queue.depth()).toEqual({ ready: 1, unacked: 0 });
  });

  test('tells its consumers when it is removed, and keeps nothing afterwards', () => {
    const { queue } = setup();
    const one = reader(1);
    queue.attach(one);
    put(queue, 'a', 'b');
    queue.remove();
    expect(one.wasCancelled()).toBe(true);
    queue.requeue(one.got);
    expect(queue.depth()).toEqual({ ready: 0, unacked: 0 });
  });
});

test('nothing is lost, doubled or overtaken, whoever comes, takes, returns and leaves', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('publish' as const) }),
    fc.record({ do: fc.constantFrom('ack' as const, 'return' as const, 'leave' as const), who: fc.nat({ max: 2 }) }),
    fc.record({ do: fc.constant('come' as const), who: fc.nat({ max: 2 }), room: fc.integer({ min: 1, max: 4 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { queue } = setup();
      const present = new Map<number, Reader>();
      const done: string[] = [];
      let published = 0;
      for (const each of steps) {
        if (each.do === 'publish') {
          put(queue, String(published++));
        } else if (each.do === 'come') {
          if (present.has(each.who)) continue;
          const one = reader(each.room);
          present.set(each.who, one);
          queue.attach(one);
        } else {
          const one = present.get(each.who);
          if (one === undefined) continue;
          if (each.do === 'ack') {
            const message = one.got.shift();
            if (message === undefined) continue;
            done.push(message.body.toString());
            queue.settle();
            queue.wake();
          } else if (each.do === 'return') {
            queue.requeue(one.got.splice(0, 1));
          } else {
            queue.detach(one);
            present.delete(each.who);
            queue.requeue(one.got);
          }
        }
      }
      const held = [...present.values()].reduce((sum, one) => sum + one.got.length, 0);
      expect(queue.depth().unacked).toBe(held);
      for (const one of present.values()) {
        queue.detach(one);
        queue.requeue(one.got);
      }
      const last = reader();
      queue.attach(last);
      expect(texts(last.got).map(Number)).toEqual(
        texts(last.got)
          .map(Number)
          .toSorted((a, b) => a - b),
      );
      expect([...done, ...texts(last.got)].map(Number).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: published }, (_, i) => i),
      );
    }),
  );
});
