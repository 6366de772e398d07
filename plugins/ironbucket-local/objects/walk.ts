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

/** The keys of a bucket that begin with `prefix` and are behind the position, in the order of their UTF-8 bytes. */
export async function* walkKeys(
  deps: WalkDeps,
  root: string,
  prefix: string,
  position: Position,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const folders = parsePrefix(prefix);
  if (folders === undefined) return;
  const folder = join(root, ...folders);
  if (!(await isReachable(deps.files, { root, folders, folder }))) return;
  const base = folders.map((name) => `${name}/`).join('');
  yield* walk(deps, { folder, base, rest: prefix.slice(base.length) }, position, signal);
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
  signal: AbortSignal,
): AsyncGenerator<string> {
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
        yield* walk(deps, { folder: join(folder, name), base: key, rest: '' }, position, signal);
      }
    }
    if (!more) return;
    from = names.at(-1) ?? '';
    signal.throwIfAborted();
  }
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
