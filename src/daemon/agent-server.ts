import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type HealthSnapshot, liveness, readiness } from '../monitor/health.ts';
import type { Metrics } from '../monitor/metrics.ts';
import { ownRoutes } from '../web/own-routes.ts';
import { compatible, createRouter, type RouteGroup } from '../web/router.ts';
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
  snapshot(): HealthSnapshot;
  /** Replaces secrets. */
  scrub(text: string): string;
}

export function createAgentServer({ clock, log, metrics, http, snapshot, scrub }: AgentServerDeps): AgentServer {
  const pages = {
    metrics: metrics.render,
    liveness: () => liveness(snapshot()),
    readiness: () => readiness(snapshot()),
    scrub,
  };
  const own = { owner: 'agent', routes: ownRoutes(pages) };
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
