import type { LoginConfig } from '../../config/types.ts';
import type { HttpFactory, HttpRequest } from '../../lib/http.ts';

export interface LoginFetchDeps {
  readonly http: HttpFactory;
  /** Ends requests that are under way. */
  readonly signal: AbortSignal;
}

/** `fetch`, as far as the login library needs it. */
export type LoginFetch = (address: string, request: LoginRequest) => Promise<Response>;

export interface LoginRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Text, or a form. */
  readonly body?: unknown;
}

const TIMEOUT_MS = 10_000;
/** Of the largest document of a login server: all its keys. */
const MOST_BYTES = 1024 * 1024;

/**
 * Requests of the login library on the way that the agent's other requests take: its proxy, CA and deadline. Every status is an
 * answer, and redirects are not followed. A login needs four requests, to hosts that the server names: each has a connection
 * of its own.
 *
 * @throws AgentError (from a call) whose code begins with `LOGIN_SERVER_`; the signal's reason when it fires.
 */
export function createLoginFetch({ ca, proxy }: LoginConfig, { http: create, signal }: LoginFetchDeps): LoginFetch {
  const reached = { peer: 'login server', ca, proxy, timeoutMs: TIMEOUT_MS, maxAnswerBytes: MOST_BYTES };
  return async (address, { method, headers, body }) => {
    const { origin, pathname, search } = new URL(address);
    const http = create({ ...reached, baseUrl: `${origin}/` });
    try {
      const request: HttpRequest = {
        operation: 'login.request',
        method: method as HttpRequest['method'],
        path: pathname.slice(1) + search,
        headers,
        ...bodyOf(body),
        answer: 'bytes',
        anyStatus: true,
      };
      const answer = await http.request(request, signal);
      return new Response(answer.body as Uint8Array<ArrayBuffer>, { status: answer.status, headers: answer.headers });
    } finally {
      http.close();
    }
  };
}

function bodyOf(body: unknown): Pick<HttpRequest, 'body'> {
  if (body === undefined || body === null) return {};
  if (typeof body === 'string') return { body };
  if (body instanceof URLSearchParams) return { body: body.toString() };
  throw new TypeError('the login library sends what is no text');
}
