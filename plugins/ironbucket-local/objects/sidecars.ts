import type { Clock } from '../../../src/lib/clock.ts';
import { type Disk, modifiedMsOf } from '../disk.ts';
import { parseSidecar, type Sidecar } from './sidecar.ts';

/** What the sidecars of objects say. */
export interface Sidecars {
  /** Undefined when there is none, or none that can be read. */
  read(path: string): Promise<Sidecar | undefined>;
}

export interface SidecarDeps {
  readonly disk: Pick<Disk, 'read' | 'identity'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** About 5 MB. */
const MOST = 10_000;
/** What is larger is read again. */
const LARGEST = 1024;
/** Within the resolution of its time stamp, a file can be replaced by one that looks the same. */
const SETTLED_MS = 2000;

/** Those that were read last are kept, and believed for as long as their files are the same. */
export function openSidecars({ disk, clock }: SidecarDeps, most = MOST): Sidecars {
  const kept = new Map<string, { readonly identity: string; readonly sidecar: Sidecar | undefined }>();

  function keep(path: string, identity: string, sidecar: Sidecar | undefined): void {
    if (clock.now().getTime() - modifiedMsOf(identity) <= SETTLED_MS) return;
    kept.set(path, { identity, sidecar });
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) kept.delete(oldest);
  }

  return {
    read: async (path) => {
      // Before the text: what is put there in between is noticed at the next look.
      const identity = await disk.identity(path);
      const found = kept.get(path);
      if (found !== undefined) {
        if (found.identity === identity) return found.sidecar;
        kept.delete(path);
      }
      const text = identity === undefined ? undefined : await disk.read(path);
      if (identity === undefined || text === undefined) return undefined;
      const sidecar = parseSidecar(text);
      if (text.length <= LARGEST) keep(path, identity, sidecar);
      return sidecar;
    },
  };
}
