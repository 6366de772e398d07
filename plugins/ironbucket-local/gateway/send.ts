import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../src/lib/clock.ts';
import { isStream, type Reply, type Stream } from './call.ts';
import type { Exchange } from './handle.ts';

/** Sends the answer as fast as the client takes it, and no faster. */
export async function send(clock: Clock, exchange: Exchange, reply: Reply, last: boolean): Promise<void> {
  const { request, response, requestId, signal } = exchange;
  const { status, body } = reply;
  const unread = isUnread(request);
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const length = bytes?.length;
  const headers: Record<string, string | number> = {
    server: SERVER,
    date: clock.now().toUTCString(),
    'x-amz-request-id': requestId,
  };
  if (typeof body === 'string') headers['content-type'] = 'application/xml';
  if (length !== undefined) headers['content-length'] = length;
  // An answer that has no body by its nature has no length either.
  else if (body === undefined && status !== 204 && status !== 304) headers['content-length'] = 0;
  Object.assign(headers, reply.headers);
  if (unread || last) headers['connection'] = 'close';
  response.writeHead(status, headers);
  // As bytes: Node sends headers in the encoding of the text that follows them.
  const whole = bytes instanceof Uint8Array && request.method !== 'HEAD' ? bytes : undefined;
  if (bytes !== undefined && !(bytes instanceof Uint8Array)) await stream(bytes, exchange);
  else if (!unread) {
    endWith(response, whole);
    return;
  } else if (whole !== undefined) response.write(whole);
  else response.flushHeaders();
  if (unread && !signal.aborted) await discardBody(clock, request, response);
  response.end();
}

/** For a client that is gone: what the answer holds open is closed. */
export async function drop(response: ServerResponse, { body }: Reply): Promise<void> {
  response.destroy();
  if (isStream(body)) await body.close();
}

/** Up to here another copy takes less than a second piece for the system. */
const SMALL = 16_384;

/** Bytes as characters of one byte, which Node puts into one piece with the head. */
function endWith(response: ServerResponse, body: Uint8Array | undefined): void {
  if (body === undefined || body.length > SMALL) response.end(body);
  else response.end(Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1'), 'latin1');
}

export const SERVER = 'waldur-storage-agent';

async function stream(body: Stream, { response, signal }: Exchange): Promise<void> {
  let sent = 0;
  try {
    for await (const chunk of body.chunks) {
      if (signal.aborted || response.destroyed) break;
      sent += chunk.length;
      await written(response, chunk);
    }
    // A length that was promised and not kept would make the next answer part of this one.
    if (body.length !== undefined && sent !== body.length) response.destroy();
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    await body.close();
  }
}

/** Resolves when the chunk has left this process, or never will. */
function written(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('close', done);
      resolve();
    };
    response.on('close', done);
    response.write(chunk, done);
  });
}

/** Of a request that was refused before its body was read. */
function isUnread(request: IncomingMessage): boolean {
  return !request.complete && !request.readableEnded;
}

const LINGER_MS = 5000;
const LINGER_BYTES = 64 * 1024 * 1024;

/**
 * Reads on for a while, because a connection that is closed while the client still sends is reset, and the client then
 * never sees why. Whoever waits for `100 Continue` sends nothing.
 */
async function discardBody(clock: Clock, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.headers.expect !== undefined && request.readableFlowing === null && request.readableLength === 0) return;
  // Whoever was reading it holds up what comes.
  request.removeAllListeners('data');
  await new Promise<void>((resolve) => {
    let left = LINGER_BYTES;
    const cancel = clock.after(LINGER_MS, resolve);
    const finish = (): void => {
      cancel();
      resolve();
    };
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) finish();
    });
    request.once('end', finish);
    request.once('close', finish);
    request.once('error', finish);
    response.once('close', finish);
    request.resume();
  });
  request.pause();
}
