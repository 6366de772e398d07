import type { Log } from '../../../src/lib/log.ts';
import { readHead } from '../../../src/s3/request-head.ts';
import { isStream, type Reply, type Stream } from '../gateway/call.ts';
import type { Perform } from '../gateway/perform.ts';
import type { Message, MessageEnd, ReplyMessage, RequestMessage } from './messages.ts';
import { createReceiver, createSender, type Receiver, type Sender } from './pieces.ts';

interface Running {
  readonly body: Receiver;
  readonly answer: Sender;
  readonly gone: AbortController;
}

/** Performs the requests that `askStorage` sends from the other end. */
export function serveRequests(port: MessageEnd, perform: Perform, log: Log): void {
  const running = new Map<number, Running>();

  async function run(id: number, message: RequestMessage): Promise<void> {
    const { incoming, requestId, bucket, key, principal, payload, form, whole } = message;
    const body = createReceiver(
      () => port.postMessage({ id, kind: 'begin' }),
      (bytes) => port.postMessage({ id, kind: 'taken', bytes }),
    );
    const answer = createSender((piece) => port.postMessage({ id, ...piece }));
    const gone = new AbortController();
    running.set(id, { body, answer, gone });
    const about = { head: readHead(incoming), incoming, requestId, bucket, key, principal, payload, form };
    try {
      const reply = await perform({
        ...about,
        body: whole === undefined ? kept(body.pieces) : only(whole),
        signal: gone.signal,
      });
      const { said, transfer } = messageOf(reply);
      port.postMessage({ id, ...said }, transfer);
      if (isStream(reply.body)) await stream(reply.body, answer);
    } catch (err) {
      log.warn({ err, request: requestId }, 'an S3 answer broke off');
    } finally {
      running.delete(id);
    }
  }

  port.on('message', ({ id, ...message }: Message) => {
    if (message.kind === 'request') return void run(id, message);
    const request = running.get(id);
    if (request === undefined) return;
    if (message.kind === 'piece' || message.kind === 'end' || message.kind === 'broken') request.body.take(message);
    else if (message.kind === 'taken') request.answer.taken(message.bytes);
    else if (message.kind === 'cancel') cancel(request);
  });
  // With the thread at the other end, every client is gone.
  port.on('close', () => running.forEach(cancel));
}

function cancel({ body, answer, gone }: Running): void {
  const reason = new Error('the client is gone');
  gone.abort(reason);
  body.fail(reason);
  answer.stop();
}

async function* only(whole: Uint8Array): AsyncGenerator<Buffer> {
  if (whole.length > 0) yield Buffer.from(whole.buffer);
}

/** Pieces that belong to the reader: what it writes, it collects first. */
async function* kept(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

async function stream({ length, chunks, close }: Stream, answer: Sender): Promise<void> {
  try {
    await answer.send(chunks, length);
  } finally {
    await close();
  }
}

function messageOf({ status, headers, body }: Reply): {
  readonly said: ReplyMessage;
  readonly transfer: readonly ArrayBuffer[];
} {
  const said = { kind: 'reply', status, headers, body: undefined, stream: undefined } as const;
  if (isStream(body)) return { said: { ...said, stream: { length: body.length } }, transfer: [] };
  if (body === undefined || typeof body === 'string') return { said: { ...said, body }, transfer: [] };
  const bytes = new Uint8Array(body);
  return { said: { ...said, body: bytes }, transfer: [bytes.buffer] };
}
