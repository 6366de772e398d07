import { createHash } from 'node:crypto';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { isSameSignature } from '../../../../src/s3/verify/signature.ts';
import type { ChunkSigner } from '../../../../src/s3/verify/types.ts';
import { type Decoder, incompleteBody } from './decoder.ts';
import { createTrailers } from './trailers.ts';

export interface ChunkedOptions {
  /** Decoded bytes, by `x-amz-decoded-content-length`. */
  readonly length: number;
  /** Undefined when the chunks are not signed. */
  readonly signer: ChunkSigner | undefined;
  /** Names of the trailing headers, by `x-amz-trailer`. */
  readonly trailers: readonly string[];
}

/**
 * `aws-chunked`: `{size}[;chunk-signature={signature}]\r\n{data}\r\n` repeated up to a chunk of size 0, which has no data
 * but trailing headers behind it. Data is handed out as it comes, so memory does not grow with the size of a chunk; its
 * signature is verified where the chunk ends.
 */
export function createChunkedDecoder({ length, signer, trailers: announced }: ChunkedOptions): Decoder {
  const trailers = createTrailers(announced, signer);
  let next: 'size' | 'data' | 'data-end' | 'trailer' = 'size';
  /** Of a line whose end has not come. */
  let line = '';
  let leftInBody = length;
  let leftInChunk = 0;
  let signature = '';
  let previous = signer?.seed ?? '';
  let hash = createHash('sha256');

  function* push(piece: Buffer): Generator<Buffer> {
    let rest = piece;
    while (rest.length > 0) {
      if (next === 'data') {
        const data = rest.subarray(0, leftInChunk);
        rest = rest.subarray(data.length);
        takeData(data);
        yield data;
      } else {
        const end = rest.indexOf(LINE_FEED) + 1;
        line += rest.toString('latin1', 0, end || Math.min(rest.length, LONGEST_LINE));
        if (line.length > LONGEST_LINE) throw malformed('a line is too long');
        if (end === 0) return;
        rest = rest.subarray(end);
        takeLine(line);
        line = '';
      }
    }
  }

  function takeLine(text: string): void {
    if (next === 'trailer') trailers.take(text);
    else if (next === 'size') startChunk(text);
    else if (text === '\r\n') next = 'size';
    else throw malformed('a chunk is longer than it says');
  }

  function startChunk(text: string): void {
    const [, size, given] = SIZE_LINE.exec(text) ?? [];
    const isSigned = given !== undefined;
    if (size === undefined || isSigned !== (signer !== undefined)) throw malformed('a chunk has no proper head');
    leftInChunk = Number.parseInt(size, 16);
    leftInBody -= leftInChunk;
    signature = given ?? '';
    // At once: more than this was neither announced nor reserved.
    if (leftInBody < 0) throw incompleteBody('The body is longer than x-amz-decoded-content-length says.');
    next = leftInChunk > 0 ? 'data' : 'trailer';
    if (next === 'trailer') endChunk();
  }

  function takeData(data: Buffer): void {
    leftInChunk -= data.length;
    if (signer !== undefined) hash.update(data);
    if (leftInChunk > 0) return;
    endChunk();
    next = 'data-end';
  }

  function endChunk(): void {
    if (signer === undefined) return;
    previous = signer.chunk(previous, hash.digest('hex'));
    if (!isSameSignature(previous, signature)) throw new S3Error('SignatureDoesNotMatch');
    hash = createHash('sha256');
  }

  return {
    push,
    end: () => {
      if (next !== 'trailer' || line !== '') throw incompleteBody();
      return trailers.end(previous);
    },
  };
}

const LINE_FEED = 10;
/** Heads of chunks have 100 bytes, trailing headers less than 200. */
const LONGEST_LINE = 1024;
const SIZE_LINE = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?\r\n$/;

function malformed(why: string): S3Error {
  return new S3Error('InvalidRequest', { message: `The aws-chunked body is malformed: ${why}.` });
}
