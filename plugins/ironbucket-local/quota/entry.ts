import type { Change } from './change.ts';
import type { QuotaRecord } from './quota-file.ts';
import type { Recount } from './recount.ts';

export type { Change } from './change.ts';

/** What is kept of a bucket in memory. Amounts are bytes, exact also beyond 2^53. */
export interface Entry {
  readonly account: string;
  /** Null is "no limit", 0 is "nothing allowed". */
  maxBytes: bigint | null;
  usedBytes: bigint;
  objects: bigint;
  /** Bytes in the parts of open multipart uploads: they count against the limit, not as used. */
  parts: bigint;
  /** How many open uploads and parts of them there are. */
  pieces: bigint;
  /** Open uploads. */
  uploads: number;
  /** Of the last change, milliseconds since 1970. */
  updatedMs: number;
  others: QuotaRecord['others'];
  /** Of `.quota` as it was read or written last; undefined when there was none. */
  identity: string | undefined;
  /** When `.quota` was last looked at, whole milliseconds of the monotonic clock. */
  checkedMs: number;
  /** The bucket is no more: whatever still holds the entry must leave the disk alone. */
  gone: boolean;
  /** Undefined while nothing goes on: an idle bucket costs no more than its numbers. */
  work: Work | undefined;
}

/** Of a bucket that is being written to. */
export interface Work {
  /** Reservations that are not settled, and what they hold in bytes. */
  open: number;
  reserved: bigint;
  /** Bytes that are on disk, or about to be, and belong to no object or part yet. */
  staged: bigint;
  /** Keys whose effect may be happening right now, with how often. */
  readonly effects: Map<string, number>;
  /** Counts the changes; `written` is how many of them the file has. */
  changes: number;
  written: number;
  /** Whether `.quota.dirty` is known to be on disk. */
  marked: boolean;
  preparing: Promise<void> | undefined;
  /** The numbers are not known to be right: they are counted afresh, and until then the marker stays. */
  doubtful: boolean;
  recount: Recount | undefined;
  /** After a crash, until the bucket is counted or was waited for long enough. */
  settling: Promise<void> | undefined;
  /** The failure to write was logged. */
  failing: boolean;
}

export interface Use {
  readonly maxBytes: bigint | null;
  readonly usedBytes: bigint;
  readonly objects: bigint;
  readonly updated: Date;
  /** What is used is being counted afresh, after a crash for example. */
  readonly approximate?: boolean;
}

export function createWork(): Work {
  return {
    open: 0,
    reserved: 0n,
    staged: 0n,
    effects: new Map(),
    changes: 0,
    written: 0,
    marked: false,
    preparing: undefined,
    doubtful: false,
    recount: undefined,
    settling: undefined,
    failing: false,
  };
}

export function useOf({ maxBytes, usedBytes, objects, updatedMs, work }: Entry): Use {
  const approximate = work?.doubtful === true;
  return { maxBytes, usedBytes, objects, updated: new Date(updatedMs), ...(approximate && { approximate }) };
}

export function recordOf(entry: Entry): QuotaRecord {
  const { approximate: _, ...use } = useOf(entry);
  return { ...use, ...(entry.others !== undefined && { others: entry.others }) };
}

/** Whether `more` bytes can be written besides what is stored and reserved; an exact fit is one. */
export function fits(entry: Entry, work: Work, more: bigint): boolean {
  return entry.maxBytes === null || entry.usedBytes + entry.parts + work.reserved + more <= entry.maxBytes;
}

/**
 * Whether so much is free that `more` bytes may be held before it is known how many of them replace others: a thousandth of
 * the limit at most, and half of it is left. What is held too much is little then, and given back in the next moment.
 */
export function isAmple({ maxBytes, usedBytes, parts }: Entry, { reserved }: Work, more: bigint): boolean {
  return maxBytes === null || (more * 1000n <= maxBytes && (usedBytes + parts + reserved + more) * 2n <= maxBytes);
}

/** What may be staged beyond the limit by uploads that replace something: they need room for the old and the new. */
const ALLOWANCE = 64n << 20n;

/**
 * Whether `more` bytes can be staged. With them the bucket takes at most its limit (or what it holds, when that is more)
 * and the allowance: 64 MiB or the limit, whichever is less. An upload that needs more goes alone, so that any object can
 * be replaced: then the allowance is the size of that object.
 */
export function fitsOnDisk({ maxBytes, usedBytes, parts }: Entry, { staged }: Work, more: bigint): boolean {
  if (maxBytes === null || staged === 0n) return true;
  const stored = usedBytes + parts;
  const most = stored > maxBytes ? stored : maxBytes;
  return stored + staged + more <= most + (maxBytes < ALLOWANCE ? maxBytes : ALLOWANCE);
}

/** Every entry takes at least a block of the disk: its sidecar, when it has no bytes. */
const BLOCK = 4096n;

/** Of a bucket without a limit: who may store any number of objects still need not leave as many parts. */
const MOST_PIECES = 1_000_000n;

/**
 * Whether `more` objects, open uploads or parts can be there: as many as there are blocks in the limit and the allowance.
 * Without a limit, a million uploads and parts.
 */
export function fitsAsEntries({ maxBytes, objects, pieces }: Entry, more: number): boolean {
  if (maxBytes === null) return pieces + BigInt(more) <= MOST_PIECES;
  return (objects + pieces + BigInt(more)) * BLOCK <= maxBytes + ALLOWANCE;
}

/** Applies what happened. False when the numbers cannot be right, because something was removed that was never counted. */
export function applyChange(entry: Entry, work: Work, change: Change, nowMs: number): boolean {
  const usedBytes = entry.usedBytes + BigInt(change.bytes);
  const objects = entry.objects + BigInt(change.objects);
  entry.usedBytes = usedBytes > 0n ? usedBytes : 0n;
  entry.objects = objects > 0n ? objects : 0n;
  entry.updatedMs = nowMs;
  work.changes++;
  return usedBytes >= 0n && objects >= 0n;
}
