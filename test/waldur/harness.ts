import { randomUUID } from 'node:crypto';
import nock from 'nock';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type AgentError, isAgentError } from '../../src/lib/errors.ts';
import { createHttp } from '../../src/lib/http.ts';
import type { WaldurAccess, WaldurDeps } from '../../src/waldur/api.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import { createWaldur } from '../../src/waldur/create-client.ts';
import { type ManualClock, manualClock } from '../fakes/clock.ts';

export const HOST = 'https://waldur.test';
export const TOKEN = 'f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed';
export const signal = new AbortController().signal;

export const OFFERING = 'e2ef0000000000000000000000000001';
export const ORDER = '0a7f4c0e5d8b4f6e9a3b2c1d0e9f8a7b';
export const RESOURCE = '5a1e5a1e5a1e4a1e8a1e5a1e5a1e5a1e';

export function uuid(): string {
  return randomUUID().replaceAll('-', '');
}

export interface Rig {
  readonly waldur: Waldur;
  readonly clock: ManualClock;
}

/** The real client on the real HTTP layer; only the network is nock's. */
export function rig(access: Partial<WaldurAccess> = {}, deps: Partial<WaldurDeps> = {}): Rig {
  const clock = manualClock();
  const waldur = createWaldur(
    {
      apiUrl: `${HOST}/api/`,
      credentials: { kind: 'token', token: TOKEN },
      verifySsl: true,
      ca: undefined,
      proxy: undefined,
      ...access,
    },
    { clock, http: (options) => createHttp(options, { clock }), mode: 'event_process', version: '0.1.0', ...deps },
  );
  return { waldur, clock };
}

/** Every test must use the mocks it sets up, and no others. */
export function useNock(): void {
  beforeAll(() => nock.disableNetConnect());
  afterEach(() => {
    const pending = nock.pendingMocks();
    nock.cleanAll();
    expect(pending).toEqual([]);
  });
  afterAll(() => {
    nock.enableNetConnect();
    nock.restore();
  });
}

/** An action of Waldur: expects exactly `body`, answers `reply`. */
export function onPost(path: string, body: unknown, status = 200, reply?: string | object): void {
  const text = typeof reply === 'object' ? JSON.stringify(reply) : reply;
  const type = typeof reply === 'object' ? 'application/json' : 'text/html';
  nock(HOST)
    .post(`/api/${path}`, (sent: unknown) => {
      expect(sent).toEqual(body);
      return true;
    })
    .reply(status, text ?? '', text === undefined ? {} : { 'content-type': type });
}

/** How Django says that there is no such route. */
export const NO_ROUTE = '<h1>Not Found</h1><p>The requested resource was not found on this server.</p>';

export async function failure(promise: Promise<unknown>): Promise<AgentError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isAgentError(error)) throw new Error(`no AgentError: ${String(error)}`);
  return error;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Only the selected fields, as a server answers them: what the client reads must be in its selection. */
export function selected(full: Readonly<Record<string, unknown>>, search: URLSearchParams): Record<string, unknown> {
  const fields = search.getAll('field');
  expect(fields.length).toBeGreaterThan(0);
  return Object.fromEntries(Object.entries(full).filter(([key]) => fields.includes(key)));
}

/** Answers every GET of `path` from `answer`, which sees the query; returns the queries. */
export function onGet(
  path: string,
  answer: (query: URLSearchParams) => readonly [status: number, body: unknown, headers?: Record<string, string>],
  times = 1,
): URLSearchParams[] {
  const queries: URLSearchParams[] = [];
  nock(HOST)
    .get(`/api/${path}`)
    .query(true)
    .times(times)
    .reply(function reply(uri) {
      const query = new URL(uri, HOST).searchParams;
      queries.push(query);
      const [status, body, headers] = answer(query);
      return [
        status,
        typeof body === 'string' ? body : JSON.stringify(body),
        { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json', ...headers },
      ];
    });
  return queries;
}
