import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSharedBucket, viewBucket } from '../../thread/shared-bucket.ts';
import { createSharedBuckets } from '../../thread/shared-buckets.ts';
import { createViews } from '../../thread/views.ts';

const NOW = new Date('2026-03-01T12:00:00.000Z');

function later(ms: number): Date {
  return new Date(NOW.getTime() + ms);
}

describe('a bucket that threads share', () => {
  it('has the numbers that were written last, exactly', () => {
    const amount = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
    const use = fc.record({
      usedBytes: amount,
      objects: amount,
      maxBytes: fc.option(amount),
      updated: fc.date({ noInvalidDate: true }),
    });
    const shared = createSharedBucket();
    const view = viewBucket(shared.memory);
    fc.assert(
      fc.property(fc.option(use, { nil: undefined }), (written) => {
        shared.publish(written, NOW);
        expect(view.use()).toEqual(written);
      }),
    );
  });

  it('has the numbers from before while new ones are written', () => {
    const shared = createSharedBucket();
    const view = viewBucket(shared.memory);
    const before = { usedBytes: 1n, objects: 2n, maxBytes: null, updated: NOW };
    const next = { usedBytes: 3n, objects: 4n, maxBytes: 5n, updated: later(1) };
    shared.publish(before, NOW);
    let seen: unknown;
    const written = {
      ...next,
      get objects() {
        seen = [view.use(), view.isFresh(NOW)];
        return next.objects;
      },
    };
    shared.publish(written, NOW);
    expect(seen).toEqual([before, true]);
    expect(view.use()).toEqual(next);
  });

  it('is looked at for as long as its numbers are new, and it is not over', () => {
    const shared = createSharedBucket();
    const view = viewBucket(shared.memory);
    expect(view.isFresh(NOW)).toBe(false);
    shared.publish(undefined, NOW);
    expect([0, 1999, 2000, -1].map((ms) => view.isFresh(later(ms)))).toEqual([true, true, false, false]);
    shared.end();
    expect([view.isFresh(NOW), view.isOver()]).toEqual([false, true]);
  });

  it('counts what is read in it once', () => {
    const shared = createSharedBucket();
    const [one, other] = [viewBucket(shared.memory), viewBucket(shared.memory)];
    one.count('get');
    other.count('get');
    other.count('head');
    expect(shared.collect()).toEqual({ get: 2, head: 1 });
    expect(shared.collect()).toEqual({ get: 0, head: 0 });
  });

  it('shows both halves of an object, or none, in whatever order they are written and read', async () => {
    // The number of the step of the writer before which the reader takes each of its two.
    const steps = fc.array(fc.nat(12), { minLength: 2, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const shared = createSharedBucket();
        const view = viewBucket(shared.memory);
        const object = { data: 0, sidecar: 0 };
        const writer = change();
        let at = 0;
        const until = (step: number): void => {
          for (; at < step; at++) writer.next();
        };
        function* change(): Generator<void> {
          for (let version = 1; version <= 3; version++) {
            const changed = shared.change('key');
            yield;
            object.data = version;
            yield;
            object.sidecar = version;
            yield;
            changed();
            yield;
          }
        }
        const [first = 0, second = 0] = taken.toSorted((a, b) => a - b);
        until(first);
        const seen = await view.look('key', async () => {
          const { data } = object;
          until(second);
          return { data, sidecar: object.sidecar };
        });
        if (seen !== undefined) expect(seen.found.sidecar).toBe(seen.found.data);
        // What nothing interferes with is seen.
        until(12);
        expect(await view.look('key', async () => object)).toEqual({ found: { data: 3, sidecar: 3 } });
      }),
    );
  });
});

describe('the buckets of a thread', () => {
  it('are shared up to a number, and what was read in one that is over is counted all the same', () => {
    const shared = createSharedBuckets(2);
    const [a, b] = [viewBucket(shared.share('a')), viewBucket(shared.share('b'))];
    expect(shared.share('a')).toBe(shared.share('a'));
    shared.share('c');
    expect([a.isOver(), b.isOver(), shared.has('b')]).toEqual([false, true, false]);
    b.count('head');
    a.count('get');
    expect(shared.collect()).toEqual([
      { account: 'b', operation: 'head', times: 1 },
      { account: 'a', operation: 'get', times: 1 },
    ]);
    expect(shared.collect()).toEqual([]);
  });

  it('that are removed are over', () => {
    const shared = createSharedBuckets();
    const view = viewBucket(shared.share('a'));
    shared.end('a');
    expect([view.isOver(), shared.has('a')]).toEqual([true, false]);
    shared.changing('a', 'key')();
  });

  it('are seen by others up to a number, and asked for again when they are over', () => {
    const views = createViews(1);
    const of = (bucket: string, method = 'GET', key = 'k') => ({ head: { method } as never, bucket, key });
    const shared = createSharedBucket();
    expect([of('a'), of('a', 'HEAD'), of('a', 'DELETE'), of('a', 'GET', '')].map(views.wants)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    views.add('a', shared.memory);
    expect(views.wants(of('a'))).toBe(false);
    shared.end();
    expect(views.wants(of('a'))).toBe(true);
    views.add('b', createSharedBucket().memory);
    expect(views.get('a')).toBeUndefined();
  });
});
