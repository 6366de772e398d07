import { join } from 'node:path';
import { ESCAPED_FOLDER, folderDigits, hexOf, unescapeKey } from './escape.ts';
import type { Position, WalkDeps } from './walk.ts';

/** In digits, whose order is that of the keys. */
interface Wanted {
  readonly prefix: string;
  readonly after: string;
  /** Keys that begin with `after` are done as well. */
  readonly whole: boolean;
}

/** The escaped keys of a bucket that begin with `prefix` and are behind the position, in order. */
export async function* walkEscaped(
  deps: Pick<WalkDeps, 'windows'>,
  root: string,
  prefix: string,
  { after, whole }: Position,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield* walk(deps, join(root, ESCAPED_FOLDER), '', { prefix: hexOf(prefix), after: hexOf(after), whole }, signal);
}

async function* walk(
  deps: Pick<WalkDeps, 'windows'>,
  folder: string,
  base: string,
  wanted: Wanted,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let from = firstName(base, wanted);
  for (let started = false; ; started = true) {
    signal.throwIfAborted();
    const { names, more } = await deps.windows.read(folder, from);
    for (const name of names) {
      if (started && name === from) continue;
      const below = name.endsWith('/') ? folderDigits(name.slice(0, -1)) : undefined;
      const digits = base + (below ?? name);
      if (digits > wanted.prefix && !digits.startsWith(wanted.prefix)) return;
      if (below === undefined) {
        const key = isWanted(digits, wanted) ? unescapeKey(digits) : undefined;
        if (key !== undefined) yield key;
      } else if (mayHold(digits, wanted)) yield* walk(deps, join(folder, name), digits, wanted, signal);
    }
    if (!more) return;
    from = names.at(-1) ?? '';
  }
}

/** The first name in the folder that can be of interest. */
function firstName(base: string, { prefix, after }: Wanted): string {
  const first = after > prefix ? after : prefix;
  return first.startsWith(base) ? first.slice(base.length).slice(0, 240) : '';
}

function isWanted(digits: string, { prefix, after, whole }: Wanted): boolean {
  return digits.startsWith(prefix) && digits > after && !(whole && digits.startsWith(after));
}

/** Whether keys that begin with this can be wanted. */
function mayHold(digits: string, { prefix, after, whole }: Wanted): boolean {
  if (!digits.startsWith(prefix) && !prefix.startsWith(digits)) return false;
  if (whole && digits.startsWith(after)) return false;
  return digits > after || after.startsWith(digits);
}
