import { Readable } from 'node:stream';
import { untilAborted } from '../lib/until-aborted.ts';

export type UploadBody = Readable | AsyncIterable<Uint8Array> | Uint8Array | string;

/**
 * The chunks of a body, counted: one byte more than `most` and `tooMuch` is thrown. What a client announced about its length
 * is not asked. Ends with the signal's reason when it fires, also while the source is silent.
 */
export async function* counted(
  body: UploadBody,
  most: number,
  signal: AbortSignal,
  tooMuch: () => Error,
): AsyncGenerator<Buffer> {
  const source = iteratorOf(body);
  let count = 0;
  try {
    for (;;) {
      const next = await untilAborted(Promise.resolve(source.next()), signal);
      if (next.done === true) return;
      const chunk = next.value;
      const bytes =
        typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      count += bytes.length;
      if (count > most) throw tooMuch();
      yield bytes;
    }
  } finally {
    if (body instanceof Readable) body.destroy();
    // Not waited for: a generator that is silent does not hear it.
    else void Promise.resolve(source.return?.()).catch(() => undefined);
  }
}

type Chunk = Uint8Array | string;

function iteratorOf(body: UploadBody): Iterator<Chunk, undefined> | AsyncIterator<Chunk, undefined> {
  if (typeof body === 'string' || body instanceof Uint8Array) return [body][Symbol.iterator]();
  return (body as AsyncIterable<Chunk>)[Symbol.asyncIterator]();
}

/** Reads until more than `threshold` bytes are there, or all of them. */
export async function peek(
  chunks: AsyncGenerator<Buffer>,
  threshold: number,
): Promise<{ readonly head: Buffer[]; readonly isWhole: boolean }> {
  const head: Buffer[] = [];
  let size = 0;
  while (size <= threshold) {
    const next = await chunks.next();
    if (next.done) return { head, isWhole: true };
    head.push(next.value);
    size += next.value.length;
  }
  return { head, isWhole: false };
}

/** Empties `head` as it goes: it would otherwise stay in memory for the whole upload. */
export async function* joined(head: Buffer[], rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  for (let chunk = head.shift(); chunk !== undefined; chunk = head.shift()) yield chunk;
  yield* rest;
}
