import { untilBroken } from '../gateway/body/open-body.ts';
import type { Reply } from '../gateway/call.ts';
import type { Allowed, Perform } from '../gateway/perform.ts';
import type { MessageEnd, ReplyMessage } from './messages.ts';
import { createReceiver, createSender, type Receiver, type Sender } from './pieces.ts';

/** A request that the other thread performs. */
interface Asked {
  /** Starts to send the body. */
  begin(): void;
  readonly sent: Sender;
  readonly answer: Receiver;
  resolve(reply: ReplyMessage): void;
  reject(error: Error): void;
}

/** Has requests performed by the thread at the other end, which `serveRequests` serves there. */
export function askStorage(port: MessageEnd): Perform {
  const asked = new Map<number, Asked>();
  let next = 0;
  let gone: Error | undefined;

  port.on('message', ({ id, ...message }) => {
    const request = asked.get(id);
    if (request === undefined) return;
    if (message.kind === 'begin') request.begin();
    else if (message.kind === 'taken') request.sent.taken(message.bytes);
    else if (message.kind === 'reply') {
      // What it did not read of the body it does not need.
      request.sent.stop();
      if (message.stream === undefined) asked.delete(id);
      request.resolve(message);
    } else if (message.kind === 'piece' || message.kind === 'end' || message.kind === 'broken') {
      if (message.kind !== 'piece') asked.delete(id);
      request.answer.take(message);
    }
  });
  port.on('close', () => {
    gone = new Error('the thread that stores is gone');
    for (const { sent, answer, reject } of asked.values()) {
      sent.stop();
      answer.fail(gone);
      reject(gone);
    }
    asked.clear();
  });

  return async (allowed) => {
    const { incoming, requestId, bucket, key, principal, payload, form, signal } = allowed;
    const whole = isSmall(allowed) ? await readWhole(allowed.body) : undefined;
    if (gone !== undefined) throw gone;
    const id = next++;
    const sent = createSender((message) => port.postMessage({ id, ...message }));
    const taken = (bytes: number): void => port.postMessage({ id, kind: 'taken', bytes });
    const answer = createReceiver(() => undefined, taken);
    const cancel = (): void => {
      sent.stop();
      if (asked.has(id)) port.postMessage({ id, kind: 'cancel' });
    };
    const { method, url, rawHeaders } = incoming;
    const told = { incoming: { method, url, rawHeaders }, requestId, bucket, key, principal, payload, form, whole };
    const reply = await new Promise<ReplyMessage>((resolve, reject) => {
      asked.set(id, { begin: () => void sent.send(allowed.body, lengthOf(allowed)), sent, answer, resolve, reject });
      port.postMessage({ id, kind: 'request', ...told }, whole && [whole.buffer]);
      if (signal.aborted) cancel();
      else signal.addEventListener('abort', cancel, { once: true });
    });
    return replyOf(reply, answer, async () => {
      cancel();
      asked.delete(id);
    });
  };
}

function replyOf(
  { status, headers = {}, body, stream }: ReplyMessage,
  answer: Receiver,
  close: () => Promise<void>,
): Reply {
  if (stream !== undefined) return { status, headers, body: { length: stream.length, chunks: answer.pieces, close } };
  if (body === undefined) return { status, headers };
  return { status, headers, body: typeof body === 'string' ? body : Buffer.from(body.buffer) };
}

/** Up to here a body goes with its request, and another thread need not ask for it. */
const SMALL = 65_536;

/** One whose sender does not wait for it to be asked for. */
function isSmall(allowed: Allowed): boolean {
  const length = lengthOf(allowed);
  return length !== undefined && length <= SMALL && !allowed.head.headers.has('expect');
}

/** Of the body as it comes, in bytes; of a file in a form it is not known. */
function lengthOf({ head: { headers }, form }: Allowed): number | undefined {
  const [length] = headers.get('content-length') ?? [];
  return form === undefined && length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

/** In memory of its own, which goes to the other thread. @throws S3Error `IncompleteBody` when the client breaks it off */
async function readWhole(body: AsyncIterable<Buffer>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Buffer[] = [];
  for await (const piece of untilBroken(body)) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}
