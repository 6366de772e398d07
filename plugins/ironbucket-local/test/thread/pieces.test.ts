import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PieceMessage } from '../../thread/messages.ts';
import { createReceiver, createSender, type Receiver, type Sender } from '../../thread/pieces.ts';

interface Pair {
  readonly sender: Sender;
  readonly receiver: Receiver;
  /** Bytes that were sent and not said to be used, at most. */
  readonly most: () => number;
  close(): void;
}

/** Both ends of a body, with a real channel between them. */
function connectPair(): Pair {
  const { port1, port2 } = new MessageChannel();
  let ahead = 0;
  let most = 0;
  const sender = createSender((message, memory) => {
    if (message.kind === 'piece') ahead += message.memory.byteLength;
    most = Math.max(most, ahead);
    port1.postMessage(message, memory);
  });
  port1.on('message', (bytes: number) => {
    ahead -= bytes;
    sender.taken(bytes);
  });
  const receiver = createReceiver(
    () => undefined,
    (bytes) => port2.postMessage(bytes),
  );
  port2.on('message', (message: PieceMessage) => receiver.take(message));
  return { sender, receiver, most: () => most, close: () => port1.close() };
}

async function* each(pieces: readonly Buffer[], given: boolean): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    if (given) {
      yield Buffer.from(new Uint8Array(piece).buffer);
      continue;
    }
    // As from a file, whose memory is used again.
    const lent = Buffer.from(new Uint8Array(piece).buffer);
    yield lent;
    lent.fill(0);
  }
}

function pattern(sizes: readonly number[]): readonly Buffer[] {
  let next = 0;
  return sizes.map((size) => Buffer.from(Array.from({ length: size }, () => next++ % 251)));
}

describe('a body that goes to another thread', () => {
  it('arrives as it was, in bounded memory, whatever the size of its pieces', async () => {
    const sizes = fc.array(fc.oneof(fc.nat(10), fc.nat(70_000), fc.nat(600_000)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), async (lengths, given) => {
        const pair = connectPair();
        const pieces = pattern(lengths);
        const whole = Buffer.concat(pieces);
        void pair.sender.send(each(pieces, given), given);
        const got: Buffer[] = [];
        for await (const piece of pair.receiver.pieces) got.push(Buffer.from(piece));
        pair.close();
        expect(Buffer.concat(got).equals(whole)).toBe(true);
        // And the piece that it was not yet waiting with.
        const largest = given ? Math.max(0, ...lengths) : 128 * 1024;
        expect(pair.most()).toBeLessThan(512 * 1024 + largest + 1);
      }),
      { numRuns: 60 },
    );
  });

  it('waits for a reader that is slow', async () => {
    const { sender, receiver, close } = connectPair();
    let asked = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        asked++;
        yield Buffer.alloc(65_536);
      }
    }
    void sender.send(endless(), true);
    const pieces = receiver.pieces[Symbol.asyncIterator]();
    await pieces.next();
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBeLessThanOrEqual(9);
    sender.stop();
    close();
  });

  it('says why it broke off', async () => {
    const { sender, receiver, close } = connectPair();
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('a');
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    }
    void sender.send(broken(), true);
    const read = async (): Promise<void> => {
      for await (const piece of receiver.pieces) expect(piece.toString()).toBe('a');
    };
    await expect(read()).rejects.toMatchObject({ message: 'reset', code: 'ECONNRESET' });
    close();
  });

  it('ends for its reader when the other thread is gone', async () => {
    const { receiver, close } = connectPair();
    const read = receiver.pieces[Symbol.asyncIterator]().next();
    receiver.fail(new Error('gone'));
    await expect(read).rejects.toThrow('gone');
    close();
  });
});
