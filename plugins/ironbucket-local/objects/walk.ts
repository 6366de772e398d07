import { join } from 'node:path';
import type { Files } from './files.ts';
import { isReachable } from './folders.ts';
import { parsePrefix } from './key.ts';
import { compareKeys } from './order.ts';
import type { Windows } from './windows.ts';

/** Where a listing goes on. */
export interface Position {
  /** Keys up to and including this one are done. */
  readonly after: string;
  /** Those that begin with it are done as well. */
  readonly whole: boolean;
}

export interface WalkDeps {
  readonly files: Files;
  readonly windows: Windows;
}

/** How much of a tree may be looked at, shared by the walks for one page. */
export interface Budget {
  /** Folders that may still be read. */
  folders: number;
  /** Set when they are used up: everything up to here was looked at, and nothing behind it. */
  stoppedAt?: string;
}

/**
 * The ordinary keys of a bucket that begin with `prefix` and are behind the position, in the order of their UTF-8 bytes.
 * Folders without objects cost as much as those with, so the walk ends when the budget does.
 */
export async function* walkOrdinary(
  deps: WalkDeps,
  root: string,
  prefix: string,
  position: Position,
  { budget, signal }: Bounds,
): AsyncGenerator<string> {
  const folders = parsePrefix(prefix);
  if (folders === undefined) return;
  const folder = join(root, ...folders);
  if (!(await isReachable(deps.files, { root, folders }))) return;
  const base = folders.map((name) => `${name}/`).join('');
  yield* walk(deps, { folder, base, rest: prefix.slice(base.length) }, position, { budget, signal });
}

export interface Bounds {
  readonly budget: Budget;
  readonly signal: AbortSignal;
}

interface Folder {
  readonly folder: string;
  /** What the keys in it begin with. */
  readonly base: string;
  /** What their names must begin with. */
  readonly rest: string;
}

async function* walk(
  deps: WalkDeps,
  { folder, base, rest }: Folder,
  position: Position,
  bounds: Bounds,
): AsyncGenerator<string> {
  const { budget, signal } = bounds;
  signal.throwIfAborted();
  let from = firstName(base, rest, position);
  for (let started = false; ; started = true) {
    const { names, more, marker } = await deps.windows.read(folder, from);
    if (!started && marker && base !== '' && rest === '' && isBehind(position, base)) yield base;
    for (let index = started ? indexBehind(names, from) : indexOf(names, from); index < names.length; index++) {
      const name = names[index] ?? '';
      if (!name.startsWith(rest)) return;
      const key = base + name;
      if (!name.endsWith('/')) {
        if (isBehind(position, key)) yield key;
      } else if (!isDone(position, key)) {
        if (budget.folders-- <= 0) {
          budget.stoppedAt = justBefore(key);
          return;
        }
        yield* walk(deps, { folder: join(folder, name), base: key, rest: '' }, position, bounds);
        if (budget.stoppedAt !== undefined) return;
      }
    }
    if (!more) return;
    from = names.at(-1) ?? '';
    signal.throwIfAborted();
  }
}

const STOP = '.\u{10ffff}';

/** Behind every key that is before those in the folder: of the characters, the one before a slash is a dot. */
function justBefore(folder: string): string {
  return folder.slice(0, -1) + STOP;
}

/** Whether a listing stopped there because its budget was used up, in a folder of which nothing is listed yet. */
export function isStop(after: string): boolean {
  return after.endsWith(STOP);
}

/** The first name in the folder that can still be of interest. */
function firstName(base: string, rest: string, { after }: Position): string {
  if (!after.startsWith(base)) return rest;
  const name = /^[^/]*\/?/.exec(after.slice(base.length))?.[0] ?? '';
  return compareKeys(name, rest) > 0 ? name : rest;
}

function isBehind({ after, whole }: Position, key: string): boolean {
  return compareKeys(key, after) > 0 && !(whole && key.startsWith(after));
}

/** Nothing that begins with this is left. */
function isDone({ after, whole }: Position, folder: string): boolean {
  if (whole && folder.startsWith(after)) return true;
  return compareKeys(folder, after) <= 0 && !after.startsWith(folder);
}

/** Index of the first name that is not before `from`. */
function indexOf(names: readonly string[], from: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(names[middle] ?? '', from) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function indexBehind(names: readonly string[], from: string): number {
  const index = indexOf(names, from);
  return names[index] === from ? index + 1 : index;
}
