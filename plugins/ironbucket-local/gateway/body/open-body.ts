import { header, type RequestHead } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { chunkSigner } from '../../../../src/s3/verify/payload.ts';
import type { Payload } from '../../../../src/s3/verify/types.ts';
import { askedBy } from './asked-by.ts';
import { createChunkedDecoder } from './aws-chunked.ts';
import { CHECKSUM_PREFIX } from './checksum.ts';
import { type Decoder, incompleteBody, plainDecoder } from './decoder.ts';
import { type BodyOptions, type Expected, readExpected } from './expected.ts';
import { createProof } from './proof.ts';
import type { Body, Verified } from './types.ts';

/**
 * The body of a request, decoded and verified on the way, in constant memory.
 * @param incoming by `receive`: Node's own iterator tears the connection down when it is refused in the middle
 * @throws S3Error when the headers that describe the body cannot be true, before anything is read
 */
export function openBody(
  head: RequestHead,
  payload: Payload,
  incoming: AsyncIterable<Buffer>,
  options: BodyOptions = {},
): Body {
  const expected = readExpected(head, payload, options);
  const decoder = createDecoder(payload, expected);
  const proof = createProof(expected);
  let verified: Verified | undefined;

  async function* read(): AsyncGenerator<Buffer> {
    for await (const piece of untilBroken(incoming)) {
      for (const data of join([...decoder.push(piece)])) {
        proof.update(data);
        yield data;
      }
    }
    verified = proof.conclude(decoder.end());
  }

  return {
    length: expected.length,
    chunks: read(),
    verified: () => {
      if (verified === undefined) throw new Error('the body was not read to its end');
      return verified;
    },
  };
}

/** The whole of a small body. @throws S3Error `MaxMessageLengthExceeded` beyond `maxBytes`, `MalformedXML` when it is not UTF-8 */
export async function readText({ length, chunks }: Body, maxBytes: number): Promise<string> {
  if (length !== undefined && length > maxBytes) throw new S3Error('MaxMessageLengthExceeded');
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of chunks) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new S3Error('MaxMessageLengthExceeded');
    pieces.push(Buffer.from(piece));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch (cause) {
    throw new S3Error('MalformedXML', { cause });
  }
}

/** `Content-Encoding` of the object: without the framing of the request. */
export function storedEncoding(head: RequestHead): string | undefined {
  const codings = (header(head, 'content-encoding') ?? '').split(',').map((coding) => coding.trim());
  const kept = codings.filter((coding) => coding !== '' && coding.toLowerCase() !== 'aws-chunked');
  return kept.length === 0 ? undefined : kept.join(', ');
}

/** Views while they are few: chunks of a few bytes would cost their reader a write each. */
function join(parts: readonly Buffer[]): readonly Buffer[] {
  return parts.length > MOST_VIEWS ? [Buffer.concat(parts)] : parts;
}

const MOST_VIEWS = 4;

function createDecoder(payload: Payload, { length, checksum }: Expected): Decoder {
  if (payload.kind !== 'chunked') return plainDecoder;
  const isTrailing = checksum !== undefined && checksum.value === undefined;
  const trailers = isTrailing ? [CHECKSUM_PREFIX + checksum.algorithm] : [];
  const signer = payload.chain && chunkSigner(payload.chain);
  return createChunkedDecoder({ length: length ?? 0, signer, trailers });
}

/** A connection that breaks is a body that ends too early. */
export function untilBroken(incoming: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const broken = (cause: unknown): never => {
    throw cause instanceof S3Error ? cause : incompleteBody(undefined, cause);
  };
  return askedBy(incoming, (next) => () => next().catch(broken));
}
