import type { Log } from '../../../src/lib/log.ts';
import { readHead } from '../../../src/s3/request-head.ts';
import { isStream, type Reply, type Stream } from '../gateway/call.ts';
import type { Perform } from '../gateway/perform.ts';
import type { MessageEnd, ReplyMessage, RequestMessage } from './messages.ts';
import { createReceiver, createSender, type Receiver, type Sender } from './pieces.ts';

interface Running {
  readonly body: Receiver;
  readonly answer: Sender;
  readonly gone: AbortController;
  /** The answer, while its body is not wanted yet. */
  begin?: (() => void) | undefined;
  wasRead?: (() => void) | undefined;
}

export interface Serving {
  readonly perform: Perform;
  /** Memory in which the other thread sees a bucket. */
  readonly share: (bucket: string) => Promise<SharedArrayBuffer>;
  readonly log: Log;
}

/** Performs the requests that `askStorage` sends from the other end. */
export function serveRequests(port: MessageEnd, { perform, share, log }: Serving): void {
  const running = new Map<number, Running>();

  async function run(id: number, message: RequestMessage): Promise<void> {
    const { incoming, requestId, bucket, key, principal, payload, form, shares, whole } = message;
    const body = createReceiver(
      () => port.postMessage({ id, kind: 'begin' }),
      (bytes) => port.postMessage({ id, kind: 'taken', bytes }),
    );
    const answer = createSender((piece, memory) => port.postMessage({ id, ...piece }, memory));
    const gone = new AbortController();
    const request: Running = { body, answer, gone };
    running.set(id, request);
    const about = { head: readHead(incoming), incoming, requestId, bucket, key, principal, payload, form };
    try {
      const reply = await perform({
        ...about,
        body: whole === undefined ? body.pieces : only(whole),
        signal: gone.signal,
      });
      const shared = shares && reply.status < 400 ? await share(bucket).catch(() => undefined) : undefined;
      const { said, memory } = messageOf(reply);
      port.postMessage({ id, ...said, shared }, memory);
      if (isStream(reply.body)) await stream(reply.body, request);
    } catch (err) {
      log.warn({ err, request: requestId }, 'an S3 answer broke off');
    } finally {
      running.delete(id);
    }
  }

  port.onMessage(({ id, ...message }) => {
    if (message.kind === 'request') return void run(id, message);
    const request = running.get(id);
    if (request === undefined) return;
    if (message.kind === 'piece' || message.kind === 'end' || message.kind === 'broken') request.body.take(message);
    else if (message.kind === 'begin') request.begin?.();
    else if (message.kind === 'taken') request.answer.taken(message.bytes);
    else if (message.kind === 'read') request.wasRead?.();
    else if (message.kind === 'cancel') cancel(request);
  });
  // With the thread at the other end, every client is gone.
  port.onClose(() => running.forEach(cancel));
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

/** Sends it when it is asked for; whoever reads it from its file says when that is over. */
async function stream({ chunks, wasRead, close }: Stream, request: Running): Promise<void> {
  const { answer, gone } = request;
  try {
    request.wasRead = wasRead;
    const isWanted = await new Promise<boolean>((resolve) => {
      request.begin = () => resolve(true);
      if (gone.signal.aborted) resolve(false);
      else gone.signal.addEventListener('abort', () => resolve(false), { once: true });
    });
    // It is lent: its memory is used again.
    if (isWanted) await answer.send(chunks, false);
  } finally {
    await close();
  }
}

function messageOf({ status, headers, body }: Reply): {
  readonly said: Omit<ReplyMessage, 'shared'>;
  readonly memory: readonly ArrayBuffer[];
} {
  const said = { kind: 'reply', status, headers, body: undefined, stream: undefined } as const;
  if (isStream(body)) return { said: { ...said, stream: { length: body.length, file: body.file } }, memory: [] };
  if (body === undefined || typeof body === 'string') return { said: { ...said, body }, memory: [] };
  const bytes = new Uint8Array(body);
  return { said: { ...said, body: bytes }, memory: [bytes.buffer] };
}
