import type { Clock } from '../../lib/clock.ts';
import { AgentError, toAgentError } from '../../lib/errors.ts';
import { isJsonObject, type JsonObject } from '../../lib/json.ts';
import { createLast } from '../../lib/last.ts';
import type { Log } from '../../lib/log.ts';
import { isLoopbackAddress } from '../../lib/loopback.ts';
import type { Route, RouteRequest } from '../../plugin/contract.ts';
import type { Person } from '../authorize.ts';
import type { OwnReply } from '../reply.ts';
import type { Cookie } from './cookie.ts';
import type { Attempt, Provider } from './provider.ts';
import type { Rate } from './rate.ts';
import type { Seal } from './seal.ts';
import type { Sessions } from './sessions.ts';

export interface LoginRoutesDeps {
  readonly provider: Provider;
  readonly sessions: Sessions;
  /** Of an attempt, in the browser that makes it. */
  readonly cookie: Cookie;
  readonly seal: Seal;
  readonly rate: Rate;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly random: (bytes: number) => Uint8Array;
  /** The public URL of the agent, without a slash at the end. */
  readonly home: string;
  personOf(claims: JsonObject): Person;
}

/** How long a person may take at the login server. */
const PATIENCE_S = 600;
/** Attempts whose answer came: none is answered twice. */
const MOST_ANSWERED = 10_000;

/** Login, the way back from the login server, logout. */
export function createLoginRoutes(deps: LoginRoutesDeps): readonly Route[] {
  const answered = createLast(MOST_ANSWERED);
  const isFirstAnswer = (state: string): boolean => answered.isNew(state, 'answered');
  return [
    {
      method: 'GET',
      path: '/auth/login',
      role: 'page',
      describes: { summary: 'Sends the browser to the login server; `to` is the page to come back to' },
      handle: (request) => guarded(deps, request, () => begin(deps, request)),
    },
    {
      method: 'GET',
      path: '/auth/callback',
      role: 'page',
      describes: { summary: 'Where the login server sends the browser back to' },
      handle: (request) => guarded(deps, request, () => finish(deps, request, isFirstAnswer)),
    },
    {
      method: 'POST',
      path: '/auth/logout',
      role: 'user',
      describes: { summary: 'Ends the session; `location` is where the login server is left, too' },
      handle: async (request) => logout(deps, request),
    },
  ];
}

/** Whatever goes wrong is told in words, and in the log. */
async function guarded(
  { rate, log }: LoginRoutesDeps,
  request: RouteRequest,
  work: () => Promise<OwnReply>,
): Promise<OwnReply> {
  const from = clientOf(request);
  if (!rate.take(from))
    return told(429, 'Too many logins from this address. Try again in a minute.', { 'retry-after': '60' });
  try {
    return await work();
  } catch (thrown) {
    const error = toAgentError(thrown);
    const isRefusal = error.disposition === 'terminal';
    log[isRefusal ? 'info' : 'warn']({ err: error, from }, 'a login failed');
    if (error.disposition === 'bug') throw thrown;
    const hint = error.hint === undefined ? '' : `\n${error.hint}`;
    return told(isRefusal ? 403 : 503, `${error.message}${hint}`);
  }
}

async function begin(deps: LoginRoutesDeps, { query }: RouteRequest): Promise<OwnReply> {
  const fresh = (): string => Buffer.from(deps.random(32)).toString('base64url');
  const attempt = { state: fresh(), nonce: fresh(), verifier: fresh() };
  const url = await deps.provider.begin(attempt);
  const until = deps.clock.now().getTime() + PATIENCE_S * 1000;
  const sealed = deps.seal.seal({ ...attempt, to: ownPath(query.get('to')), until });
  return { status: 302, headers: { location: url.href }, cookies: [deps.cookie.set(sealed, PATIENCE_S)] };
}

async function finish(
  deps: LoginRoutesDeps,
  { query, headers }: RouteRequest,
  isFirstAnswer: (state: string) => boolean,
): Promise<OwnReply> {
  const attempt = readAttempt(deps, headers['cookie']);
  if (attempt === undefined || !isFirstAnswer(attempt.state)) throw stale();
  const claims = await deps.provider.finish(query, attempt);
  const person = deps.personOf(claims);
  deps.log.info({ user: person.name, operator: person.isOperator }, 'a person logged in');
  const cookies = [deps.sessions.begin(person), deps.cookie.clear()];
  return { status: 303, headers: { location: `${deps.home}${attempt.to}` }, cookies };
}

function logout({ sessions, provider, home, log }: LoginRoutesDeps, { headers, person }: RouteRequest): OwnReply {
  log.info({ user: person?.name }, 'a person logged out');
  const location = provider.endSession(`${home}/ui`) ?? `${home}/ui`;
  return { status: 200, body: { location }, cookies: [sessions.end(headers['cookie'])] };
}

function readAttempt(
  { cookie, seal, clock }: LoginRoutesDeps,
  header: string | undefined,
): (Attempt & { readonly to: string }) | undefined {
  const text = cookie.read(header);
  const value = text === undefined ? undefined : seal.open(text);
  if (!isJsonObject(value)) return undefined;
  const { state, nonce, verifier, to, until } = value;
  const texts = [state, nonce, verifier, to].every((one) => typeof one === 'string');
  if (!texts || typeof until !== 'number' || until < clock.now().getTime()) return undefined;
  return { state, nonce, verifier, to } as Attempt & { readonly to: string };
}

/** A path of the page; anything else could lead to another site. Dots are resolved as a browser does it. */
function ownPath(to: string | null): string {
  if (to === null || !/^\/ui(\/[\w.~%-]+){0,4}(\?[\w.~%&=:+-]{0,500})?$/.test(to)) return '/ui';
  const { pathname, search } = new URL(to, 'http://agent');
  return pathname === '/ui' || pathname.startsWith('/ui/') ? pathname + search : '/ui';
}

/** Behind a proxy on this machine, whom the proxy saw. Only rates depend on it. */
function clientOf({ remoteAddress, headers }: RouteRequest): string {
  const seen = isLoopbackAddress(remoteAddress) ? headers['x-forwarded-for']?.split(',').at(-1)?.trim() : undefined;
  return seen === undefined || seen === '' ? remoteAddress : seen.slice(0, 64);
}

function stale(): AgentError {
  return new AgentError('This login took too long, was answered before, or was begun in another browser.', {
    code: 'LOGIN_REFUSED',
    disposition: 'terminal',
    hint: 'Begin again on the page of the agent.',
  });
}

function told(status: number, text: string, headers: Readonly<Record<string, string>> = {}): OwnReply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: `${text}\n` };
}
