import type { Health } from '../monitor/health.ts';
import type { Route, RouteReply } from '../plugin/contract.ts';

export interface OwnPages {
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  liveness(): Health;
  readiness(): Health;
  /** Replaces secrets: the message of a failure may quote what a peer said. */
  scrub(text: string): string;
}

/** The pages of the agent itself, for supervisors and Prometheus. */
export function ownRoutes(pages: OwnPages): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      role: 'public',
      handle: async () => {
        const { contentType, body } = await pages.metrics();
        return { status: 200, headers: { 'content-type': contentType }, body };
      },
    },
    { method: 'GET', path: '/healthz', role: 'public', handle: async () => healthReply(pages.liveness(), pages.scrub) },
    { method: 'GET', path: '/readyz', role: 'public', handle: async () => healthReply(pages.readiness(), pages.scrub) },
  ];
}

function healthReply({ ok, probes }: Health, scrub: OwnPages['scrub']): RouteReply {
  const shown = probes.map(({ hindrances, ...probe }) => ({
    ...probe,
    ...(hindrances && {
      hindrances: hindrances.map(({ since, hint, ...hindrance }) => ({
        ...hindrance,
        ...(hint !== undefined && { hint }),
        since: since.toISOString(),
      })),
    }),
  }));
  const body = scrub(JSON.stringify({ status: ok ? 'ok' : 'failed', probes: shown }));
  return { status: ok ? 200 : 503, headers: { 'content-type': 'application/json' }, body: `${body}\n` };
}
