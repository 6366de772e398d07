import type { Clock } from '../lib/clock.ts';
import { AgentError, isAgentError } from '../lib/errors.ts';
import type { HttpAnswer, HttpFactory, HttpOptions, HttpRequest } from '../lib/http.ts';
import { toUuid, type Uuid } from '../lib/ids.ts';
import { isJsonObject, type Json } from '../lib/json.ts';
import { type Attempt, createAttempt } from './capabilities.ts';
import { createCredentials, type WaldurCredentials } from './credentials.ts';
import { explainAnswer, PEER } from './explain.ts';
import { readPages } from './paging.ts';

/** How to reach one Waldur. */
export interface WaldurAccess {
  /** `https://host/api/`, always with the trailing slash. */
  readonly apiUrl: string;
  readonly credentials: WaldurCredentials;
  readonly verifySsl: boolean;
  /** PEM text. */
  readonly ca: string | undefined;
  readonly proxy: string | undefined;
}

export interface WaldurDeps {
  readonly clock: Clock;
  readonly http: HttpFactory;
  /** What this process does, for the `User-Agent`: Waldur tells agents and their liveness by it. */
  readonly mode: string;
  readonly version: string;
  readonly observe?: NonNullable<HttpOptions['observe']>;
  /** Reads a secret from a file, and hides it from the logs. */
  readonly readSecret?: (file: string) => Promise<string>;
}

type Query = NonNullable<HttpRequest['query']>;

/** The requests of all families, with credentials, paging and error texts. */
export interface Api {
  get(operation: string, path: string, query: Query, signal: AbortSignal): Promise<unknown>;
  send(method: 'POST' | 'PUT', operation: string, path: string, body: Json, signal: AbortSignal): Promise<unknown>;
  /** One array of decoded rows per page; `decode` returns undefined for rows that were not asked for. */
  pages<T>(
    operation: string,
    path: string,
    query: Query,
    decode: (row: unknown) => T | undefined,
    signal: AbortSignal,
  ): AsyncIterable<readonly T[]>;
  readonly clock: Clock;
  readonly attempt: Attempt;
  /** The broker's password as it is now; undefined when Waldur does not tell. */
  passcode(): string | undefined;
  clockSkewMs(): number | undefined;
  close(): void;
}

const TIMEOUT_MS = 60_000;
const LIST_TIMEOUT_MS = 120_000;

export function createApi(access: WaldurAccess, deps: WaldurDeps): Api {
  const { clock } = deps;
  let skewMs: number | undefined;
  const noteDate = (answer: HttpAnswer): HttpAnswer => {
    const date = Date.parse(answer.headers['date'] ?? '');
    if (!Number.isNaN(date)) skewMs = date - clock.now().getTime();
    return answer;
  };
  const transport = transportOf(access, deps);
  const { http: factory, readSecret } = deps;
  const credentials = createCredentials(access.credentials, { clock, http: factory, transport, readSecret });
  const presented = new WeakMap<HttpRequest, string>();
  const http = factory({
    ...transport,
    baseUrl: access.apiUrl,
    peer: PEER,
    timeoutMs: TIMEOUT_MS,
    headers: async (request) => {
      const authorization = await credentials.authorization();
      presented.set(request, authorization);
      return { authorization };
    },
    explain: (request, answer) => explainAnswer(request, noteDate(answer), clock.now()),
  });

  async function ask(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      return noteDate(await http.request(request, signal));
    } catch (error) {
      const refused = presented.get(request);
      const expired = isAgentError(error) && error.code === 'WALDUR_UNAUTHORIZED' && refused !== undefined;
      if (!expired || !(await credentials.renew(refused))) throw error;
      return noteDate(await http.request(request, signal));
    }
  }

  return {
    get: async (operation, path, query, signal) => (await ask({ operation, method: 'GET', path, query }, signal)).body,
    send: async (method, operation, path, body, signal) => (await ask({ operation, method, path, body }, signal)).body,
    pages: (operation, path, query, decode, signal) => {
      const list = { operation, method: 'GET', path, timeoutMs: LIST_TIMEOUT_MS } as const;
      const read = (page: number, size: number): Promise<HttpAnswer> =>
        ask({ ...list, query: { ...query, page, page_size: size } }, signal);
      return readPages(operation, read, decode);
    },
    clock,
    attempt: createAttempt(clock),
    passcode: () => credentials.passcode(),
    clockSkewMs: () => skewMs,
    close: () => {
      credentials.close();
      http.close();
    },
  };
}

/** What requests to Waldur and to its identity provider have in common. */
function transportOf({ verifySsl, ca, proxy }: WaldurAccess, { mode, version, observe }: WaldurDeps) {
  const userAgent = `waldur-site-agent-${mode}/${version} (waldur-storage-agent)`;
  return { userAgent, verifySsl, ca, proxy, ...(observe === undefined ? {} : { observe }) };
}

/** `collection/`, `collection/uuid/` or `collection/uuid/action/`: Waldur loses a POST without the last slash. */
export function route(collection: string, object?: Uuid, action?: string): string {
  if (object === undefined) return `${collection}/`;
  const uuid = toUuid(object);
  if (uuid === undefined)
    throw new AgentError(`${collection}: not a UUID`, { code: 'WALDUR_BAD_UUID', disposition: 'bug' });
  return action === undefined ? `${collection}/${uuid}/` : `${collection}/${uuid}/${action}/`;
}

/** The rows of all pages, one by one. */
export async function* flatten<T>(pages: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const page of pages) yield* page;
}

/** False when `row` says that it is about something else: servers ignore filters they do not know. */
export function isAbout(row: unknown, key: string, wanted: Uuid): boolean {
  const found = isJsonObject(row) ? toUuid(row[key]) : undefined;
  return found === undefined || found === wanted;
}
