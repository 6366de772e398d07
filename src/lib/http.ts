import type { Clock } from './clock.ts';
import { withDeadline } from './deadline.ts';
import { isAgentError } from './errors.ts';
import { hideCredentials, readBody, readFailure } from './http-body.ts';
import { answerError, unanswered } from './http-errors.ts';
import { createTransport, type RawAnswer } from './http-transport.ts';
import type { Json } from './json.ts';

export interface HttpRequest {
  /** Our name of the call, for example `orders.list`: metric label and error text, never a URL. */
  readonly operation: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Relative to the base URL, already encoded; every identifier in it validated. */
  readonly path: string;
  /** Arrays repeat the key. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json | string | Uint8Array;
  readonly timeoutMs?: number;
  /** `json` (default): an answer that is not JSON is an error, an empty one is undefined. */
  readonly answer?: 'json' | 'text' | 'bytes';
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** One peer. Non-2xx answers and failures are thrown as AgentError. Never retries, never follows redirects. */
export interface Http {
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  close(): void;
}

export interface HttpOptions {
  /** Ends in `/`. */
  readonly baseUrl: string;
  /** Who answers, for error texts and the prefix of error codes: `Waldur`, `croit`. */
  readonly peer: string;
  readonly userAgent?: string;
  /** Asked for every request, so that tokens can be refreshed. */
  headers?(request: HttpRequest, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  readonly timeoutMs?: number;
  readonly verifySsl?: boolean;
  /** PEM text. */
  readonly ca?: string | undefined;
  /** `env` honours HTTP_PROXY, HTTPS_PROXY and NO_PROXY; otherwise a URL. None by default. */
  readonly proxy?: string | undefined;
  readonly maxSockets?: number;
  readonly maxAnswerBytes?: number;
  /** Translates a non-2xx answer; undefined falls back to the classification by status. */
  explain?(request: HttpRequest, answer: HttpAnswer): Error | undefined;
  /** Called once per request with its outcome, for metrics. */
  observe?(outcome: HttpOutcome): void;
}

export interface HttpOutcome {
  readonly operation: string;
  /** HTTP status, or the error code of a request without an answer. */
  readonly status: string;
  readonly seconds: number;
}

export type HttpFactory = (options: HttpOptions) => Http;

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * @throws AgentError (from `request`) whose code is the peer in upper case and one of `UNREACHABLE`, `TIMEOUT`, `TLS`,
 * `REDIRECT`, `UNAUTHORIZED`, `FORBIDDEN`, `NOT_FOUND`, `CONFLICT`, `REFUSED`, `RATE_LIMITED`, `FAILED`, `BAD_ANSWER`;
 * the signal's reason when it fires.
 */
export function createHttp(options: HttpOptions, deps: { readonly clock: Clock }): Http {
  const { clock } = deps;
  const transport = createTransport(options);

  async function send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const deadlineMs = request.timeoutMs ?? options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    let headers: Readonly<Record<string, string>> = {};
    let raw: RawAnswer;
    try {
      // axios' own timeout ends with the headers; a dripping body would hold the request for ever.
      raw = await withDeadline(clock, signal, deadlineMs, request.operation, async (bounded) => {
        headers = { ...(await options.headers?.(request, bounded)), ...request.headers };
        return await transport.send(request, headers, bounded);
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw unanswered(options, request, deadlineMs, error, (text) => hideCredentials(text, headers));
    }
    if (isSuccess(raw.status)) return { ...raw, body: readBody(options, request, raw) };
    const answer = { ...raw, body: readFailure(raw, headers) };
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
