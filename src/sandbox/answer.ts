import type { Json } from '../lib/json.ts';
import { authenticate, type Credential } from './auth.ts';
import type { Soon } from './bus.ts';
import type { Call } from './call.ts';
import { parseQuery } from './query.ts';
import { forbidden, html, noRows, notFound, ok, Refusal, type Reply, ServerCrash } from './reply.ts';
import type { Router } from './router.ts';
import type { World } from './world.ts';

export interface Request {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly authorization?: string | undefined;
  /** Acts without a token; for the test API. */
  readonly as?: Credential;
  readonly host: string;
  readonly userAgent: string;
  readonly body: string;
  readonly contentType?: string | undefined;
  readonly shift?: number;
}

const VERSIONS = { '8.1': '8.1.2', '8.0': '8.0.5', '2024': '0.0.0' } as const;

/** Carries out a request and returns the response: everything but the transport. */
export function answer(world: World, router: Router, request: Request): Soon<Reply> {
  const failed = (error: unknown): Reply => {
    if (error instanceof Refusal) return error.reply;
    if (!(error instanceof ServerCrash)) {
      world.journal.add('warning', { object: 'crash', path: request.path, detail: String((error as Error).stack) });
    }
    return html(500, 'Server Error (500)');
  };
  try {
    const reply = route(world, router, request);
    return reply instanceof Promise ? reply.catch(failed) : reply;
  } catch (error) {
    return failed(error);
  }
}

function route(world: World, router: Router, request: Request): Soon<Reply> {
  const { method, path } = request;
  if (!path.endsWith('/')) {
    const Location = `${path}/${request.query === '' ? '' : `?${request.query}`}`;
    return { status: 301, html: '', headers: { Location } };
  }
  if (path === '/api/version/') return version(world, request);
  if (path === '/api-auth/password/') return login(world, jsonOf(request));
  const match = path === '/api/' ? undefined : router(method, path);
  if (match?.kind === 'absent') return html(404, 'Not Found');
  const { user, key } = request.as ?? authenticate(world, request.authorization);
  switch (match?.kind) {
    case undefined:
      return ok(rootOf(`http://${request.host}/api/`));
    case 'wrong-method':
      return ok({ detail: `Method "${method}" not allowed.` }, 405);
    case 'unknown-list':
      world.journal.add('warning', { object: 'unimplemented', method, path });
      return noRows();
    case 'no-object':
      throw notFound(match.model);
    case 'unknown':
      world.journal.add('warning', { object: 'unknown', method, path });
      return ok({ detail: 'Not found.' }, 404);
    case 'route':
      break;
  }
  const call: Call = {
    world,
    user,
    key,
    method,
    path,
    uuid: match.uuid,
    base: `http://${request.host}/api/`,
    query: parseQuery(request.query),
    userAgent: request.userAgent,
    get body() {
      return method === 'GET' || method === 'HEAD' ? undefined : jsonOf(request);
    },
    shift: request.shift ?? 0,
  };
  return match.handler(call);
}

/** For everyone, except in the 2024 release: for staff. */
function version(world: World, request: Request): Reply {
  const { profile } = world.settings;
  if (profile === '2024' && !(request.as ?? authenticate(world, request.authorization)).user.isStaff) throw forbidden();
  return ok({ version: VERSIONS[profile] });
}

function jsonOf({ body, contentType }: Request): Json | undefined {
  if (body === '') return undefined;
  const type = (contentType ?? '').split(';', 1)[0] ?? '';
  if (type !== 'application/json') throw new Refusal(415, { detail: `Unsupported media type "${type}" in request.` });
  try {
    return JSON.parse(body) as Json;
  } catch (error) {
    throw new Refusal(400, { detail: `JSON parse error - ${(error as Error).message}` });
  }
}

/** The password of a sandbox user is its name. */
function login(world: World, body: Json | undefined): Reply {
  const { username, password } = (body ?? {}) as { readonly username?: unknown; readonly password?: unknown };
  const [user] = typeof username === 'string' ? world.store.users.by('username', username) : [];
  const token = [...world.store.tokens.values()].find((row) => row.user === user && row.kind === 'token');
  if (token === undefined || password !== username) throw new Refusal(401, { detail: 'Invalid username/password.' });
  return ok({ token: token.key });
}

function rootOf(base: string): Json {
  return {
    'marketplace-orders': `${base}marketplace-orders/`,
    'marketplace-resources': `${base}marketplace-resources/`,
  };
}
