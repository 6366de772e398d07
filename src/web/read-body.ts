import type { IncomingMessage } from 'node:http';
import type { Json } from '../lib/json.ts';

/** The JSON of a request, or the status it is refused with. */
export type Body =
  | { readonly kind: 'json'; readonly value: Json | undefined }
  | { readonly kind: 'refused'; readonly status: 400 | 413 | 415; readonly reason: string };

const LONGEST_BYTES = 1024 * 1024;

/** Reads the body of a request; `undefined` when there is none. Rejects when the connection breaks. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_BYTES) return { kind: 'refused', status: 413, reason: 'the body is longer than 1 MiB' };
    chunks.push(chunk);
  }
  if (bytes === 0) return { kind: 'json', value: undefined };
  // A form of another site cannot send this type without asking first.
  if (!/^application\/(.+\+)?json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    return { kind: 'refused', status: 415, reason: 'the body must be application/json' };
  }
  try {
    return { kind: 'json', value: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json };
  } catch {
    return { kind: 'refused', status: 400, reason: 'the body is not JSON' };
  }
}
