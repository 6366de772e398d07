import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { WebSocket } from 'ws';
import type { PendingFaults } from './faults.ts';
import type { Wire } from './session.ts';

/** The server's end of a WebSocket, with what can go wrong on it. */
export interface FaultyWire extends Wire {
  /** TCP reset: the client sees 1006. */
  reset(): void;
  /** From now on nothing passes between the sides, and neither closes. */
  silence(): void;
}

export interface WireDeps {
  readonly ws: WebSocket;
  readonly socket: Socket;
  readonly faults: PendingFaults;
  /** Calls `fire` once, after the time a frame waits for one to share a message with. */
  readonly soon: (fire: () => void) => void;
}

const PIECES = 3;

export function createWire({ ws, socket, faults, soon }: WireDeps): FaultyWire {
  let silent = false;
  let held: Buffer[] = [];

  const write = (bytes: Buffer): void => {
    if (!silent && ws.readyState === ws.OPEN) ws.send(bytes, { binary: false });
  };

  const flush = (): void => {
    if (held.length === 0) return;
    const bytes = Buffer.concat(held);
    held = [];
    write(bytes);
  };

  return {
    send: (bytes) => {
      const fault = faults.take('split', 'coalesce')?.kind;
      if (fault === 'coalesce') {
        held.push(bytes);
        return soon(flush);
      }
      if (fault === 'split') {
        flush();
        return pieces(bytes).forEach(write);
      }
      if (held.length === 0) return write(bytes);
      held.push(bytes);
      flush();
    },
    close: (code, reason) => {
      flush();
      if (!silent) ws.close(code, reason);
    },
    received: () => socket.bytesRead,
    reset: () => {
      if (socket instanceof TLSSocket) ws.terminate();
      else socket.resetAndDestroy();
    },
    silence: () => {
      silent = true;
      ws.pause();
    },
  };
}

/** Cut where a character begins, for each piece is a text message. */
function pieces(bytes: Buffer): readonly Buffer[] {
  const cuts = [0];
  for (let piece = 1; piece < PIECES; piece++) {
    let cut = Math.floor((bytes.length * piece) / PIECES);
    while ((Number(bytes[cut]) & 0xc0) === 0x80) cut++;
    cuts.push(cut);
  }
  return cuts.map((cut, i) => bytes.subarray(cut, cuts[i + 1])).filter((piece) => piece.length > 0);
}
