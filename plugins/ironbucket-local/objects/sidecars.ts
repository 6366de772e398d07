import type { Clock } from '../../../src/lib/clock.ts';
import type { Disk } from '../disk.ts';
import type { FileFacts, Files } from './files.ts';
import { parseSidecar, type Sidecar } from './sidecar.ts';

/** What the sidecars of objects say. */
export interface Sidecars {
  /** Undefined when there is none, or none that can be read. */
  read(path: string): Promise<Sidecar | undefined>;
}

export interface SidecarDeps {
  readonly files: Pick<Files, 'facts'>;
  readonly disk: Pick<Disk, 'read'>;
  readonly clock: Pick<Clock, 'now'>;
}

interface Kept extends Pick<FileFacts, 'inode' | 'size' | 'modifiedMs'> {
  readonly sidecar: Sidecar | undefined;
}

/** About 5 MB. */
const MOST = 10_000;
/** What is larger is read again. */
const LARGEST = 1024;
/** What is younger can be replaced by a file that looks the same, within the resolution of its time stamp. */
const SETTLED_MS = 2000;

/** Those that were read last are kept, and believed for as long as their files are the same. */
export function openSidecars({ files, disk, clock }: SidecarDeps, most = MOST): Sidecars {
  const kept = new Map<string, Kept>();

  function keep(path: string, { inode, size, modifiedMs }: FileFacts, sidecar: Sidecar | undefined): void {
    if (size > LARGEST || clock.now().getTime() - modifiedMs <= SETTLED_MS) return;
    kept.set(path, { inode, size, modifiedMs, sidecar });
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) kept.delete(oldest);
  }

  return {
    read: async (path) => {
      // Before the text: what is put there in between is noticed at the next look.
      const facts = await files.facts(path);
      const found = kept.get(path);
      if (found !== undefined) {
        if (facts !== undefined && isSame(found, facts)) return found.sidecar;
        kept.delete(path);
      }
      const text = facts === undefined ? undefined : await disk.read(path);
      if (facts === undefined || text === undefined) return undefined;
      const sidecar = parseSidecar(text);
      keep(path, facts, sidecar);
      return sidecar;
    },
  };
}

function isSame(kept: Kept, { inode, size, modifiedMs }: FileFacts): boolean {
  return kept.inode === inode && kept.modifiedMs === modifiedMs && kept.size === size;
}
