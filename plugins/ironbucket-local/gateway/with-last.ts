/** The same pieces, and `last` is called with the end of them and not after it: whoever has that may ask what was counted. */
export async function* withLast<T extends Uint8Array>(
  pieces: AsyncIterable<T>,
  length: number,
  last: () => void,
): AsyncGenerator<T> {
  let left = length;
  for await (const piece of pieces) {
    left -= piece.length;
    if (left === 0) last();
    yield piece;
  }
}
