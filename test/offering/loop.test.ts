import { expect, test } from 'vitest';
import { createPulse } from '../../src/offering/loop.ts';
import { manualClock } from '../fakes/clock.ts';

function setup(beat: (alive: () => void) => Promise<void> = async () => undefined, random = 0.5) {
  const clock = manualClock();
  const stop = new AbortController();
  let beats = 0;
  const pulse = createPulse({
    intervalMs: () => 1000,
    clock,
    random: () => random,
    beat: async (_, alive) => {
      beats++;
      await beat(alive);
    },
  });
  return { clock, stop, pulse, beats: () => beats };
}

test('beats at once, then at the interval, and ends with the signal', async () => {
  const { clock, stop, pulse, beats } = setup();
  const ended = pulse.run(stop.signal);
  await clock.advance(999);
  expect(beats()).toBe(1);
  await clock.advance(1);
  expect(beats()).toBe(2);
  stop.abort();
  await ended;
  expect(clock.pending()).toBe(0);
});

test.each([
  [0, 900],
  [0.999, 1100],
])('the interval is spread by a tenth', async (random, ms) => {
  const { clock, stop, pulse, beats } = setup(undefined, random);
  void pulse.run(stop.signal);
  await clock.advance(ms - 5);
  expect(beats()).toBe(1);
  await clock.advance(10);
  expect(beats()).toBe(2);
  stop.abort();
});

test('a kick ends the pause, and during a beat asks for another one', async () => {
  let release = (): void => undefined;
  const { clock, stop, pulse, beats } = setup(
    () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  );
  void pulse.run(stop.signal);
  pulse.kick();
  pulse.kick();
  release();
  await clock.advance(0);
  expect(beats()).toBe(2);
  release();
  await clock.advance(0);
  pulse.kick();
  await clock.advance(0);
  expect(beats()).toBe(3);
  stop.abort();
  release();
});

test('a long beat shows that it is alive', async () => {
  let show = (): void => undefined;
  const { clock, stop, pulse } = setup(
    (alive) =>
      new Promise(() => {
        show = alive;
      }),
  );
  void pulse.run(stop.signal);
  await clock.advance(5000);
  expect(pulse.lastTurnMs()).toBe(0);
  show();
  expect(pulse.lastTurnMs()).toBe(5000);
});
