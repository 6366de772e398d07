import type { JsonObject } from '../lib/json.ts';
import type { Route } from '../plugin/contract.ts';
import type { LiveEvents } from './live-events.ts';
import type { OwnReply, OwnRequest } from './reply.ts';

export interface AgentRoutesDeps {
  readonly live: LiveEvents;
  readonly hasLogin: boolean;
  /** The description of everything that is served at the moment. */
  describe(): JsonObject;
}

/** What the page needs beside the data: who looks at it, what happens now, and what there is to ask for. */
export function createAgentRoutes({ live, hasLogin, describe }: AgentRoutesDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/session',
      role: 'page',
      describes: { summary: 'Who is logged in' },
      handle: async ({ person, mayOperate }: OwnRequest) => {
        const shown = person === undefined ? null : { name: person.name, isOperator: person.isOperator };
        return { status: 200, body: { person: shown, operator: mayOperate, login: hasLogin } };
      },
    },
    {
      method: 'GET',
      path: '/api/events',
      role: 'operator',
      describes: {
        summary: 'What happens now, as server-sent events: journal, standing, missed',
        responses: { 200: { description: 'Events until the reader leaves', content: { 'text/event-stream': {} } } },
      },
      handle: async () => openEvents(live),
    },
    {
      method: 'GET',
      path: '/api/openapi.json',
      role: 'page',
      describes: { summary: 'This description' },
      handle: async () => ({ status: 200, body: describe() }),
    },
  ];
}

function openEvents(live: LiveEvents): OwnReply {
  const stream = live.open();
  if (stream === undefined) {
    return { status: 503, headers: { 'retry-after': '30' }, body: { error: 'too many browsers listen already' } };
  }
  // The last one keeps nginx from collecting events before it passes them on.
  return { status: 200, headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }, stream };
}
