import type { ClientUse, Verb } from '../audit/client-use.ts';
import type { Evidence, Method } from './types.ts';

/** Something new, whose creator is looked for among the uses of clients. */
export interface NewObject {
  readonly id: string;
  readonly method: Method;
  /** What a client may have been asked for. */
  readonly verbs: readonly Verb[];
  /** Epoch seconds. */
  readonly at: number;
  /** Names it may have been given; empty when it says nothing. */
  readonly names: readonly string[];
  /** In full form; empty when it says nothing. */
  readonly refs: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

interface Pair {
  readonly object: NewObject;
  readonly use: ClientUse;
  readonly points: number;
  readonly distance: number;
}

/** Two people's uses that are as near as this, and say the same, cannot be told apart. */
const APART_SECONDS = 10;

/**
 * Who made what: what the command line says goes before the time, and one use made one object at most. `taken` are uses
 * that made something else.
 */
export function match(
  objects: readonly NewObject[],
  uses: readonly ClientUse[],
  taken: ReadonlySet<string>,
): ReadonlyMap<NewObject, Evidence> {
  const byVerb = new Map<Verb, ClientUse[]>();
  for (const use of uses) {
    if (taken.has(use.event)) continue;
    const same = byVerb.get(use.verb);
    if (same === undefined) byVerb.set(use.verb, [use]);
    else same.push(use);
  }
  const pairs = objects.flatMap((object) => {
    const likely = object.verbs.flatMap((verb) => byVerb.get(verb) ?? []);
    return likely.flatMap((use) => pairOf(object, use) ?? []);
  });
  pairs.sort((a, b) => b.points - a.points || a.distance - b.distance || (a.use.event < b.use.event ? -1 : 1));
  const found = new Map<NewObject, Pair>();
  const used = new Set<string>();
  for (const pair of pairs) {
    if (found.has(pair.object) || used.has(pair.use.event)) continue;
    found.set(pair.object, pair);
    used.add(pair.use.event);
  }
  const doubtful = doubtfulIn(pairs, found);
  return new Map([...found].map(([object, pair]) => [object, evidenceOf(pair, doubtful.has(object))]));
}

/** Those with a use of someone else that fits as well and is as near. */
function doubtfulIn(pairs: readonly Pair[], found: ReadonlyMap<NewObject, Pair>): ReadonlySet<NewObject> {
  const doubtful = new Set<NewObject>();
  for (const { object, use, points, distance } of pairs) {
    const best = found.get(object);
    if (best === undefined || best.use.uid === use.uid || best.points !== points) continue;
    if (Math.abs(distance - best.distance) < APART_SECONDS) doubtful.add(object);
  }
  return doubtful;
}

/** Undefined when the use cannot have made it. */
function pairOf(object: NewObject, use: ClientUse): Pair | undefined {
  const distance = distanceOf(object, use);
  if (distance === undefined) return undefined;
  let points = 0;
  if (use.name !== undefined && object.names.length > 0) {
    if (!object.names.includes(use.name)) return undefined;
    points += 4;
  }
  if (use.refs.length > 0 && object.refs.length > 0) {
    if (!use.refs.some((ref) => object.refs.includes(ref))) return undefined;
    points += 2;
  }
  const labels = Object.entries(use.labels);
  if (!labels.every(([key, value]) => object.labels[key] === value)) return undefined;
  return { object, use, points: labels.length > 0 ? points + 1 : points, distance };
}

/** In seconds; undefined beyond the time that may pass. Fetching takes long, and is asked for before it is done. */
function distanceOf({ method, at }: NewObject, use: ClientUse): number | undefined {
  const late = at - use.at;
  if (method === 'create' || method === 'volume') return Math.abs(late) <= 120 ? Math.abs(late) : undefined;
  if (late < -10 || late > 600) return undefined;
  return late < 0 ? -late * 10 : late;
}

function evidenceOf({ object, use }: Pair, isDoubtful: boolean): Evidence {
  return { uid: use.uid, method: object.method, event: use.event, at: use.at, text: use.text, isDoubtful };
}
