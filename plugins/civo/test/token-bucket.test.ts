import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manualClock } from '../../../test/fakes/clock.ts';
import { createClient } from '../client.ts';
import { connect } from '../connect.ts';
import { TOO_MANY } from '../emulator/faults.ts';
import { createTokenBucket, shareTokenBucket } from '../token-bucket.ts';
import { type Civo, failure, signal, startCivo } from './lab.ts';

/** When each of `count` requests may go out, all asked for at once. */
async function times(
  count: number,
  take: () => Promise<() => void>,
  clock: ReturnType<typeof manualClock>,
): Promise<number[]> {
  const at: number[] = [];
  const all = Array.from({ length: count }, async () => {
    const answered = await take();
    at.push(clock.monotonicMs());
    answered();
  });
  await clock.advance(count * 1000);
  await Promise.all(all);
  return at;
}

describe('a token bucket', () => {
  it('lets out two at once, then eight in a second, and never more than ten in any second', async () => {
    const clock = manualClock();
    const bucket = createTokenBucket(clock, 8);
    const at = await times(100, () => bucket.take(signal), clock);
    expect(at.slice(0, 3)).toEqual([0, 0, 125]);
    expect(at.at(-1)).toBe(98 * 125);
    for (const start of at)
      expect(at.filter((time) => time >= start && time < start + 1000).length).toBeLessThanOrEqual(10);
  });

  it('is at most its rate and two in any window, however requests come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 40 }), async (pauses) => {
        const clock = manualClock();
        const bucket = createTokenBucket(clock, 8);
        const at: number[] = [];
        const waiting: Promise<number>[] = [];
        for (const pause of pauses) {
          waiting.push(
            bucket.take(signal).then((answered) => {
              answered();
              return at.push(clock.monotonicMs());
            }),
          );
          await clock.advance(pause);
        }
        await clock.advance(10_000);
        await Promise.all(waiting);
        for (const start of at) {
          expect(at.filter((time) => time >= start && time < start + 1000).length).toBeLessThanOrEqual(10);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('holds back what would go out together after the process stood still', async () => {
    const clock = manualClock();
    // No timer fires in the first five seconds, and then all that are due do.
    const standing = (ms: number): number => Math.max(ms, 5000 - clock.monotonicMs());
    const slow = { ...clock, sleep: (ms: number, stop: AbortSignal) => clock.sleep(standing(ms), stop) };
    const bucket = createTokenBucket(slow, 8);
    const at: number[] = [];
    const all = Array.from({ length: 40 }, () =>
      bucket.take(signal).then((answered) => {
        answered();
        return at.push(clock.monotonicMs());
      }),
    );
    await clock.advance(20_000);
    await Promise.all(all);
    for (const start of at)
      expect(at.filter((time) => time >= start && time < start + 1000).length).toBeLessThanOrEqual(10);
  });

  it('is one for all who share a token, and gone with the last of them', async () => {
    const clock = manualClock();
    const [first, second] = [shareTokenBucket(clock, 'token', 8), shareTokenBucket(clock, 'token', 8)];
    const other = shareTokenBucket(clock, 'another', 8);
    await Promise.all([first.take(signal), second.take(signal), other.take(signal), other.take(signal)]);
    let passed = false;
    const third = first.take(signal).then(() => (passed = true));
    await clock.advance(124);
    expect(passed).toBe(false);
    await clock.advance(1);
    await third;
    first.release();
    second.release();
    await shareTokenBucket(clock, 'token', 8).take(signal);
  });

  it('stops waiting when told to', async () => {
    const clock = manualClock();
    const bucket = createTokenBucket(clock, 1);
    await bucket.take(signal);
    await bucket.take(signal);
    const stop = new AbortController();
    const third = failure(bucket.take(stop.signal));
    stop.abort(new Error('stopped by the test'));
    expect((await third).message).toBe('stopped by the test');
  });
});

describe('429 with Retry-After: 7', () => {
  let civo: Civo;
  beforeEach(async () => {
    civo = await startCivo();
  });
  afterEach(() => civo.close());

  it('holds back every request of the token for 7 s, of other offerings too', async () => {
    const client = createClient(connect(civo.context()), 'LON1');
    const other = createClient(connect(civo.context()), 'LON1');
    civo.faults = (_, count) => (count === 1 ? TOO_MANY('7') : undefined);
    expect(await failure(client.regions(signal))).toMatchObject({ code: 'CIVO_RATE_LIMITED', retryAfterMs: 7000 });
    let answered = 0;
    const work = [client.regions(signal), other.quota(signal)].map((one) => one.then(() => answered++));
    await civo.clock.advance(6999);
    expect([answered, civo.asked.length]).toEqual([0, 1]);
    await civo.clock.advance(1);
    await Promise.all(work);
    expect(civo.asked).toHaveLength(3);
  });
});
