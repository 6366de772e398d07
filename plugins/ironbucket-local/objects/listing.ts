import type { Layout } from '../layout.ts';
import { rootOf } from './place.ts';
import type { StoredObject } from './stored.ts';
import { type Bounds, type Budget, isStop, type Position, type WalkDeps } from './walk.ts';
import { walkKeys } from './walk-keys.ts';

export interface ListQuery {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  /** Keys and common prefixes up to and including this are done; empty for the beginning. */
  readonly after: string;
  /** Keys and common prefixes together. */
  readonly limit: number;
}

export interface Page {
  readonly objects: readonly StoredObject[];
  readonly prefixes: readonly string[];
  /** The last key or common prefix, when there is more behind it. */
  readonly next: string | undefined;
}

export interface ListDeps extends WalkDeps {
  readonly layout: Layout;
  /** Undefined for what was deleted meanwhile. */
  facts(bucket: string, key: string): Promise<StoredObject | undefined>;
}

/** Folders that are read for a page besides two for each of its entries. */
const FOLDERS = 200;

/**
 * One page. Neither memory nor work grows with the bucket: where many folders hold no objects, a page has fewer entries
 * than asked for, perhaps none, and says where to go on.
 */
export async function listObjects(
  deps: ListDeps,
  bucket: string,
  query: ListQuery,
  signal: AbortSignal,
): Promise<Page> {
  const { limit } = query;
  if (limit === 0) return { objects: [], prefixes: [], next: undefined };
  const keys: string[] = [];
  const prefixes: string[] = [];
  let last = '';
  let next: string | undefined;
  const budget: Budget = { folders: FOLDERS + 2 * limit };
  for await (const { name, common } of names(deps, rootOf(deps.layout, bucket), query, { budget, signal })) {
    if (keys.length + prefixes.length === limit) {
      next = last;
      break;
    }
    last = name;
    (common ? prefixes : keys).push(name);
  }
  next ??= budget.stoppedAt;
  return { objects: await factsOf(deps, bucket, keys, signal), prefixes, next };
}

async function* names(
  deps: WalkDeps,
  root: string,
  { prefix, delimiter, after }: ListQuery,
  bounds: Bounds,
): AsyncGenerator<{ readonly name: string; readonly common: boolean }> {
  let position: Position | undefined = startOf(prefix, delimiter, after);
  while (position !== undefined) {
    let skip: string | undefined;
    for await (const key of walkKeys(deps, root, prefix, position, bounds)) {
      skip = commonPrefix(key, prefix, delimiter);
      if (skip !== undefined) break;
      yield { name: key, common: false };
    }
    if (skip === undefined) return;
    yield { name: skip, common: true };
    position = { after: skip, whole: true };
  }
}

/** A position inside a common prefix: the prefix was listed already. */
function startOf(prefix: string, delimiter: string, after: string): Position {
  if (isStop(after)) return { after, whole: false };
  const common = after.startsWith(prefix) ? commonPrefix(after, prefix, delimiter) : undefined;
  return common === undefined ? { after, whole: false } : { after: common, whole: true };
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

const AT_ONCE = 16;

async function factsOf(
  deps: ListDeps,
  bucket: string,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<readonly StoredObject[]> {
  const found: StoredObject[] = [];
  for (let start = 0; start < keys.length; start += AT_ONCE) {
    signal.throwIfAborted();
    const batch = keys.slice(start, start + AT_ONCE).map((key) => deps.facts(bucket, key));
    for (const object of await Promise.all(batch)) if (object !== undefined) found.push(object);
  }
  return found;
}
