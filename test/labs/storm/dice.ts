import { createRandom } from '../../../src/sandbox/random.ts';

/**
 * Uniform in [0, 1) by what it is thrown for, and the how many-th time: the same seed gives the same throws, however the
 * work of many orders interleaves.
 */
export type Dice = (what: string) => number;

export function createDice(seed: number): Dice {
  const times = new Map<string, number>();
  return (what) => {
    const time = times.get(what) ?? 0;
    times.set(what, time + 1);
    return createRandom(hash(`${seed} ${what} ${time}`)).next();
  };
}

/** One of `kinds` with the probability `rate`, each as likely as the others. */
export function pick<Kind>(roll: number, rate: number, kinds: readonly Kind[]): Kind | undefined {
  return roll < rate ? kinds[Math.floor((roll / rate) * kinds.length)] : undefined;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}
