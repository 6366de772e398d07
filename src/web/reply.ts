import { AgentError, toAgentError } from '../lib/errors.ts';
import type { RouteReply, RouteRequest } from '../plugin/contract.ts';

/** What routes of the agent itself may answer beside what those of plugins may. */
export interface OwnReply extends RouteReply {
  /** Values of `Set-Cookie`. */
  readonly cookies?: readonly string[];
  /** Instead of `body`: text that comes bit by bit, until the reader leaves. */
  readonly stream?: AsyncIterable<string>;
}

/** What routes of the agent itself see beside what those of plugins see. */
export interface OwnRequest extends RouteRequest {
  /** Whether the caller may use routes of role `operator`. */
  readonly mayOperate: boolean;
}

/** A reply as it goes over the wire. */
export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body: string | Uint8Array | AsyncIterable<string>;
}

/**
 * On every answer. A document has a policy of its own; whatever else a browser is made to show as one runs nothing and is in
 * no frame.
 */
const COMMON = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Text stays as it is when the reply names its type; everything else becomes JSON. */
export function pageOf({ status, headers = {}, body, bytes, cookies, stream }: OwnReply): Page {
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const head = { status, ...(cookies !== undefined && { cookies }) };
  const sent = bytes ?? stream;
  if (sent !== undefined) return { ...head, headers: { ...COMMON, ...named }, body: sent };
  if (body === undefined) return { ...head, headers: { ...COMMON, ...named }, body: '' };
  const isText = typeof body === 'string' && named['content-type'] !== undefined;
  return {
    ...head,
    headers: { ...COMMON, 'content-type': 'application/json', ...named },
    body: isText ? body : `${JSON.stringify(body)}\n`,
  };
}

export function textPage(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Page {
  const type = { 'content-type': 'text/plain; charset=utf-8' };
  return pageOf({ status, headers: { ...type, ...headers }, body: `${text}\n` });
}

/** What a peer is told of a failure: a bug says nothing of itself. */
export function failurePage(thrown: unknown): Page {
  const error = toAgentError(thrown);
  if (error.disposition === 'bug') return textPage(500, 'internal error');
  const { code, message, hint } = error;
  const status = error.disposition === 'terminal' ? 400 : 503;
  return pageOf({ status, body: { error: { code, message, hint: hint ?? null } } });
}

/** @throws AgentError `HTTP_REPLY` for a reply that cannot be sent. */
export function checked(page: Page): Page {
  const isStatus = Number.isInteger(page.status) && page.status >= 200 && page.status <= 599;
  const values = [...Object.values(page.headers), ...(page.cookies ?? [])];
  const isClean = values.every((value) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value));
  if (isStatus && isClean) return page;
  throw new AgentError('a route returned a reply that cannot be sent', { code: 'HTTP_REPLY', disposition: 'bug' });
}
