import type { LoginConfig } from '../../config/types.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Route } from '../../plugin/contract.ts';
import type { People } from '../people.ts';
import { createCookie } from './cookie.ts';
import { createLoginFetch, type LoginFetchDeps } from './login-fetch.ts';
import { createLoginRoutes } from './login-routes.ts';
import { personOf } from './person-of.ts';
import { createProvider } from './provider.ts';
import { createRate } from './rate.ts';
import { createSeal } from './seal.ts';
import { createSessions } from './sessions.ts';

/** Login with OpenID Connect: its routes, and who came through them. */
export interface Login {
  readonly people: People;
  readonly routes: readonly Route[];
}

export interface LoginDeps extends LoginFetchDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: (bytes: number) => Uint8Array;
  /** What browsers see, such as `https://agent.example.org`. */
  readonly origin: string;
  readonly basePath: string;
}

/** Logins and their answers in a minute. Behind a proxy that names no clients all share the first number. */
const RATE = { each: 30, all: 600 };

export function createLogin(config: LoginConfig, deps: LoginDeps): Login {
  const { clock, log, random, origin, basePath } = deps;
  const home = origin + basePath;
  const place = { isSecure: origin.startsWith('https:'), basePath };
  // Of this process alone: what an older one has sealed is nothing.
  const key = random(32);
  const sessions = createSessions({
    clock,
    random,
    cookie: createCookie({ name: 'session', ...place, sameSite: 'Strict' }),
    seal: createSeal(key, 'session', random),
    longestMs: config.sessionMs,
    replayed: ({ name }) => log.warn({ user: name }, 'a session ended: its cookie came again after it was replaced'),
  });
  const routes = createLoginRoutes({
    clock,
    log,
    random,
    sessions,
    home,
    provider: createProvider(config, `${home}/auth/callback`, { clock, fetch: createLoginFetch(config, deps) }),
    cookie: createCookie({ name: 'login', ...place, sameSite: 'Lax' }),
    seal: createSeal(key, 'login', random),
    rate: createRate(clock, RATE),
    personOf: (claims) => personOf(claims, config),
  });
  return { people: sessions, routes };
}
