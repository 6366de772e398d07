import { describe, expect, test } from 'vitest';
import type { LiveEvent } from '../../src/store/journal.ts';
import { createLiveEvents } from '../../src/web/live-events.ts';
import { manualClock } from '../fakes/clock.ts';

function rig() {
  const clock = manualClock();
  const followers = new Set<(event: LiveEvent) => void>();
  const standings = new Map([['s3', '{"name":"s3","connected":false}']]);
  const live = createLiveEvents({
    clock,
    standings: () => new Map(standings),
    journal: () => ({
      follow: (take) => {
        followers.add(take);
        return () => void followers.delete(take);
      },
    }),
  });
  const happen = (reason: string): void => {
    const event = { kind: 'lost', count: 1, from: '', to: '', reason } as const;
    for (const take of followers) take({ offering: 'a', order: 'b', resource: undefined, at: clock.now(), event });
  };
  return { clock, live, happen, followers, standings };
}

function reader(live: ReturnType<typeof createLiveEvents>) {
  const pieces = live.open()?.[Symbol.asyncIterator]();
  if (pieces === undefined) throw new Error('too many readers');
  return { next: async () => (await pieces.next()).value as string | undefined, leave: () => pieces.return?.() };
}

const HEAD = 'retry: 3000\n\nevent: standing\ndata: {"name":"s3","connected":false}\n\n';

describe('a reader', () => {
  test('begins with how the offerings stand, and hears what happens', async () => {
    const { live, happen } = rig();
    const one = reader(live);
    expect(await one.next()).toBe(HEAD);
    happen('full');
    const data =
      '{"offering":"a","order":"b","at":"2026-08-25T10:00:00.000Z","kind":"lost","count":1,"from":"","to":"","reason":"full"}';
    expect(await one.next()).toBe(`event: journal\ndata: ${data}\n\n`);
  });

  test('hears of an offering when it stands otherwise, and only then', async () => {
    const { live, clock, standings } = rig();
    const one = reader(live);
    await one.next();
    standings.set('s3', '{"connected":true}');
    await clock.advance(1000);
    await clock.advance(5000);
    expect(await one.next()).toBe('event: standing\ndata: {"connected":true}\n\n');
  });

  test('hears something in every minute, so that proxies keep the connection', async () => {
    const { live, clock } = rig();
    const one = reader(live);
    await one.next();
    await clock.advance(21_000);
    expect(await one.next()).toBe(': still here\n\n');
  });

  test('who is slow misses events and is told so; nothing piles up', async () => {
    const { live, happen } = rig();
    const one = reader(live);
    for (let n = 0; n < 1234; n++) happen(`${n}`);
    const text = (await one.next()) ?? '';
    expect(text.startsWith('event: missed\ndata: {}\n\n')).toBe(true);
    expect(text.match(/event: journal/g)?.length).toBeLessThanOrEqual(500);
    expect(text).toContain('"reason":"1233"');
  });

  test('is sent away after ten minutes, to be asked again who it is', async () => {
    const { live, clock, followers } = rig();
    const one = reader(live);
    await one.next();
    await clock.advance(600_000);
    expect(await one.next()).toBeUndefined();
    expect(followers.size).toBe(0);
  });
});

test('the last reader who leaves ends all work, and the next one starts it again', async () => {
  const { live, clock, followers, happen } = rig();
  const [one, two] = [reader(live), reader(live)];
  await one.leave();
  expect(followers.size).toBe(1);
  await two.leave();
  expect([followers.size, clock.pending()]).toEqual([0, 0]);
  expect(await two.next()).toBeUndefined();
  const three = reader(live);
  expect(await three.next()).toBe(HEAD);
  happen('again');
  expect(await three.next()).toContain('again');
});

test('there are so many readers at most, and a place that is left is free', async () => {
  const { live } = rig();
  const readers = Array.from({ length: 500 }, () => reader(live));
  expect(live.open()).toBeUndefined();
  await readers[0]?.leave();
  expect(live.open()).toBeDefined();
  live.close();
  expect(await readers[1]?.next()).toBeUndefined();
});
