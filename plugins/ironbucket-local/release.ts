/** Node has it from version 21 on. */
interface Movable extends ArrayBuffer {
  transfer(bytes?: number): ArrayBuffer;
}

/** Below, the collector is as good. */
const LARGE = 16_384;

/** What is moved to a port without another end is gone. */
const NOWHERE = new MessageChannel().port1;
NOWHERE.close();

/**
 * Gives the memory of a piece back that is not needed any more: it is empty afterwards. For the collector a large piece is
 * as small as the object that stands for it: it would let a lot of them lie around, and then look through everything to
 * find them.
 */
export function release(piece: Buffer): void {
  if (piece.length < LARGE || !isWhole(piece)) return;
  const { buffer } = piece;
  if (isMovable(buffer)) buffer.transfer(0);
  else NOWHERE.postMessage(undefined, [buffer]);
}

/** The bytes of a piece in memory of their own, which is that of the piece where it can be: then it is empty afterwards. */
export function takeOver(piece: Uint8Array): ArrayBuffer {
  if (!isWhole(piece)) return new Uint8Array(piece).buffer;
  const { buffer } = piece;
  return isMovable(buffer) ? buffer.transfer() : structuredClone(buffer, { transfer: [buffer] });
}

function isMovable(buffer: ArrayBuffer): buffer is Movable {
  return 'transfer' in buffer;
}

/** Small ones share their memory with others. */
function isWhole(piece: Uint8Array): piece is Uint8Array<ArrayBuffer> {
  return piece.buffer instanceof ArrayBuffer && piece.length === piece.buffer.byteLength;
}
