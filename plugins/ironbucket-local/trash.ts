import { join } from 'node:path';
import type { Log } from '../../src/lib/log.ts';
import type { Disk } from './disk.ts';
import { type Layout, TRASH_PREFIX } from './layout.ts';

/** Removal that takes long and may be interrupted: the directory gets out of the way at once and goes in the background. */
export interface Trash {
  discard(directory: string): Promise<void>;
  /** Removes what is there, also what an earlier run left. */
  sweep(): void;
  /** Stops between two files; the next start goes on. */
  close(): Promise<void>;
}

export interface TrashDeps {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly log: Log;
  readonly random: (bytes: number) => Uint8Array;
}

export function openTrash({ disk, layout, log, random }: TrashDeps): Trash {
  const closing = new AbortController();
  let work = Promise.resolve();

  async function removeAll(): Promise<void> {
    try {
      for await (const name of disk.names(layout.root)) {
        if (closing.signal.aborted) return;
        if (name.startsWith(TRASH_PREFIX)) await disk.removeTree(join(layout.root, name), closing.signal);
      }
    } catch (err) {
      if (!closing.signal.aborted)
        log.warn({ err }, 'a removed bucket still takes space; the next removal tries again');
    }
  }
  const sweep = (): void => {
    work = work.then(removeAll);
  };

  return {
    discard: async (directory) => {
      await disk.rename(directory, layout.trash(Buffer.from(random(16)).toString('hex')));
      sweep();
    },
    sweep,
    close: async () => {
      closing.abort();
      await work;
    },
  };
}
