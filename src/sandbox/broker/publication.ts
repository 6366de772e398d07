/** A message as Mastermind publishes it. */
export interface Publication {
  readonly vhost: string;
  readonly queue: string;
  /** Mastermind's name of the queue, where it differs; goes into `x-message-id`. */
  readonly topic?: string;
  /** Bytes, for what is not UTF-8. */
  readonly body: string | Uint8Array;
  /** Instead of, or in addition to, the headers that Mastermind sends. */
  readonly headers?: Readonly<Record<string, string>>;
}
