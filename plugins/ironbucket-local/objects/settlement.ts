import { StorageError } from './storage-error.ts';

/** What an effect on disk needs of a quota reservation. Sizes are bytes. */
export interface Settlement {
  /** `bytes` more are about to be staged. Throws when that is too much. */
  stage(bytes: number): void;
  /**
   * Right before the effect, under the lock of the key, when what is replaced is known: `delta` bytes and what `more` says
   * at `path` in the bucket. Throws when it is too much.
   */
  fit(delta: number, path?: string, more?: More): void;
  /** The effect happened; `unknown` when it failed and may have happened all the same. */
  commit(change: Change | 'unknown'): void;
  /** The effect happened to uploads or parts: it counts against the limit, but not as used. */
  keep(delta: number, count?: { readonly uploads?: number; readonly parts?: number }): void;
}

export interface More {
  /** An upload that becomes the object. */
  readonly upload?: UploadSize | undefined;
  /** Objects, uploads or parts. */
  readonly entries?: number;
  readonly uploads?: number;
}

/** What the quota holds for an upload. */
export interface UploadSize {
  readonly bytes: number;
  readonly parts: number;
}

export interface Change {
  readonly bytes: number;
  readonly objects: number;
}

/** Runs an effect that was made to fit. One that is refused did not happen: the reservation is left to its owner. */
export async function settle<T>(reservation: Settlement, change: Change, effect: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await effect();
  } catch (error) {
    if (!(error instanceof StorageError)) reservation.commit('unknown');
    throw error;
  }
  reservation.commit(change);
  return result;
}
