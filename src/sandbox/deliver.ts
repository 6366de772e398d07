import type { ServerResponse } from 'node:http';
import { isJsonObject, type Json } from '../lib/json.ts';
import type { FaultAction } from './faults.ts';
import type { Reply } from './reply.ts';

export interface Delivery {
  readonly reply: Reply;
  readonly action: FaultAction | undefined;
  readonly nowMs: number;
  readonly later: (ms: number, work: () => void) => void;
}

/** Writes a response, whole or as a fault wants it. */
export function deliver(response: ServerResponse, { reply, action, nowMs, later }: Delivery): void {
  if (action?.kind === 'reset.after') {
    reset(response);
    return;
  }
  const text = payloadOf(reply, action);
  const skew = action?.kind === 'clockSkew' ? action.ms : 0;
  const half = Math.floor(text.length / 2);
  const cut = action?.kind === 'truncate';
  const length = cut && action.length !== 'wrong' ? half : Buffer.byteLength(text);
  response.sendDate = false;
  response.writeHead(reply.status, {
    Date: new Date(nowMs + skew).toUTCString(),
    ...(text === ''
      ? {}
      : { 'Content-Type': reply.html === undefined ? 'application/json' : 'text/html; charset=utf-8' }),
    ...(reply.status === 204 ? {} : { 'Content-Length': length }),
    ...kept(reply.headers, action),
  });
  if (cut) {
    response.write(text.slice(0, half), () => (length === half ? response.end() : response.destroy()));
    return;
  }
  if (action?.kind === 'stall') {
    response.write(text.slice(0, half));
    later(action.ms, () => response.end(text.slice(half)));
    return;
  }
  response.end(text);
}

function kept(headers: Reply['headers'], action: FaultAction | undefined): Reply['headers'] {
  if (action?.kind !== 'withhold' || headers === undefined) return headers;
  const lost = new Set(action.headers.map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !lost.has(name.toLowerCase())));
}

/** A TCP reset, not an orderly close. */
export function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function payloadOf(reply: Reply, action: FaultAction | undefined): string {
  if (reply.html !== undefined) return reply.html;
  if (action?.kind === 'badJson') return '{"detail": <';
  if (reply.body === undefined) return '';
  if (action?.kind === 'wrongType') return JSON.stringify(withField(reply.body, action.field, wrongType));
  if (action?.kind === 'nullField') return JSON.stringify(withField(reply.body, action.field, () => null));
  return JSON.stringify(reply.body);
}

function withField(body: Json, field: string, replace: (value: Json) => Json): Json {
  if (Array.isArray(body)) return body.map((item: Json) => withField(item, field, replace));
  if (!isJsonObject(body) || body[field] === undefined) return body;
  return { ...body, [field]: replace(body[field]) };
}

function wrongType(value: Json): Json {
  return typeof value === 'string' ? 42 : 'wrong';
}
