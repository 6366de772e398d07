import { release, takeOver } from '../release.ts';
import type { PieceMessage } from './messages.ts';
import { fromPortable, toPortable } from './peer.ts';

/** So many bytes of each body are on their way before its sender waits. */
const ENOUGH = 512 * 1024;
/** What was used is told in portions, and what is lent is copied in them. */
const PORTION = ENOUGH / 4;

/** Sends a body to another thread, as fast as that one uses it. */
export interface Sender {
  /** @param given whether the memory of a piece may go with it; otherwise it is copied */
  send(pieces: AsyncIterable<Uint8Array>, given: boolean): Promise<void>;
  /** The other thread used so many bytes. */
  taken(bytes: number): void;
  /** Nothing more is wanted. */
  stop(): void;
}

export function createSender(post: (message: PieceMessage, memory?: readonly ArrayBuffer[]) => void): Sender {
  /** Bytes that were sent, and not used yet. */
  let ahead = 0;
  let stopped = false;
  let wake = (): void => undefined;

  async function put(memory: ArrayBuffer): Promise<void> {
    while (ahead >= ENOUGH && !stopped) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (stopped) return;
    ahead += memory.byteLength;
    post({ kind: 'piece', memory }, [memory]);
  }

  return {
    send: async (pieces, given) => {
      try {
        for await (const piece of pieces) {
          if (given) await put(takeOver(piece));
          else for (let at = 0; at < piece.length; at += PORTION) await put(copyOf(piece.subarray(at, at + PORTION)));
          if (stopped) return;
        }
        post({ kind: 'end' });
      } catch (error) {
        if (!stopped) post({ kind: 'broken', error: toPortable(error) });
      }
    },
    taken: (bytes) => {
      ahead -= bytes;
      wake();
    },
    stop: () => {
      stopped = true;
      wake();
    },
  };
}

function copyOf(piece: Uint8Array): ArrayBuffer {
  return new Uint8Array(piece).buffer;
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
        used += piece.length;
        yield piece;
        release(piece);
        if (used < PORTION) continue;
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
        held.push(Buffer.from(message.memory));
        wake();
      } else end(message.kind === 'end' ? 'whole' : fromPortable(message.error));
    },
    fail: end,
  };
}
