import { header, parameter, type RequestHead } from '../request-head.ts';
import { S3Error } from '../s3-error.ts';
import { EMPTY_SHA256, scopeText, signatureOf, UNSIGNED_PAYLOAD } from '../sigv4.ts';
import type { Chain, ChunkSigner, Payload } from './types.ts';

/** The last line of the canonical request: hash of the body, or the word that replaces it. */
export function payloadHash(head: RequestHead, isPresigned: boolean): string {
  const value = header(head, NAME) ?? (isPresigned ? (parameter(head, QUERY_NAME) ?? UNSIGNED_PAYLOAD) : undefined);
  if (value === undefined) {
    throw new S3Error('InvalidRequest', { message: `Missing required header for this request: ${NAME}` });
  }
  if (isWord(value) || SHA_256.test(value)) return value;
  const message = `${NAME} must be ${Object.keys(WORDS).join(', ')} or a valid sha256 value.`;
  throw new S3Error('InvalidArgument', { message, fields: { ArgumentName: NAME, ArgumentValue: value.slice(0, 80) } });
}

/** @param hash of `payloadHash`, after its signature was verified */
export function readPayload(hash: string, chain: Chain): Payload {
  const word = isWord(hash) ? WORDS[hash] : undefined;
  if (word === undefined) return { kind: 'hashed', sha256: hash.toLowerCase() };
  if (!word.isChunked) return { kind: 'unsigned' };
  return { kind: 'chunked', chain: word.isSigned ? chain : undefined, trailer: word.hasTrailer };
}

const NAME = 'x-amz-content-sha256';
const QUERY_NAME = 'X-Amz-Content-Sha256';
const SHA_256 = /^[0-9a-fA-F]{64}$/;
const WORDS = {
  [UNSIGNED_PAYLOAD]: { isChunked: false, isSigned: false, hasTrailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { isChunked: true, isSigned: true, hasTrailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { isChunked: true, isSigned: true, hasTrailer: true },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { isChunked: true, isSigned: false, hasTrailer: true },
} as const;

function isWord(text: string): text is keyof typeof WORDS {
  return Object.hasOwn(WORDS, text);
}

/** Signs frames as the sender of the request must have. */
export function chunkSigner({ key, scope, seed }: Chain): ChunkSigner {
  const sign = (kind: string, ...rest: readonly string[]): string =>
    signatureOf(key, [`AWS4-HMAC-SHA256-${kind}`, scope.stamp, scopeText(scope), ...rest].join('\n'));
  return {
    seed,
    // Headers of a chunk would be signed, but there are none.
    chunk: (previous, sha256) => sign('PAYLOAD', previous, EMPTY_SHA256, sha256),
    trailer: (previous, sha256) => sign('TRAILER', previous, sha256),
  };
}
