import { AgentError, toAgentError } from '../lib/errors.ts';
import type { RouteReply } from '../plugin/contract.ts';

/** A reply as it goes over the wire. */
export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

const COMMON = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** Text stays as it is when the reply names its type; everything else becomes JSON. */
export function pageOf({ status, headers = {}, body, bytes }: RouteReply): Page {
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const whole = bytes ?? (body === undefined ? '' : undefined);
  if (whole !== undefined) return { status, headers: { ...COMMON, ...named }, body: whole };
  const isText = typeof body === 'string' && named['content-type'] !== undefined;
  return {
    status,
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
  const isClean = Object.values(page.headers).every((value) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value));
  if (isStatus && isClean) return page;
  throw new AgentError('a route returned a reply that cannot be sent', { code: 'HTTP_REPLY', disposition: 'bug' });
}
