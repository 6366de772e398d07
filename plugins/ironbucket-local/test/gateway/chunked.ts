import { signingKey } from '../../../../src/s3/sigv4.ts';
import { chunkSigner, readPayload } from '../../../../src/s3/verify/payload.ts';
import type { Payload } from '../../../../src/s3/verify/types.ts';
import { head, scope, secretKey, sha256 } from '../../../../test/s3/fixtures.ts';
import { createDigest } from '../../gateway/body/checksum.ts';
import { openBody } from '../../gateway/body/open-body.ts';
import type { ChecksumAlgorithm, Verified } from '../../gateway/body/types.ts';

export const SIGNED = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
export const SIGNED_TRAILER = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
export const UNSIGNED_TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
export const WORDS = [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER] as const;
export type Word = (typeof WORDS)[number];

/** A body in the frames of `aws-chunked`, as a client would send it that follows the reference. */
export interface Framed {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Payload;
  readonly wire: Buffer;
}

export function frame(word: Word, chunks: readonly Buffer[], algorithm: ChecksumAlgorithm = 'crc64nvme'): Framed {
  const payload = readPayload(word, { key: signingKey(secretKey, scope), scope, seed: 'f'.repeat(64) });
  const signer = payload.kind === 'chunked' && payload.chain ? chunkSigner(payload.chain) : undefined;
  const pieces: Buffer[] = [];
  let previous = signer?.seed ?? '';
  for (const chunk of [...chunks.filter(({ length }) => length > 0), Buffer.alloc(0)]) {
    previous = signer?.chunk(previous, sha256(chunk)) ?? '';
    const extension = signer === undefined ? '' : `;chunk-signature=${previous}`;
    pieces.push(Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk);
    if (chunk.length > 0) pieces.push(Buffer.from('\r\n'));
  }
  const data = Buffer.concat(chunks);
  const headers = { 'x-amz-decoded-content-length': String(data.length), 'content-encoding': 'aws-chunked' };
  if (word === SIGNED) return { headers, payload, wire: Buffer.concat([...pieces, Buffer.from('\r\n')]) };
  const name = `x-amz-checksum-${algorithm}`;
  const line = `${name}:${checksum(algorithm, data)}`;
  const signature = signer && `x-amz-trailer-signature:${signer.trailer(previous, sha256(`${line}\n`))}\r\n`;
  pieces.push(Buffer.from(`${line}\r\n${signature ?? ''}\r\n`));
  return { headers: { ...headers, 'x-amz-trailer': name }, payload, wire: Buffer.concat(pieces) };
}

export function checksum(algorithm: ChecksumAlgorithm, data: Buffer): string {
  const digest = createDigest(algorithm);
  digest.update(data);
  return digest.digest().toString('base64');
}

/** Reads a body that comes in these pieces. */
export async function receive(
  headers: Readonly<Record<string, string>>,
  payload: Payload,
  pieces: Iterable<Buffer>,
): Promise<{ readonly data: Buffer; readonly verified: Verified }> {
  const body = openBody(head('PUT', '/b/k', headers), payload, stream(pieces));
  const data: Buffer[] = [];
  for await (const chunk of body.chunks) data.push(Buffer.from(chunk));
  return { data: Buffer.concat(data), verified: body.verified() };
}

export async function* stream(pieces: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* pieces;
}

/** `data` cut at these places. */
export function cut(data: Buffer, places: readonly number[]): readonly Buffer[] {
  const sorted = [0, ...places.map((place) => place % (data.length + 1)).sort((a, b) => a - b), data.length];
  return sorted.slice(1).map((end, index) => data.subarray(sorted[index], end));
}
