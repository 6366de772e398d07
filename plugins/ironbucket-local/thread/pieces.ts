import type { PieceMessage } from './messages.ts';
import { fromPortable, toPortable } from './peer.ts';

/** Of each body that is on its way, in bytes: memory that both threads see, used again and again. */
const RING = 512 * 1024;
/** So much is worth a message while the other thread is busy with what was sent before. */
const PORTION = RING / 4;

/** Sends a body to another thread, as fast as that one uses it. */
export interface Sender {
  /** @param length of all pieces, in bytes, when it is known */
  send(pieces: AsyncIterable<Uint8Array>, length: number | undefined): Promise<void>;
  /** The other thread used so many bytes. */
  taken(bytes: number): void;
  /** Nothing more is wanted. */
  stop(): void;
}

export function createSender(post: (message: PieceMessage) => void): Sender {
  let ring = new Uint8Array(new SharedArrayBuffer(0));
  /** Where the next byte goes. */
  let end = 0;
  /** Bytes in front of `end` that were not sent yet. */
  let unsent = 0;
  /** Bytes that were sent, and not used yet. */
  let ahead = 0;
  let stopped = false;
  let wake = (): void => undefined;

  function flush(): void {
    if (unsent === 0 || stopped) return;
    post({ kind: 'piece', ring: ring.buffer, at: end - unsent, length: unsent });
    ahead += unsent;
    unsent = 0;
    if (end === ring.length) end = 0;
  }

  async function put(piece: Uint8Array): Promise<void> {
    let rest = piece;
    while (rest.length > 0 && !stopped) {
      const room = Math.min(rest.length, ring.length - ahead - unsent, ring.length - end);
      if (room > 0) {
        ring.set(rest.subarray(0, room), end);
        rest = rest.subarray(room);
        end += room;
        unsent += room;
        if (ahead === 0 || unsent >= PORTION || end === ring.length) flush();
      } else {
        flush();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }

  return {
    send: async (pieces, length = RING) => {
      ring = new Uint8Array(new SharedArrayBuffer(Math.max(1, Math.min(RING, length))));
      try {
        for await (const piece of pieces) {
          await put(piece);
          if (stopped) return;
        }
        flush();
        post({ kind: 'end' });
      } catch (error) {
        if (!stopped) post({ kind: 'broken', error: toPortable(error) });
      }
    },
    taken: (bytes) => {
      ahead -= bytes;
      if (ahead === 0) flush();
      wake();
    },
    stop: () => {
      stopped = true;
      wake();
    },
  };
}

/** A body that comes from another thread. */
export interface Receiver {
  /** Can be read once; each piece belongs to the reader until it asks for the next one. */
  readonly pieces: AsyncIterable<Buffer>;
  take(message: PieceMessage): void;
  /** The other thread is gone. */
  fail(error: Error): void;
}

/** @param begin when the first piece is asked for. @param taken so many bytes were used */
export function createReceiver(begin: () => void, taken: (bytes: number) => void): Receiver {
  const held: Buffer[] = [];
  let ended: 'no' | 'whole' | Error = 'no';
  let wake = (): void => undefined;

  async function* read(): AsyncGenerator<Buffer> {
    let used = 0;
    begin();
    for (;;) {
      const piece = held.shift();
      if (piece !== undefined) {
        yield piece;
        used += piece.length;
        // The sender may wait for it.
        if (used < PORTION && held.length > 0) continue;
        taken(used);
        used = 0;
      } else if (ended === 'whole') return;
      else if (ended !== 'no') throw ended;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }

  const end = (how: 'whole' | Error): void => {
    if (ended === 'no') ended = how;
    wake();
  };
  return {
    pieces: read(),
    take: (message) => {
      if (message.kind === 'piece') {
        held.push(Buffer.from(message.ring, message.at, message.length));
        wake();
      } else end(message.kind === 'end' ? 'whole' : fromPortable(message.error));
    },
    fail: end,
  };
}
