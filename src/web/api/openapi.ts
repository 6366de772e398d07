/** OpenAPI 3.1 description of the operator API. The shapes of answers are those of `shapes.ts`. */

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly unknown[];
  readonly responses: Readonly<Record<string, unknown>>;
}

const OFFERING = { name: 'offering', in: 'query', required: false, schema: { type: 'string' } };
const inPath = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } });

function operation(summary: string, required: readonly string[], parameters: readonly unknown[] = []): Operation {
  const schema = { type: 'object', required };
  return {
    summary,
    ...(parameters.length > 0 && { parameters }),
    responses: {
      '200': { description: 'Done.', content: { 'application/json': { schema } } },
      '401': { description: 'A login is required.' },
      '403': { description: 'This needs the role of an operator, and a page of the same origin.' },
      '404': { description: 'The agent does not know it.' },
    },
  };
}

const BEFORE = { name: 'before', in: 'query', required: false, schema: { type: 'array', items: { type: 'string' } } };

export const openApi = {
  openapi: '3.1.0',
  info: { title: 'Waldur Storage Agent: operators', version: '1' },
  paths: {
    '/v1/openapi.json': { get: operation('This description', ['openapi', 'paths']) },
    '/v1/overview': { get: operation('How the agent and its offerings stand', ['at', 'ready', 'offerings']) },
    '/v1/orders': { get: operation('Orders, the latest change first', ['at', 'orders', 'next'], [BEFORE]) },
    '/v1/orders/{order}': {
      get: operation('One order with its steps', ['order', 'status', 'steps'], [inPath('order')]),
    },
    '/v1/resources': { get: operation('Resources as they were last seen', ['at', 'resources', 'truncated']) },
    '/v1/resources/{resource}': {
      get: operation('One resource with its past', ['uuid', 'accessKeys', 'history', 'steps'], [inPath('resource')]),
    },
    '/v1/plan': { get: operation('What open orders and drift would cause', ['version', 'offerings'], [OFFERING]) },
    '/v1/dry-report': { get: operation('What a usage report would send', ['offerings'], [OFFERING]) },
    '/v1/health': { get: operation('The checks of agent doctor, run now', ['at', 'offerings'], [OFFERING]) },
    '/v1/now/{action}': {
      post: operation('Starts a report, a reconciliation or a check', ['started'], [inPath('action'), OFFERING]),
    },
  },
} as const;
