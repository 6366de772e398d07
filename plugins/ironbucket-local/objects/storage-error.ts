/** Why the storage refuses something. What fails on the disk is not refused: it keeps the error of the operating system. */
export type Refusal =
  | 'no-bucket'
  | 'no-upload'
  | 'bad-key'
  | 'key-too-long'
  | 'no-parts'
  | 'bad-part'
  | 'part-order'
  | 'small-part'
  | 'conflict';

export interface StorageErrorOptions {
  readonly message?: string;
  /** The part of an upload that is refused. */
  readonly part?: number;
  readonly cause?: unknown;
}

/** A request that the storage refuses before anything changed. Another layer says it in the words of its protocol. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly reason: Refusal;
  /** Whether `message` says more than the reason does. */
  readonly detail: string | undefined;
  readonly part: number | undefined;

  constructor(reason: Refusal, { message, part, cause }: StorageErrorOptions = {}) {
    super(message ?? reason, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.detail = message;
    this.part = part;
  }
}
