import { randomBytes } from 'node:crypto';
import type { WebConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { createHttp, type HttpFactory } from '../lib/http.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { isLoopbackHost } from '../lib/loopback.ts';
import type { Environment } from '../lib/proxy.ts';
import { type HealthSnapshot, liveness, readiness } from '../monitor/health.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { Journal } from '../store/journal.ts';
import { createAgentRoutes } from '../web/agent-routes.ts';
import { createOperatorRoutes } from '../web/api/routes.ts';
import type { AgentSource } from '../web/api/source.ts';
import { createLiveEvents } from '../web/live-events.ts';
import type { Login } from '../web/login/create-login.ts';
import { describeRoutes } from '../web/openapi.ts';
import { ownRoutes } from '../web/own-routes.ts';
import { NO_PEOPLE, type People } from '../web/people.ts';
import { compatible, createRouter, type RouteGroup } from '../web/router.ts';
import { createPageRoutes } from '../web/static-files.ts';
import { createWebServer } from '../web/web-server.ts';

/** The HTTP server of the agent: its own pages and what the backends serve. */
export interface AgentServer {
  /** Returns the port. */
  start(): Promise<number>;
  /** Serves these groups beside the agent's own pages; `refused` gets the error of each group that cannot be served. */
  serve(groups: readonly RouteGroup[], refused: (error: unknown) => void): void;
  close(): Promise<void>;
}

export interface AgentServerDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'render'>;
  readonly http: { readonly host: string; readonly port: number };
  /** What the page for operators shows. */
  readonly source: AgentSource;
  /** Where the page was built. */
  readonly pageFolder: string;
  readonly web: WebConfig;
  readonly version: string;
  /** For the proxy variables. */
  readonly env: Environment;
  journal(): Pick<Journal, 'follow'>;
  snapshot(): HealthSnapshot;
  /** Replaces secrets. */
  scrub(text: string): string;
}

export function createAgentServer(deps: AgentServerDeps): AgentServer {
  const { clock, log, metrics, http, web, snapshot, scrub, version } = deps;
  const pages = {
    metrics: metrics.render,
    liveness: () => liveness(snapshot()),
    readiness: () => readiness(snapshot()),
    scrub,
  };
  const hasLogin = web.login !== undefined;
  const live = createLiveEvents({ clock, journal: deps.journal, standings: () => standingsOf(snapshot(), scrub) });
  const page = [...createOperatorRoutes(deps.source), ...createPageRoutes(deps.pageFolder)];
  const describe = (): JsonObject => describeRoutes(served, version, web.basePath);
  const routes = [...ownRoutes(pages), ...createAgentRoutes({ live, hasLogin, describe }), ...page];
  let own: RouteGroup = { owner: 'agent', routes };
  let served: readonly RouteGroup[] = [own];
  let router = createRouter(served);
  let people: People = NO_PEOPLE;
  const stopping = new AbortController();
  const server = createWebServer({
    ...http,
    clock,
    site: { origin: web.origin, basePath: web.basePath, hasLogin },
    router: () => router,
    people: () => people,
    onError: (err) => log.error({ err }, 'a page could not be made'),
  });
  return {
    start: async () => {
      const login = await openLogin(deps, stopping.signal);
      people = login?.people ?? NO_PEOPLE;
      own = { ...own, routes: [...own.routes, ...(login?.routes ?? [])] };
      const port = await server.start();
      if (!isLoopbackHost(http.host) && !hasLogin) log.warn({ listen: http.host }, NO_PAGE);
      return port;
    },
    serve: (groups, refused) => {
      served = compatible([own, ...groups], refused);
      router = createRouter(served);
    },
    close: async () => {
      stopping.abort(new Error('the agent is stopping'));
      live.close();
      await server.close();
    },
  };
}

/** The code of the login is loaded where there is one. */
async function openLogin(
  { web, clock, log, env, version }: AgentServerDeps,
  signal: AbortSignal,
): Promise<Login | undefined> {
  const { login, origin, basePath } = web;
  if (login === undefined || origin === undefined) return undefined;
  const { createLogin } = await import('../web/login/create-login.ts');
  const userAgent = `waldur-storage-agent/${version}`;
  const http: HttpFactory = (options) => createHttp({ userAgent, ...options }, { clock, env });
  return createLogin(login, { clock, log, origin, basePath, http, signal, random: (bytes) => randomBytes(bytes) });
}

const NO_PAGE =
  'web.login is not configured: beyond this machine only /healthz, /readyz, /metrics and what backends check themselves are served';

/** How each offering stands, as text for the page. */
function standingsOf({ offerings }: HealthSnapshot, scrub: (text: string) => string): ReadonlyMap<string, string> {
  return new Map(
    offerings.map(({ name, connected, hindrances }) => [name, scrub(JSON.stringify({ name, connected, hindrances }))]),
  );
}
