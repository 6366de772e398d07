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
  /** `json` (default): a body that is not JSON is an error, an empty one is undefined. */
  readonly answer?: 'json' | 'text' | 'bytes';
  /** Every status is an answer; by default those other than 2xx are thrown. */
  readonly anyStatus?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** One peer. Non-2xx responses and failures are thrown as AgentError. Never retries, never follows redirects. */
export interface Http {
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  close(): void;
}

export interface HttpOptions {
  /** Ends in `/`. */
  readonly baseUrl: string;
  /** Who is asked, for error texts and the prefix of error codes: `Waldur`, `croit`. */
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
  /** Translates a non-2xx response; undefined falls back to the classification by status. */
  explain?(request: HttpRequest, answer: HttpAnswer): Error | undefined;
  /** Called once per request with its outcome, for metrics. */
  observe?(outcome: HttpOutcome): void;
}

export interface HttpOutcome {
  readonly operation: string;
  /** HTTP status, or the error code of a request without a response. */
  readonly status: string;
  readonly seconds: number;
}

export type HttpFactory = (options: HttpOptions) => Http;
