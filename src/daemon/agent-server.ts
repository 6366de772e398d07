import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type HealthSnapshot, liveness, readiness } from '../monitor/health.ts';
import type { Metrics } from '../monitor/metrics.ts';
import { createOperatorRoutes } from '../web/api/routes.ts';
import type { AgentSource } from '../web/api/source.ts';
import { ownRoutes } from '../web/own-routes.ts';
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
  snapshot(): HealthSnapshot;
  /** Replaces secrets. */
  scrub(text: string): string;
}

export function createAgentServer(deps: AgentServerDeps): AgentServer {
  const { clock, log, metrics, http, snapshot, scrub } = deps;
  const pages = {
    metrics: metrics.render,
    liveness: () => liveness(snapshot()),
    readiness: () => readiness(snapshot()),
    scrub,
  };
  const routes = [...ownRoutes(pages), ...createOperatorRoutes(deps.source), ...createPageRoutes(deps.pageFolder)];
  const own = { owner: 'agent', routes };
  let router = createRouter([own]);
  const server = createWebServer({
    ...http,
    clock,
    router: () => router,
    onError: (err) => log.error({ err }, 'a page could not be made'),
  });
  return {
    start: server.start,
    serve: (groups, refused) => {
      router = createRouter(compatible([own, ...groups], refused));
    },
    close: server.close,
  };
}
