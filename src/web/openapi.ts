import type { JsonObject } from '../lib/json.ts';
import type { Route } from '../plugin/contract.ts';
import type { RouteGroup } from './router.ts';

/** OpenAPI 3.1 of all routes: what each says of itself, and what follows from its path and its role. */
export function describeRoutes(groups: readonly RouteGroup[], version: string, basePath: string): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const { owner, routes } of groups) {
    for (const route of routes) {
      const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, owner) };
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Waldur Storage Agent', version },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'session', description: 'Of a login at /auth/login' },
        key: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function operationOf(route: Route, owner: string): JsonObject {
  const { describes = {}, path } = route;
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const inPath = names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const told = Array.isArray(describes['parameters']) ? describes['parameters'] : [];
  const parameters = told.some((one) => JSON.stringify(one).includes('"in":"path"')) ? told : [...inPath, ...told];
  return {
    tags: [owner],
    responses: { default: { description: 'As the agent answers' } },
    ...describes,
    ...(parameters.length > 0 && { parameters }),
    ...securityOf(route),
    'x-role': route.role,
  };
}

function securityOf({ role, keys }: Route): JsonObject {
  if (role !== 'user' && role !== 'operator') return { security: [] };
  return { security: [{ session: [] }, ...(keys === true ? [{ key: [] }] : role === 'operator' ? [{}] : [])] };
}
