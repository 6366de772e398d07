import { quotaExceeded, stagingFull, vanished } from '../errors.ts';
import { applyChange, type Change, type Entry, fits, fitsAsEntries, fitsOnDisk, type Work } from './entry.ts';

/** Room in a bucket, held until it is settled by the first of `commit`, `keep` and `release`; later calls are ignored. */
export interface Reservation {
  /**
   * `bytes` more are about to be on disk before they are part of an object. They are counted until the reservation is
   * settled: settle it when they are in place or gone.
   *
   * @throws AgentError transient `IRONBUCKET_STAGING_FULL`; what was staged stays counted.
   */
  stage(bytes: number | bigint): void;
  /**
   * `bytes` more are about to be staged, of a body of unknown length.
   *
   * @throws AgentError `IRONBUCKET_QUOTA_EXCEEDED` or `IRONBUCKET_STAGING_FULL`; what was held stays held.
   */
  grow(bytes: number | bigint): void;
  /**
   * Right before the effect on the file at `path` in the bucket, under the key's lock, when it is known what is replaced:
   * makes the reservation exactly `delta`. A delta of zero or less always fits, also in a bucket over its limit. Without a
   * path no object is changed, and there is nothing to commit.
   *
   * @throws AgentError `IRONBUCKET_QUOTA_EXCEEDED`, or `IRONBUCKET_VANISHED` when the bucket was removed meanwhile.
   */
  fit(delta: number | bigint, path?: string, more?: More): void;
  /** The effect that `fit` announced happened. `unknown`: perhaps, or with unknown sizes; the bucket is counted afresh. */
  commit(change: Change | 'unknown'): void;
  /** Open uploads and their parts grew (negative: shrank) by this: it counts against the limit from now on. */
  keep(bytes: number | bigint, count?: { readonly uploads?: number; readonly parts?: number }): void;
  /** Nothing happened. */
  release(): void;
}

export interface More {
  /** An upload that becomes the object. What is held for it is taken over until the reservation is released. */
  readonly upload?: { readonly bytes: number | bigint; readonly parts: number } | undefined;
  /** Objects, uploads and parts that must fit besides those that are there. */
  readonly entries?: number;
  /** How many of them are uploads. */
  readonly uploads?: number;
}

export interface ReservationDeps {
  readonly entry: Entry;
  readonly work: Work;
  nowMs(): number;
  /** The numbers of the bucket are in doubt. */
  doubt(): void;
}

/** @throws AgentError `IRONBUCKET_QUOTA_EXCEEDED` when `bytes` more do not fit; negative is what a body replaces. */
export function openReservation(deps: ReservationDeps, bytes: number | bigint): Reservation {
  const { entry, work } = deps;
  let wanted = BigInt(bytes);
  let held = 0n;
  let staged = 0n;
  let takenOver: NonNullable<More['upload']> | undefined;
  let key: string | undefined;
  let settled = false;

  function hold(next: bigint): void {
    const more = positive(next) - held;
    if (more > 0n && !fits(entry, work, more)) throw quotaExceeded(entry.account);
    work.reserved += more;
    held += more;
    wanted = next;
  }

  function stage(more: bigint): void {
    if (!fitsOnDisk(entry, work, more)) throw stagingFull(entry.account);
    work.staged += more;
    staged += more;
  }

  function settle(change: Change | 'unknown' | undefined): void {
    settled = true;
    work.open--;
    work.reserved -= held;
    work.staged -= staged;
    if (key === undefined) return;
    forgetEffect(work, key);
    work.recount?.settled(key, change);
  }

  function takeOver(upload: More['upload']): void {
    if (takenOver !== undefined) keep(BigInt(takenOver.bytes), 1, takenOver.parts);
    if (upload !== undefined) keep(-BigInt(upload.bytes), -1, -upload.parts);
    takenOver = upload;
  }

  function keep(bytes: bigint, uploads: number, parts: number): void {
    entry.parts = positive(entry.parts + bytes);
    entry.uploads = Math.max(0, entry.uploads + uploads);
    entry.pieces = positive(entry.pieces + BigInt(uploads + parts));
  }

  function requireEntries({ upload, entries = 0, uploads = 0 }: More): void {
    if (uploads > 0 && entry.uploads + uploads > MOST_UPLOADS) throw stagingFull(entry.account);
    // An upload that becomes an object was an entry.
    if (entries > 0 && upload === undefined && !fitsAsEntries(entry, entries)) throw quotaExceeded(entry.account);
  }

  hold(wanted);
  work.open++;
  return {
    stage: (more) => {
      if (!settled) stage(BigInt(more));
    },
    grow: (more) => {
      if (settled) return;
      hold(wanted + BigInt(more));
      stage(BigInt(more));
    },
    fit: (delta, of, more = {}) => {
      if (entry.gone) throw vanished(entry.account);
      requireEntries(more);
      const before = { held, takenOver };
      takeOver(more.upload);
      work.reserved -= held;
      held = 0n;
      try {
        hold(BigInt(delta));
      } catch (error) {
        takeOver(before.takenOver);
        held = before.held;
        work.reserved += held;
        throw error;
      }
      if (key !== undefined || of === undefined) return;
      key = of;
      work.effects.set(of, (work.effects.get(of) ?? 0) + 1);
      work.recount?.touch(of);
    },
    commit: (change) => {
      if (settled) return;
      if (key === undefined) throw new Error('a change of a bucket is committed that was never fitted');
      const most = { bytes: held, objects: 0 };
      settle(change);
      // Until it is counted, what may have happened counts as if it had.
      const right = applyChange(entry, work, change === 'unknown' ? most : change, deps.nowMs());
      if (change === 'unknown' || !right) deps.doubt();
    },
    keep: (more, { uploads = 0, parts = 0 } = {}) => {
      if (settled) return;
      settle(undefined);
      keep(BigInt(more), uploads, parts);
    },
    release: () => {
      if (settled) return;
      takeOver(undefined);
      settle(undefined);
    },
  };
}

/** Of one bucket: each is a document to be read by whoever lists them. */
const MOST_UPLOADS = 2000;

function positive(bytes: bigint): bigint {
  return bytes > 0n ? bytes : 0n;
}

function forgetEffect(work: Work, key: string): void {
  const others = (work.effects.get(key) ?? 1) - 1;
  if (others === 0) work.effects.delete(key);
  else work.effects.set(key, others);
}
