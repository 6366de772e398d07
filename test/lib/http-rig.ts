import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, expect } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { type AgentError, isAgentError } from '../../src/lib/errors.ts';
import { createHttp, type Http, type HttpOptions, type HttpRequest } from '../../src/lib/http.ts';
import type { Environment } from '../../src/lib/proxy.ts';
import { startServer } from './http-server.ts';

export const TOKEN = 'f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed';
export const GET: HttpRequest = { operation: 'things.list', method: 'GET', path: 'things/' };
export const never = new AbortController().signal;

/** Run after the test, last first. */
export const closers: (() => Promise<void> | void)[] = [];
export function useHttp(): void {
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
}

export async function serve(
  listener: RequestListener,
  options: Partial<HttpOptions> = {},
  tls?: string,
): Promise<Http> {
  const server = await startServer(listener, tls);
  closers.push(() => server.close());
  return client(`${tls === undefined ? 'http' : 'https'}://localhost:${server.port}/api/`, options);
}

export function client(baseUrl: string, options: Partial<HttpOptions> = {}, env: Environment = {}): Http {
  const http = createHttp(
    {
      baseUrl,
      peer: 'Waldur',
      headers: async () => ({ authorization: `Token ${TOKEN}` }),
      timeoutMs: 5000,
      ...options,
    },
    { clock: systemClock, env },
  );
  closers.push(() => http.close());
  return http;
}

export async function failure(http: Http, request: HttpRequest = GET, signal = never): Promise<AgentError> {
  const error: unknown = await http.request(request, signal).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isAgentError(error)) throw new Error(`no AgentError: ${inspect(error)}`);
  expectNoSecret(error);
  return error;
}

function expectNoSecret(error: unknown): void {
  for (let one = error; one instanceof Error; one = one.cause) {
    const everything = [one.message, one.stack, JSON.stringify(one), inspect(one, { depth: 9, showHidden: true })];
    expect(everything.join('\n')).not.toContain(TOKEN);
    expect(one.name).not.toBe('AxiosError');
  }
}
