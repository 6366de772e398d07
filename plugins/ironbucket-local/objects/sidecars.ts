import type { Clock } from '../../../src/lib/clock.ts';
import { setBounded } from '../../../src/lib/set-bounded.ts';
import type { Disk } from '../disk.ts';
import type { FileFacts, Files } from './files.ts';
import { parseSidecar, type Sidecar } from './sidecar.ts';

/** What the sidecars of objects say. */
export interface Sidecars {
  /** Undefined when there is none, or none that can be read. */
  read(path: string): Promise<Sidecar | undefined>;
  /** The same of the object whose bytes are in this file, for what stays as long as they do: its size, ETag and time. */
  readBeside(data: FileFacts, path: string): Promise<Sidecar | undefined>;
}

export interface SidecarDeps {
  readonly files: Pick<Files, 'facts'>;
  readonly disk: Pick<Disk, 'read'>;
  readonly clock: Pick<Clock, 'now'>;
}

type Identity = Pick<FileFacts, 'inode' | 'size' | 'modifiedMs'>;

interface Kept {
  readonly file: Identity;
  readonly sidecar: Sidecar | undefined;
  /** The file that it is beside, when it is known that they belong together. */
  data?: Identity;
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

  const isSettled = (ms: number): boolean => clock.now().getTime() - ms > SETTLED_MS;

  function keep(path: string, facts: FileFacts, sidecar: Sidecar | undefined): void {
    if (facts.size > LARGEST || !isSettled(facts.modifiedMs)) return;
    setBounded(kept, path, { file: identityOf(facts), sidecar }, most);
  }

  async function read(path: string, facts: FileFacts | undefined): Promise<Sidecar | undefined> {
    const found = kept.get(path);
    if (found !== undefined) {
      if (facts !== undefined && isSame(found.file, facts)) return found.sidecar;
      kept.delete(path);
    }
    const text = facts === undefined ? undefined : await disk.read(path);
    if (facts === undefined || text === undefined) return undefined;
    const sidecar = parseSidecar(text);
    keep(path, facts, sidecar);
    return sidecar;
  }

  return {
    // The facts before the text: what is put there in between is noticed at the next look.
    read: async (path) => read(path, await files.facts(path)),
    readBeside: async (data, path) => {
      const before = kept.get(path);
      if (before?.data !== undefined && isSame(before.data, data)) return before.sidecar;
      const facts = await files.facts(path);
      const sidecar = await read(path, facts);
      const found = kept.get(path);
      // A sidecar gets its place after its bytes did: an older one is of those that were there before.
      const isOfThem = facts !== undefined && facts.placedMs >= data.placedMs && isSettled(facts.placedMs);
      if (found !== undefined && isOfThem) found.data = identityOf(data);
      return sidecar;
    },
  };
}

function identityOf({ inode, size, modifiedMs }: FileFacts): Identity {
  return { inode, size, modifiedMs };
}

function isSame(known: Identity, { inode, size, modifiedMs }: FileFacts): boolean {
  return known.inode === inode && known.modifiedMs === modifiedMs && known.size === size;
}
