import { createCipheriv, createDecipheriv } from 'node:crypto';
import { notAuthentic } from '../errors.ts';
import type { Deriver, Kdf } from './deriver.ts';

/**
 * The payload encryption of the admin API:
 *
 *     salt (32 bytes) | algorithm (1) | nonce prefix (8) | fragments
 *
 * A fragment is at most 16384 bytes of text, encrypted, and a tag of 16 bytes. Fragment i = 1, 2, … has the nonce
 * `prefix | LE32(i)` and the associated data `flag | T`, where the flag is 0x80 for the last fragment and 0x00 before it,
 * and T is the tag of the empty message under nonce 0. So nothing can be cut off, added or moved. Measured on
 * RELEASE.2025-10-15.
 */
interface Algorithm {
  readonly kdf: Kdf;
  readonly cipher: 'aes-256-gcm' | 'chacha20-poly1305';
}

/** By the byte in the message. Servers accept and may send each of them. */
const ALGORITHMS: readonly Algorithm[] = [
  { kdf: 'argon2id', cipher: 'aes-256-gcm' },
  { kdf: 'argon2id', cipher: 'chacha20-poly1305' },
  { kdf: 'pbkdf2', cipher: 'aes-256-gcm' },
];

export type AlgorithmId = 0 | 1 | 2;

const SALT = 32;
const PREFIX = 8;
const HEADER = SALT + 1 + PREFIX;
const TAG = 16;
const FRAGMENT = 16_384;
const MORE = 0x00;
const LAST = 0x80;

export interface Sealing {
  readonly deriver: Deriver;
  readonly password: string;
  random(bytes: number): Uint8Array;
  /** What `mc` and the SDKs send: 0. */
  readonly algorithm?: AlgorithmId;
}

/** The whole message. Every one has a salt of its own, so that it takes one key derivation. */
export async function encrypt(plain: Uint8Array, sealing: Sealing, signal: AbortSignal): Promise<Buffer> {
  const { deriver, password, random, algorithm = 0 } = sealing;
  const salt = random(SALT);
  const prefix = random(PREFIX);
  const { kdf, cipher } = ALGORITHMS[algorithm] as Algorithm;
  const stream = createStream(cipher, await deriver.derive(kdf, password, salt, signal), prefix);
  const fragments = [];
  let start = 0;
  do {
    const piece = plain.subarray(start, start + FRAGMENT);
    start += FRAGMENT;
    fragments.push(stream.seal(piece, start < plain.length ? MORE : LAST));
  } while (start < plain.length);
  return Buffer.concat([salt, Uint8Array.of(algorithm), prefix, ...fragments]);
}

/** @throws AgentError operator `MINIO_NOT_AUTHENTIC` for what was not encrypted with this password, or was changed since. */
export async function decrypt(
  message: Uint8Array,
  { deriver, password }: Pick<Sealing, 'deriver' | 'password'>,
  signal: AbortSignal,
): Promise<Buffer> {
  const algorithm = ALGORITHMS[message[SALT] ?? -1];
  if (algorithm === undefined || message.length < HEADER) throw notAuthentic();
  const key = await deriver.derive(algorithm.kdf, password, message.subarray(0, SALT), signal);
  const stream = createStream(algorithm.cipher, key, message.subarray(SALT + 1, HEADER));
  const pieces = [];
  // An empty text is one empty fragment; RustFS sends none at all.
  for (let start = HEADER; start < message.length; start += FRAGMENT + TAG) {
    const end = start + FRAGMENT + TAG;
    pieces.push(stream.open(message.subarray(start, end), end < message.length ? MORE : LAST));
  }
  return Buffer.concat(pieces);
}

interface Stream {
  seal(piece: Uint8Array, flag: number): Buffer;
  open(fragment: Uint8Array, flag: number): Buffer;
}

function createStream(cipher: Algorithm['cipher'], key: Uint8Array, prefix: Uint8Array): Stream {
  let count = 0;
  // Both ciphers have the interface of the first one; only the types tell them apart.
  const name = cipher as 'chacha20-poly1305';
  const options = { authTagLength: TAG } as const;
  const nextNonce = (): Buffer => {
    const nonce = Buffer.alloc(PREFIX + 4);
    nonce.set(prefix);
    nonce.writeUInt32LE(count++, PREFIX);
    return nonce;
  };
  const sealing = (piece: Uint8Array, bound?: Uint8Array): Buffer => {
    const sealer = createCipheriv(name, key, nextNonce(), options);
    if (bound !== undefined) sealer.setAAD(bound, { plaintextLength: piece.length });
    return Buffer.concat([sealer.update(piece), sealer.final(), sealer.getAuthTag()]);
  };
  const first = sealing(Buffer.alloc(0));
  const bound = (flag: number): Buffer => Buffer.concat([Uint8Array.of(flag), first]);
  return {
    seal: (piece, flag) => sealing(piece, bound(flag)),
    open: (fragment, flag) => {
      if (fragment.length < TAG) throw notAuthentic();
      const body = fragment.subarray(0, -TAG);
      const opener = createDecipheriv(name, key, nextNonce(), options);
      opener.setAAD(bound(flag), { plaintextLength: body.length });
      opener.setAuthTag(fragment.subarray(-TAG));
      try {
        return Buffer.concat([opener.update(body), opener.final()]);
      } catch {
        throw notAuthentic();
      }
    },
  };
}
