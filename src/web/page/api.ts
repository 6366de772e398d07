/** Where the agent answers: the page is one level below it, whatever path a proxy puts before both. */
export const ROOT: URL = new URL('../', document.baseURI);

/** Where pages are, for the router: without a slash at the end. */
export const PAGES: string = new URL(document.baseURI).pathname.replace(/\/$/, '');

/** An answer that is not what was asked for, or none at all (status 0). */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number;
  readonly hint: string | undefined;

  constructor(status: number, message: string, hint?: string) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

/** The answer of `path` below the agent's root. @throws ApiFailure */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await call('GET', path, undefined, signal)) as T;
}

/** @throws ApiFailure */
export async function send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  return (await call(method, path, body)) as T;
}

async function call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const response = await fetch(new URL(path, ROOT), {
    method,
    headers,
    credentials: 'same-origin',
    redirect: 'error',
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiFailure(0, 'the agent does not answer');
  });
  const text = await response.text();
  const value = parsed(text);
  if (response.ok && value !== undefined) return value;
  throw failureOf(response.status, value, text);
}

/** Characters that turn what follows them around, or that only terminals know: shown as they are escaped, `\\u202e`. */
const UNSEEN = /[\u0080-\u009f\u202a-\u202e\u2066-\u2069]/g;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(UNSEEN, (char) => `\\\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`));
  } catch {
    return undefined;
  }
}

/** The agent says `{error: {message, hint}}`, host APIs `{msg, detail}`, and a refusal is one line of text. */
function failureOf(status: number, value: unknown, text: string): ApiFailure {
  const { error, msg, detail } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { message, hint } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const said = [message, msg, detail].find((one) => typeof one === 'string');
  const line = text.length < 300 && !text.includes('<') ? text.trim() : '';
  return new ApiFailure(
    status,
    typeof said === 'string' ? said : line === '' ? `HTTP ${status}` : line,
    typeof hint === 'string' ? hint : undefined,
  );
}
