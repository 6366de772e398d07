import { addAbortSignal, Readable } from 'node:stream';

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
  const source = addAbortSignal(signal, body instanceof Readable ? body : Readable.from(chunksOf(body)));
  let count = 0;
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array | string>) {
      const bytes =
        typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      count += bytes.length;
      if (count > most) throw tooMuch();
      yield bytes;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    source.destroy();
  }
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

/** A large chunk is cut, so that counting it does not need it twice. */
function chunksOf(body: Exclude<UploadBody, Readable>): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  return typeof body === 'string' ? [Buffer.from(body)] : body instanceof Uint8Array ? [body] : body;
}
