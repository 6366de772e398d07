import type { RequestHead } from '../../../src/s3/request-head.ts';
import type { Deps } from '../deps.ts';
import type { FileRef } from '../objects/read.ts';
import type { BodyOptions } from './body/expected.ts';
import type { Body } from './body/types.ts';

/** Who asks: the holder of an account, which reaches the bucket of its name, or the administrator, who reaches all. */
export type Principal = { readonly kind: 'administrator' } | { readonly kind: 'account'; readonly account: string };

/** A request whose sender may make it. */
export interface Call {
  readonly head: RequestHead;
  readonly principal: Principal;
  /** Empty for the service itself. */
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  /** Opens the body, once. Until then a client that waits for `100 Continue` waits. */
  body(options?: BodyOptions): Body;
  /** Runs work that looks at many files, in the account's turn. */
  search<T>(work: () => Promise<T>): Promise<T>;
  /** Fires when the client is gone or the gateway stops. */
  readonly signal: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is XML, unless the headers say otherwise. */
  readonly body?: string | Buffer | Stream | undefined;
}

export interface Stream {
  /** Undefined while it is not known. */
  readonly length: number | undefined;
  /** Each belongs to the reader until it asks for the next one. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Where the bytes are, for another thread, which reads them itself. */
  readonly file?: Portion | undefined;
  /** Whoever read them from the file has the last ones. */
  readonly wasRead?: (() => void) | undefined;
  close(): Promise<void>;
}

/** Part of a file, from `start` up to, and without, `end`. */
export interface Portion extends FileRef {
  readonly start: number;
  readonly end: number;
}

export function isStream(body: Reply['body']): body is Stream {
  return typeof body === 'object' && !(body instanceof Uint8Array);
}

export type Operation = (deps: Deps, call: Call) => Promise<Reply>;
