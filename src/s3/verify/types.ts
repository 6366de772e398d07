import type { Scope } from '../sigv4.ts';

/** Who sent a request, proved by its signature, and what the signature says of the body. */
export interface Signed {
  readonly accessKey: string;
  readonly payload: Payload;
}

/**
 * How the body comes, by `x-amz-content-sha256`:
 * - `hashed`: as it is, with this SHA-256 (hexadecimal)
 * - `unsigned`: as it is
 * - `chunked`: in the frames of `aws-chunked`, each signed when there is a chain, with trailing headers or without
 *
 * Plain data, so that another thread than the one that verified the request can read its body.
 */
export type Payload =
  | { readonly kind: 'hashed'; readonly sha256: string }
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'chunked'; readonly chain: Chain | undefined; readonly trailer: boolean };

/** What a signature of frames needs to know of the signature of the request. */
export interface Chain {
  /** The signing key. */
  readonly key: Uint8Array;
  readonly scope: Scope;
  readonly seed: string;
}

/** Computes what the frames of a body must be signed with: a chain that begins with the signature of the request. */
export interface ChunkSigner {
  readonly seed: string;
  /** Hexadecimal signature of a chunk, from the signature before it and the SHA-256 of its data. */
  chunk(previous: string, sha256: string): string;
  /** The same for the trailing headers in canonical form. */
  trailer(previous: string, sha256: string): string;
}
