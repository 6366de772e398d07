import type { Clock } from '../../../src/lib/clock.ts';
import { setBounded } from '../../../src/lib/set-bounded.ts';
import { isAbsent } from '../disk.ts';
import type { Files } from './files.ts';
import { isInternalName, SIDECAR_SUFFIX } from './key.ts';
import { compareKeys, sortKeys } from './order.ts';

/** The names in a directory from one of them on, in the order of keys: a folder has a slash behind its name. */
export interface Window {
  readonly names: readonly string[];
  /** Are there more names behind the last one? */
  readonly more: boolean;
  /** The directory is the marker of a folder as well. */
  readonly marker: boolean;
}

export interface Windows {
  /** The names that are not before `from`; of a directory that is not there, none. */
  read(directory: string, from: string): Promise<Window>;
}

/**
 * Directories may be larger than memory, and pages of a listing follow one another. So what is read is a bounded stretch
 * of the sorted names, several pages long, and the last few are kept for as long as their directory does not change.
 */
export function openWindows(files: Files, clock: Clock, size: number = WINDOW): Windows {
  const kept = new Map<string, Kept>();

  async function scan(directory: string, from: string): Promise<Window> {
    let names: string[] = [];
    let more = false;
    let marker = false;
    /** The largest name that still fits, once there are too many. */
    let bound: string | undefined;
    const shrink = (): void => {
      sortKeys(names);
      more = true;
      names = names.slice(0, size);
      bound = names.at(-1);
    };
    for await (const { name, kind } of files.entries(directory)) {
      if (name === SIDECAR_SUFFIX) marker = true;
      if (kind === 'other' || isInternalName(name)) continue;
      const key = kind === 'directory' ? `${name}/` : name;
      if (compareKeys(key, from) < 0) continue;
      if (bound !== undefined && compareKeys(key, bound) > 0) continue;
      if (names.push(key) >= size * 2) shrink();
    }
    if (names.length > size) shrink();
    else sortKeys(names);
    return { names, more, marker };
  }

  return {
    read: async (directory, from) => {
      const facts = await files.facts(directory).catch(absent);
      if (facts?.kind !== 'directory') return NOTHING;
      const found = kept.get(directory);
      if (found?.identity === facts.identity && covers(found, from)) {
        // Last in the order of use.
        setBounded(kept, directory, found, KEPT);
        return found.window;
      }
      const started = clock.now().getTime();
      const window = await scan(directory, from).catch(absent);
      if (window === undefined) return NOTHING;
      kept.delete(directory);
      // Within the resolution of its time stamp, a directory can change twice and look the same.
      if (started - facts.modified.getTime() > SETTLED_MS)
        setBounded(kept, directory, { identity: facts.identity, from, window }, KEPT);
      return window;
    },
  };
}

interface Kept {
  readonly identity: string;
  readonly from: string;
  readonly window: Window;
}

const WINDOW = 20_000;
const KEPT = 16;
const SETTLED_MS = 2000;
const NOTHING: Window = { names: [], more: false, marker: false };

function covers({ from: start, window: { names, more } }: Kept, from: string): boolean {
  const last = names.at(-1);
  return compareKeys(start, from) <= 0 && (!more || (last !== undefined && compareKeys(from, last) < 0));
}

/** Removed while it was read: nothing is in it any more. */
function absent(error: unknown): undefined {
  if (isAbsent(error)) return undefined;
  throw error;
}
