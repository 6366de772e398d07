/** Node has it from version 21 on. */
interface Movable {
  readonly byteLength: number;
  transfer?: (bytes?: number) => ArrayBuffer;
}

/** Below, the collector is as good. */
const LARGE = 16_384;

/**
 * Gives the memory of a piece back that is not needed any more. For the collector a large piece is as small as the object
 * that stands for it: it would let a lot of them lie around, and then look through everything to find them.
 */
export function release(piece: Buffer): void {
  if (piece.length >= LARGE && isWhole(piece)) movable(piece).transfer?.(0);
}

/** The bytes of a piece in memory of their own, which is that of the piece where it can be: then it is empty afterwards. */
export function takeOver(piece: Uint8Array): ArrayBuffer {
  if (!isWhole(piece)) return new Uint8Array(piece).buffer;
  return movable(piece).transfer?.() ?? piece.buffer;
}

function movable({ buffer }: Uint8Array<ArrayBuffer>): Movable {
  return buffer;
}

/** Small ones share their memory with others. */
function isWhole(piece: Uint8Array): piece is Uint8Array<ArrayBuffer> {
  return piece.buffer instanceof ArrayBuffer && piece.length === piece.buffer.byteLength;
}
