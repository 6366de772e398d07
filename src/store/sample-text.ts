import type { Point, Sample } from './store.ts';

/**
 * The samples of one component and day as text: `3600:53687091200,` is 53687091200 an hour after midnight UTC. New ones
 * are appended without reading the others, so the text may be unordered and may name a second twice: the last one counts.
 */
export const DAY_S = 86_400;

export function dayOf(at: Date): number {
  return Math.floor(at.getTime() / 1000 / DAY_S);
}

export function encodeSample({ at, quantity }: Sample): string {
  const second = Math.floor(at.getTime() / 1000) - dayOf(at) * DAY_S;
  return `${second}:${quantity},`;
}

const COLON = 58;
const COMMA = 44;
const ZERO = 48;
/** Beyond it a number loses digits. */
const EXACT_DIGITS = 15;

/** Appends the points of one day to `points`, in the order of the text. Read by hand: this is the inner loop of a month. */
export function decodeDay(day: number, text: string, points: Point[]): void {
  const midnight = day * DAY_S;
  let second = 0;
  let value = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === COLON) {
      second = value;
      value = 0;
      start = i + 1;
    } else if (code === COMMA) {
      const quantity = i - start > EXACT_DIGITS ? BigInt(text.slice(start, i)) : value;
      points.push({ at: midnight + second, quantity });
      value = 0;
    } else {
      value = value * 10 + code - ZERO;
    }
  }
}

/** The form that `decodeDay` gives a quantity. */
export function toExact(quantity: bigint): number | bigint {
  return quantity < 10n ** BigInt(EXACT_DIGITS) ? Number(quantity) : quantity;
}

/** Sorted by time, each second once. Already sorted in the ordinary case. */
export function inOrder(points: Point[]): readonly Point[] {
  let sorted = true;
  for (let i = 1; i < points.length && sorted; i++) sorted = (points[i - 1]?.at ?? 0) < (points[i]?.at ?? 0);
  if (sorted) return points;
  const bySecond = new Map(points.map((point) => [point.at, point]));
  return [...bySecond.values()].sort((a, b) => a.at - b.at);
}
