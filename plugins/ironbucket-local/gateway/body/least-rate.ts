import type { Clock } from '../../../../src/lib/clock.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { askedBy } from './asked-by.ts';

/** How long a client may be waited for in all before its rate is looked at. */
const GRACE_MS = 60_000;
/** Modems were faster. */
const LEAST_BYTES_PER_SECOND = 1024;

/**
 * The same pieces. A client that sends a few bytes now and then is not silent, and would hold its connection and the room
 * of its object for as long as it likes. Only the waiting for the client counts, not what is done with the pieces.
 *
 * @throws S3Error `RequestTimeout`
 */
export function atLeastRate(clock: Pick<Clock, 'monotonicMs'>, pieces: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  return askedBy(pieces, (next) => {
    let waitedMs = 0;
    let bytes = 0;
    return async () => {
      const sinceMs = clock.monotonicMs();
      const piece = await next();
      if (piece.done === true) return piece;
      waitedMs += clock.monotonicMs() - sinceMs;
      bytes += piece.value.length;
      if (waitedMs > GRACE_MS && bytes * 1000 < waitedMs * LEAST_BYTES_PER_SECOND) throw new S3Error('RequestTimeout');
      return piece;
    };
  });
}
