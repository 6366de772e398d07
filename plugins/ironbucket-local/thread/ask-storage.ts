import { untilBroken } from '../gateway/body/open-body.ts';
import type { Reply, Stream } from '../gateway/call.ts';
import type { Allowed, Perform } from '../gateway/perform.ts';
import { withLast } from '../gateway/with-last.ts';
import type { Files } from '../objects/files.ts';
import { openFile, readRange } from '../objects/read.ts';
import type { Control, MessageEnd, ReplyMessage } from './messages.ts';
import { createReceiver, createSender, type Receiver, type Sender } from './pieces.ts';
import type { Views } from './views.ts';

/** A request that the other thread performs. */
interface Asked {
  /** Starts to send the body. */
  begin(): void;
  readonly sent: Sender;
  readonly answer: Receiver;
  resolve(reply: ReplyMessage): void;
  reject(error: Error): void;
}

export interface Asking {
  /** With which this thread reads what is long. */
  readonly files: Files;
  readonly views: Views;
}

/** Has requests performed by the thread at the other end, which `serveRequests` serves there. */
export function askStorage(port: MessageEnd, { files, views }: Asking): Perform {
  const asked = new Map<number, Asked>();
  let next = 0;
  let gone: Error | undefined;

  port.onMessage(({ id, ...message }) => {
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
  port.onClose(() => {
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
    const length = lengthOf(allowed);
    const whole = isSmall(length, allowed) ? await readWhole(allowed.body, length) : undefined;
    if (gone !== undefined) throw gone;
    const id = next++;
    const post = (control: Control): void => port.postMessage({ id, ...control });
    const sent = createSender((piece, memory) => port.postMessage({ id, ...piece }, memory));
    const answer = createReceiver(
      () => post({ kind: 'begin' }),
      (bytes) => post({ kind: 'taken', bytes }),
    );
    const cancel = (): void => {
      sent.stop();
      if (asked.has(id)) post({ kind: 'cancel' });
    };
    const { method, url, rawHeaders } = incoming;
    const shares = views.wants(allowed);
    const about = { requestId, bucket, key, principal, payload, form, shares, whole };
    const told = { incoming: { method, url, rawHeaders }, ...about };
    // The file in a form is cut out of what comes.
    const begin = (): void => void sent.send(allowed.body, form === undefined);
    const reply = await new Promise<ReplyMessage>((resolve, reject) => {
      asked.set(id, { begin, sent, answer, resolve, reject });
      port.postMessage({ id, kind: 'request', ...told }, whole && [whole.buffer]);
      if (signal.aborted) cancel();
      else signal.addEventListener('abort', cancel, { once: true });
    });
    if (reply.shared !== undefined) views.add(bucket, reply.shared);
    const { status, headers = {}, body, stream } = reply;
    if (stream === undefined) return { status, headers, body: ofBytes(body) };
    const close = async (): Promise<void> => {
      cancel();
      asked.delete(id);
    };
    const here = await readHere(files, stream, () => post({ kind: 'read' }), close);
    return { status, headers, body: here ?? { length: stream.length, chunks: answer.pieces, close } };
  };
}

function ofBytes(body: ReplyMessage['body']): Reply['body'] {
  return typeof body === 'object' ? Buffer.from(body.buffer) : body;
}

/** The other thread has the file open; undefined when this one has to have it sent from there. */
async function readHere(
  files: Files,
  { length, file: portion }: Pick<Stream, 'length' | 'file'>,
  wasRead: () => void,
  close: () => Promise<void>,
): Promise<Stream | undefined> {
  if (portion === undefined) return undefined;
  const { start, end } = portion;
  const file = await openFile(files, portion).catch(() => undefined);
  if (file === undefined) return undefined;
  const closeBoth = async (): Promise<void> => {
    await file.close();
    await close();
  };
  return { length, chunks: withLast(readRange(file, start, end), end - start, wasRead), close: closeBoth };
}

/** Up to here a body goes with its request, and another thread need not ask for it. */
const SMALL = 65_536;

/** One whose sender does not wait for it to be asked for. */
function isSmall(length: number | undefined, { head }: Allowed): length is number {
  return length !== undefined && length <= SMALL && !head.headers.has('expect');
}

/** Of the body as it comes, in bytes; of a file in a form it is not known. */
function lengthOf({ head: { headers }, form }: Allowed): number | undefined {
  const [length] = headers.get('content-length') ?? [];
  return form === undefined && length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

/** In memory of its own, which goes to the other thread. @throws S3Error `IncompleteBody` when the client breaks it off */
async function readWhole(body: AsyncIterable<Buffer>, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(length);
  let end = 0;
  for await (const piece of untilBroken(body)) {
    whole.set(piece, end);
    end += piece.length;
  }
  return whole;
}
