import { expect, test } from 'vitest';
import { createLoop } from '../../src/offering/loop.ts';
import { manualClock } from '../fakes/clock.ts';

function setup(turn: (alive: () => void) => Promise<void> = async () => undefined, random = 0.5) {
  const clock = manualClock();
  const stop = new AbortController();
  let turns = 0;
  const loop = createLoop({
    intervalMs: () => 10_000,
    floorMs: 1000,
    clock,
    random: () => random,
    turn: async (_, alive) => {
      turns++;
      await turn(alive);
    },
  });
  return { clock, stop, loop, turns: () => turns };
}

test('turns at once, then at the interval, and ends with the signal', async () => {
  const { clock, stop, loop, turns } = setup();
  const ended = loop.run(stop.signal);
  await clock.advance(9_999);
  expect(turns()).toBe(1);
  await clock.advance(1);
  expect(turns()).toBe(2);
  stop.abort();
  await ended;
  expect(clock.pending()).toBe(0);
});

test.each([
  [0, 9_000],
  [0.999, 11_000],
])('the interval is spread by a tenth', async (random, ms) => {
  const { clock, stop, loop, turns } = setup(undefined, random);
  void loop.run(stop.signal);
  await clock.advance(ms - 5);
  expect(turns()).toBe(1);
  await clock.advance(10);
  expect(turns()).toBe(2);
  stop.abort();
});

test('waking ends the pause, and during a turn asks for another one', async () => {
  let release = (): void => undefined;
  const { clock, stop, loop, turns } = setup(
    () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  );
  void loop.run(stop.signal);
  await clock.advance(1000);
  loop.wake();
  loop.wake();
  release();
  await clock.advance(0);
  expect(turns()).toBe(2);
  await clock.advance(1000);
  release();
  await clock.advance(0);
  loop.wake();
  await clock.advance(0);
  expect(turns()).toBe(3);
  stop.abort();
  release();
});

test('however often it is woken, turns are a floor apart', async () => {
  const { clock, stop, loop, turns } = setup();
  const ended = loop.run(stop.signal);
  for (let i = 0; i < 100; i++) {
    loop.wake();
    await clock.advance(100);
  }
  // Ten seconds: one turn at once, and one for each second after it.
  expect(turns()).toBe(11);
  stop.abort();
  await ended;
  expect(clock.pending()).toBe(0);
});

test('it says how long it pauses', async () => {
  const { clock, stop, loop } = setup();
  void loop.run(stop.signal);
  await clock.advance(0);
  expect(loop.pauseMs()).toBe(10_000);
  stop.abort();
});

test('a long turn shows that it is alive', async () => {
  let show = (): void => undefined;
  const { clock, stop, loop } = setup(
    (alive) =>
      new Promise(() => {
        show = alive;
      }),
  );
  void loop.run(stop.signal);
  await clock.advance(5000);
  expect(loop.lastTurnMs()).toBe(0);
  show();
  expect(loop.lastTurnMs()).toBe(5000);
});
