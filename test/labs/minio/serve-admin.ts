import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AlgorithmId, decrypt, encrypt } from '../../../plugins/minio/madmin/codec.ts';
import type { Deriver } from '../../../plugins/minio/madmin/deriver.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Json } from '../../../src/lib/json.ts';
import { BUCKET_ROUTES } from './admin-buckets.ts';
import { KEY_ROUTES } from './admin-keys.ts';
import { POLICY_ROUTES } from './admin-policies.ts';
import type { AdminAnswer, AdminCall, AdminRoute } from './admin-route.ts';
import { USER_ROUTES } from './admin-users.ts';
import { authenticate, checkBody } from './authenticate.ts';
import type { MemoryS3 } from './memory-s3.ts';
import { mayDo } from './permissions.ts';
import type { Plane } from './plane.ts';
import { Refusal } from './refusal.ts';
import type { State } from './state.ts';

export interface Parts {
  readonly state: State;
  readonly store: MemoryS3;
  /** Where buckets are kept instead of the store. */
  readonly plane: Plane | undefined;
  readonly deriver: Deriver;
  readonly clock: Clock;
  /** What answers are encrypted with. */
  readonly answers: AlgorithmId;
}

/** The same calls twice, with encrypted bodies and with plain ones. */
const PREFIXES = { '/minio/admin/': true, '/rustfs/admin/': false } as const;
const ROUTES: readonly AdminRoute[] = [...USER_ROUTES, ...POLICY_ROUTES, ...KEY_ROUTES, ...BUCKET_ROUTES];
const never = new AbortController().signal;

export function isAdmin(path: string): boolean {
  return Object.keys(PREFIXES).some((prefix) => path.startsWith(prefix));
}

export async function serveAdmin(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const { state, clock } = parts;
  const [prefix = '', encrypts = true] =
    Object.entries(PREFIXES).find(([start]) => url.pathname.startsWith(start)) ?? [];
  const [version, ...rest] = url.pathname.slice(prefix.length).split('/');
  const path = rest.join('/');
  if ([...url.searchParams.values()].some((value) => value.split('/').includes('..'))) {
    throw new Refusal('XMinioInvalidResourceName', undefined, { xml: true });
  }
  const caller = authenticate(request, url, state, clock.now());
  const body = await readBody(request);
  checkBody(request, body);
  if (/^idp\/builtin\/policy\/(?!attach$|detach$)/.test(path)) throw new Refusal('XMinioAdminInvalidArgument');
  const route = version === 'v3' ? findRoute(request.method, path, url.searchParams) : undefined;
  if (route === undefined) throw new Refusal('XMinioAdminVersionMismatch');
  if (caller === undefined) throw new Refusal('AccessDenied');
  if (route.action !== undefined && !mayDo(state, caller, route.action)) throw new Refusal('AccessDenied');
  const call: AdminCall = {
    state,
    caller,
    body,
    now: clock.now(),
    contentType: request.headers['content-type'] ?? '',
    measured: request.headers['content-length'] !== undefined,
    query: (name) => url.searchParams.get(name) ?? '',
    has: (name) => url.searchParams.has(name),
    secret: (failure) => readSecret(parts, encrypts ? caller.secret : undefined, body, failure),
    bucketExists: (bucket) => parts.plane?.exists(bucket) ?? parts.store.buckets.has(bucket),
    buckets: () => parts.plane?.details() ?? parts.store.details(),
    random: (bytes) => randomBytes(bytes),
  };
  // As with the scanner at its fastest.
  if (path === 'datausageinfo' && parts.plane !== undefined) {
    state.usage = { scannedAt: clock.now(), buckets: await parts.plane.count() };
  }
  await answer(parts, response, await route.handle(call), encrypts ? caller.secret : undefined);
}

function findRoute(method: string | undefined, path: string, query: URLSearchParams): AdminRoute | undefined {
  return ROUTES.find(
    (route) => route.method === method && route.path === path && (route.needs ?? []).every((name) => query.has(name)),
  );
}

async function readSecret(
  { deriver }: Parts,
  password: string | undefined,
  body: Buffer,
  failure: (cause: string) => Error,
): Promise<Json> {
  let plain = body;
  try {
    if (password !== undefined) plain = await decrypt(body, { deriver, password }, never);
  } catch {
    throw failure('sio: data is not authentic');
  }
  try {
    return JSON.parse(plain.toString()) as Json;
  } catch {
    throw failure('unexpected EOF');
  }
}

async function answer(
  { deriver, answers: algorithm }: Parts,
  response: ServerResponse,
  { status = 200, json, encrypted = false, pretty = false }: AdminAnswer,
  password: string | undefined,
): Promise<void> {
  if (json === undefined) {
    response.writeHead(status, status === 200 ? { 'content-length': '0' } : {}).end();
    return;
  }
  const text = write(json, pretty);
  const body =
    encrypted && password !== undefined
      ? await encrypt(Buffer.from(text), { deriver, password, random: randomBytes, algorithm }, never)
      : text;
  // Encrypted answers say that they are JSON, too.
  response.writeHead(status, { 'content-type': pretty ? 'text/plain; charset=utf-8' : 'application/json' }).end(body);
}

/** Integers beyond 2^53 keep their digits. */
function write(json: Json, pretty: boolean): string {
  const marked = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `#${value}#` : value);
  return JSON.stringify(json, marked, pretty ? 1 : 0).replace(/"#(\d+)#"/g, '$1');
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
