import type { Refusal, Site } from './authorize.ts';
import { type Page, pageOf, textPage } from './reply.ts';

export interface Refused {
  readonly method: string;
  /** Below the base path. */
  readonly path: string;
  readonly accept: string | undefined;
}

/**
 * A refusal as its reader takes it: a line of text. Where a login is missing below `/api`, who asks for JSON gets
 * `{msg, detail, redirect_url}`, and a browser that opened the address is sent to the login.
 */
export function refusedPage(
  { status, reason }: Refusal,
  { method, path, accept = '' }: Refused,
  { origin = '', basePath, hasLogin }: Site & { readonly basePath: string },
): Page {
  if (status !== 401 || !hasLogin || !path.startsWith('/api/')) return textPage(status, reason);
  const login = `${origin}${basePath}/auth/login`;
  if (/\bapplication\/json\b/i.test(accept)) {
    return pageOf({ status, body: { msg: 'authorization required', detail: reason, redirect_url: login } });
  }
  const isOpened = method === 'GET' && /\btext\/html\b/i.test(accept);
  return isOpened ? pageOf({ status: 302, headers: { location: login } }) : textPage(status, reason);
}
