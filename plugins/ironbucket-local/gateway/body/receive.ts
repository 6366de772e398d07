import type { IncomingMessage } from 'node:http';
import { release } from '../../release.ts';

/** Bytes that wait for their reader before the client has to wait as well: as much as is written at once. */
const HELD = 262_144;
const OVER: IteratorResult<Buffer> = { done: true, value: undefined };

/**
 * The body of a request as it comes; can be iterated once. Node's own iterator takes 0.04 ms more, a quarter of all that
 * HTTP costs for a small body. A reader that stops leaves the connection as it is, so that a refusal can be answered.
 * A piece belongs to the reader until it asks for the next one.
 *
 * @param begin when it is iterated
 * @throws Error when the client goes away before the end
 */
export function receive(request: IncomingMessage, begin: () => void): AsyncIterable<Buffer> {
  return {
    [Symbol.asyncIterator]: () => {
      begin();
      return read(request);
    },
  };
}

function read(request: IncomingMessage): AsyncIterator<Buffer> {
  const held: Buffer[] = [];
  let bytes = 0;
  let end: 'whole' | Error | undefined = endOf(request);
  let lent: Buffer | undefined;
  let wake = (): void => undefined;

  const onData = (piece: Buffer): void => {
    held.push(piece);
    bytes += piece.length;
    if (bytes >= HELD) request.pause();
    wake();
  };
  const finish = (how: 'whole' | Error): void => {
    end ??= how;
    wake();
  };
  if (end === undefined) {
    request.on('data', onData);
    request.once('end', () => finish('whole'));
    request.once('error', finish);
    request.once('close', () => {
      if (end === undefined) finish(cutShort());
    });
  }

  return {
    next: async () => {
      if (lent !== undefined) release(lent);
      lent = undefined;
      for (;;) {
        const value = held.shift();
        if (value !== undefined) {
          lent = value;
          bytes -= value.length;
          if (bytes < HELD && request.isPaused()) request.resume();
          return { done: false, value };
        }
        if (end === 'whole') return OVER;
        if (end !== undefined) throw end;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    return: async () => {
      request.off('data', onData);
      request.pause();
      return OVER;
    },
  };
}

/** Of a request whose events are over already. */
function endOf({ readableEnded, destroyed, errored }: IncomingMessage): 'whole' | Error | undefined {
  if (readableEnded) return 'whole';
  return destroyed ? (errored ?? cutShort()) : undefined;
}

function cutShort(): Error {
  return new Error('the connection ended before the body did');
}
