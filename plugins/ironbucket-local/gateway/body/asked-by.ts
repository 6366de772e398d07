/** Asks for the next piece. */
type Next = () => Promise<IteratorResult<Buffer>>;

/**
 * The same pieces, asked for by what `around` makes of the way to ask for the next one. Not a generator, which would add
 * three promises to each piece.
 */
export function askedBy(pieces: AsyncIterable<Buffer>, around: (next: Next) => Next): AsyncIterable<Buffer> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = pieces[Symbol.asyncIterator]();
      return {
        next: around(() => iterator.next()),
        return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}
