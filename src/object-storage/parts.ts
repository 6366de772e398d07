/** A piece of a stream, in the memory it was given. */
export interface Part {
  /** From 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** Cuts a stream into parts. */
export interface PartSource {
  /** Fills the memory with what comes next, one caller after the other. Undefined when the stream has ended. */
  fill(memory: Buffer): Promise<Part | undefined>;
}

/** Only the last part is shorter than the memory it is asked for with. */
export function partsOf(chunks: AsyncIterator<Buffer>): PartSource {
  let rest: Buffer = Buffer.alloc(0);
  let hasEnded = false;
  let count = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function next(memory: Buffer): Promise<Part | undefined> {
    let filled = 0;
    while (filled < memory.length && !hasEnded) {
      if (rest.length === 0) {
        const chunk = await chunks.next();
        if (chunk.done === true) hasEnded = true;
        else rest = chunk.value;
      }
      const taken = rest.copy(memory, filled);
      rest = rest.subarray(taken);
      filled += taken;
    }
    return filled === 0 ? undefined : { number: ++count, bytes: memory.subarray(0, filled) };
  }

  return {
    fill: (memory) => {
      const mine = last.then(() => next(memory));
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}
