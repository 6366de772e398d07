import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../lib/clock.ts';
import type { Page } from './reply.ts';

/** A reader who takes nothing for so long has gone, or will not miss it. */
const STALLED_MS = 30_000;

/** Writes a reply; resolves when it is written, or when its reader has gone. */
export async function send(
  { status, headers, cookies, body }: Page,
  request: IncomingMessage,
  response: ServerResponse,
  clock: Clock,
): Promise<void> {
  if (cookies !== undefined && cookies.length > 0) response.setHeader('set-cookie', cookies);
  const isWhole = typeof body === 'string' || body instanceof Uint8Array;
  response.writeHead(status, isWhole ? { ...headers, 'content-length': Buffer.byteLength(body) } : headers);
  if (isWhole) response.end(request.method === 'HEAD' ? undefined : body);
  else if (request.method === 'HEAD') await abandon(body, response);
  else await stream(body, response, clock);
}

async function abandon(body: AsyncIterable<string>, response: ServerResponse): Promise<void> {
  response.end();
  await body[Symbol.asyncIterator]().return?.();
}

/** Never more than one piece waits here: what comes faster than it is read waits where it comes from. */
async function stream(body: AsyncIterable<string>, response: ServerResponse, clock: Clock): Promise<void> {
  const pieces = body[Symbol.asyncIterator]();
  const onClose = (): void => void pieces.return?.();
  response.once('close', onClose);
  response.flushHeaders();
  for (;;) {
    const piece = await pieces.next();
    if (piece.done === true || response.destroyed) break;
    if (!response.write(piece.value)) await drained(response, clock);
  }
  response.off('close', onClose);
  response.end();
}

async function drained(response: ServerResponse, clock: Clock): Promise<void> {
  const cancel = clock.after(STALLED_MS, () => response.destroy());
  const settled = new AbortController();
  const { signal } = settled;
  // Whichever comes second is not waited for.
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]).catch(() => undefined);
  settled.abort();
  cancel();
}
