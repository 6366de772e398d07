import { toUuid } from '../../lib/ids.ts';
import type { Route, RouteReply, RouteRequest } from '../../plugin/contract.ts';
import { orderOf, ordersOf } from './orders.ts';
import { overviewOf } from './overview.ts';
import { resourceOf, resourcesOf } from './resources.ts';
import type { AgentSource, OfferingSource } from './source.ts';

/** Loaded by the first request for them: no start waits for them. */
const previews = () => import('./previews.ts');

type Answer = (request: RouteRequest, signal: AbortSignal) => unknown;

/** The JSON API for operators. Nothing in it changes a backend: what it can start, the agent does by itself as well. */
export function createOperatorRoutes(agent: AgentSource): readonly Route[] {
  const route = (method: Route['method'], path: string, summary: string, answer: Answer): Route => ({
    method,
    path: `/v1${path}`,
    role: 'operator',
    describes: { summary },
    handle: async (request, signal) => reply(await answer(request, signal), agent.scrub),
  });
  const get = (path: string, summary: string, answer: Answer): Route => route('GET', path, summary, answer);
  return [
    get('/overview', 'How the agent and its offerings stand', () => overviewOf(agent)),
    get('/orders', 'Orders, the latest change first', ({ query }) => ordersOf(agent, beforeIn(query))),
    get('/orders/:order', 'One order with its steps', ({ params }) =>
      known(params['order'], (uuid) => orderOf(agent, uuid)),
    ),
    get('/resources', 'Resources as they were last seen', () => resourcesOf(agent)),
    get('/resources/:resource', 'One resource with its past', ({ params }) =>
      known(params['resource'], (uuid) => resourceOf(agent, uuid)),
    ),
    get('/plan', 'What open orders and drift would cause', ({ query }, signal) =>
      previews().then(({ planNow }) => planNow(chosen(agent, query), signal)),
    ),
    get('/dry-report', 'What a usage report would send', ({ query }, signal) =>
      previews().then(({ dryReportNow }) => dryReportNow(agent, chosen(agent, query), signal)),
    ),
    get('/health', 'The checks of agent doctor, run now', ({ query }, signal) =>
      previews().then(({ checksNow }) => checksNow(agent, chosen(agent, query), signal)),
    ),
    route('POST', '/now/:action', 'Starts a report, a reconciliation or a check', (request) =>
      startNow(agent, request),
    ),
  ];
}

const STARTS = {
  report: (offering: OfferingSource) => offering.reportNow(),
  reconcile: (offering: OfferingSource) => offering.reconcileNow(),
  check: (offering: OfferingSource) => offering.checkNow(),
} as const;

/** What a person asks for is kept in the journal of each offering, with who it was. */
function startNow(agent: AgentSource, { params, query, person }: RouteRequest): unknown {
  const { action = '' } = params;
  if (!Object.hasOwn(STARTS, action)) return undefined;
  for (const offering of chosen(agent, query)) {
    STARTS[action as keyof typeof STARTS](offering);
    const by = { user: person?.name ?? 'local', source: 'page', options: {}, outcome: 'done' } as const;
    agent.journal().record({ offering: offering.config.uuid }, { kind: 'command', command: `${action} now`, ...by });
  }
  return { started: action };
}

/** The offering that `?offering=UUID` names; all of them without it, none when it is unknown. */
function chosen(agent: AgentSource, query: URLSearchParams): readonly OfferingSource[] {
  const wanted = query.get('offering');
  return agent.offerings().filter(({ config }) => wanted === null || config.uuid === toUuid(wanted));
}

/** `?before=UUID:SEQ`, once for each offering that has more. */
function beforeIn(query: URLSearchParams): ReadonlyMap<string, number> {
  return new Map(
    query.getAll('before').flatMap((text) => {
      const [, offering, seq] = /^([0-9a-f]{32}):(\d{1,15})$/.exec(text) ?? [];
      return offering === undefined ? [] : [[offering, Number(seq)] as const];
    }),
  );
}

function known(text: string | undefined, find: (uuid: string) => unknown): unknown {
  const uuid = toUuid(text);
  return uuid === undefined ? undefined : find(uuid);
}

/** Undefined is what does not exist. */
function reply(value: unknown, scrub: AgentSource['scrub']): RouteReply {
  const headers = { 'content-type': 'application/json' };
  if (value !== undefined) return { status: 200, headers, body: scrub(JSON.stringify(value)) };
  const error = { code: 'NOT_FOUND', message: 'the agent does not know it', hint: null };
  return { status: 404, headers, body: JSON.stringify({ error }) };
}
