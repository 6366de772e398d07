import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  read,
  readSync,
  rename,
  renameSync,
  rmdirSync,
  type Stats,
  unlinkSync,
  writeSync,
  writev,
  writevSync,
} from 'node:fs';
import { promisify } from 'node:util';
import type { Clock } from '../../../src/lib/clock.ts';
import { codeOf } from '../disk.ts';
import { behind, type FileFacts, type Files, NO_FILE, NOT_REMOVED, nodeFiles, type OpenFile } from './files.ts';
import { createPace, type Pace } from './pace.ts';

/** Up to here a trip through the thread pool takes longer than the bytes. */
const SMALL = 65_536;
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const readLater = promisify(read);
const writevLater = promisify(writev);
const renameLater = promisify(rename);

/** Less is what a busy core takes as well. */
const READING = { patienceMs: 20, slowMs: 250 };
/** Where the file system writes the new file out before it replaces the old one, others can be served meanwhile. */
const REPLACING = { patienceMs: 1, slowMs: 1000 };

/**
 * The same effects without the thread pool, for a thread that does nothing else than serve: what the system has in memory
 * takes a fifth of the time so. While the disk is slow, objects are read and replaced through the pool; what is large is
 * always written through it.
 */
export function directFiles(clock: Pick<Clock, 'monotonicMs'>): Files {
  const pooled = nodeFiles({ fsync: false });
  const pace = createPace(clock, READING);
  const replacing = createPace(clock, REPLACING);
  return {
    ...pooled,
    facts: async (path) => factsNow(path),
    open: async (path) => (pace.isSlow() ? pooled.open(path) : pace.time(() => openNow(path, pace))),
    create: async (path) => {
      const file = openSync(path, 'wx', 0o666);
      return {
        write: async (chunks) => {
          let left = chunks.filter(({ length }) => length > 0);
          while (left.length > 0) {
            const large = bytesOf(left) > SMALL;
            left = behind(left, large ? (await writevLater(file, left)).bytesWritten : writeNow(file, left));
          }
        },
        close: async () => closeSync(file),
      };
    },
    move: async (from, to) => renameSync(from, to),
    replace: async (from, to) =>
      replacing.isSlow() ? renameLater(from, to) : replacing.time(() => renameSync(from, to)),
    remove: async (path) => expecting(NOT_THERE, () => unlinkSync(path)),
    makeDirectory: async (path) => void expecting(IS_THERE, () => mkdirSync(path)),
    removeDirectory: async (path) => expecting(NOT_REMOVED, () => rmdirSync(path)),
  };
}

const NOT_THERE: ReadonlySet<unknown> = new Set(['ENOENT']);
const IS_THERE: ReadonlySet<unknown> = new Set(['EEXIST']);

/** Whether it happened. @throws what is not expected */
function expecting(expected: ReadonlySet<unknown>, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (expected.has(codeOf(error))) return false;
    throw error;
  }
}

function factsNow(path: string): FileFacts | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats && new DirectFacts(stats, () => lstatSync(path, { bigint: true }));
}

function openNow(path: string, pace: Pace): OpenFile | undefined {
  let file: number;
  try {
    file = openSync(path, READ_FLAGS);
  } catch (error) {
    if (NO_FILE.has(codeOf(error))) return undefined;
    throw error;
  }
  try {
    const facts = new DirectFacts(fstatSync(file), () => fstatSync(file, { bigint: true }));
    if (facts.kind === 'file') return opened(file, facts, pace);
  } catch (error) {
    closeSync(file);
    throw error;
  }
  closeSync(file);
  return undefined;
}

function opened(file: number, facts: FileFacts, pace: Pace): OpenFile {
  return {
    facts,
    read: async (buffer, position) => {
      if (pace.isSlow()) return (await readLater(file, buffer, 0, buffer.length, position)).bytesRead;
      return pace.time(() => readSync(file, buffer, 0, buffer.length, position));
    },
    close: async () => closeSync(file),
  };
}

/** What is seldom asked for is made when it is: a listing has two of these for each of its keys. */
class DirectFacts implements FileFacts {
  readonly #stats: Stats;
  readonly #exact: () => { readonly ino: bigint; readonly mtimeNs: bigint };
  readonly kind: FileFacts['kind'];
  readonly size: number;
  readonly modifiedMs: number;
  readonly inode: number;
  readonly placedMs: number;

  /** @param exact asks once more, for numbers that hold every digit */
  constructor(stats: Stats, exact: () => { readonly ino: bigint; readonly mtimeNs: bigint }) {
    this.#stats = stats;
    this.#exact = exact;
    this.kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
    this.size = stats.size;
    this.modifiedMs = stats.mtimeMs;
    this.inode = stats.ino;
    this.placedMs = stats.ctimeMs;
  }

  get modified(): Date {
    return this.#stats.mtime;
  }

  get created(): Date {
    return this.#stats.birthtime;
  }

  get identity(): string {
    const { ino, mtimeNs } = this.#exact();
    return `${ino}:${mtimeNs}`;
  }
}

function writeNow(file: number, chunks: readonly Uint8Array[]): number {
  const [first, ...others] = chunks;
  return first !== undefined && others.length === 0 ? writeSync(file, first) : writevSync(file, chunks);
}

function bytesOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}
