import type { Clock } from './clock.ts';
import { withDeadline } from './deadline.ts';
import { isAgentError } from './errors.ts';
import { hideCredentials, readBody, readFailure } from './http-body.ts';
import { answerError, unanswered } from './http-errors.ts';
import { createTransport, type RawAnswer } from './http-transport.ts';
import type { Http, HttpAnswer, HttpOptions, HttpRequest } from './http-types.ts';
import { type Environment, proxyFor } from './proxy.ts';

export type * from './http-types.ts';

const DEFAULT_TIMEOUT_MS = 60_000;

export interface HttpDeps {
  readonly clock: Clock;
  /** Where `proxy: env` reads the proxy variables; empty by default. */
  readonly env?: Environment;
}

/**
 * @throws AgentError (from `request`) whose code is the peer in upper case and one of `UNREACHABLE`, `TIMEOUT`, `TLS`,
 * `PROXY`, `REDIRECT`, `UNAUTHORIZED`, `FORBIDDEN`, `NOT_FOUND`, `CONFLICT`, `REFUSED`, `RATE_LIMITED`, `FAILED`, `BAD_ANSWER`, `TOO_LARGE`;
 * the signal's reason when it fires.
 */
export function createHttp(options: HttpOptions, { clock, env = {} }: HttpDeps): Http {
  const proxy = proxyFor(options.baseUrl, options.proxy, env);
  const transport = createTransport(options, proxy);

  async function send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const deadlineMs = request.timeoutMs ?? options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    let headers: Readonly<Record<string, string>> = {};
    let raw: RawAnswer;
    try {
      // axios' own timeout ends with the headers; a dripping body would hold the request without end.
      raw = await withDeadline(clock, signal, deadlineMs, request.operation, async (bounded) => {
        headers = Object.assign({}, await options.headers?.(request, bounded), request.headers);
        return await transport.send(request, headers, bounded);
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw unanswered({ ...options, proxy }, request, deadlineMs, error, (text) =>
        hideCredentials(text, { headers, body: request.body }),
      );
    }
    const { status, headers: answered } = raw;
    if (request.anyStatus === true || isSuccess(status)) {
      return { status, headers: answered, body: readBody(options, request, raw) };
    }
    const answer = { status, headers: answered, body: readFailure(raw, { headers, body: request.body }) };
    throw options.explain?.(request, answer) ?? answerError(options.peer, request, answer, clock.now());
  }

  return {
    request: async (request, signal) => {
      const started = clock.monotonicMs();
      const report = (status: string): void =>
        options.observe?.({ operation: request.operation, status, seconds: (clock.monotonicMs() - started) / 1000 });
      try {
        const answer = await send(request, signal);
        report(String(answer.status));
        return answer;
      } catch (error) {
        report(outcome(error));
        throw error;
      }
    },
    close: () => transport.close(),
  };
}

function outcome(error: unknown): string {
  if (!isAgentError(error)) return 'ABORTED';
  return error.status === undefined ? error.code : String(error.status);
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
