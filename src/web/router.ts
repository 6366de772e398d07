import { AgentError } from '../lib/errors.ts';
import { ROUTE_ROLES, type Route } from '../plugin/contract.ts';

/** Some routes and whose they are, for error texts. */
export interface RouteGroup {
  readonly owner: string;
  readonly routes: readonly Route[];
}

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** The table of all routes of the server. */
export interface Router {
  /** The route of the request; the methods that exist at the path when this one does not; undefined for an unknown path. */
  find(method: string, path: string): Match | { readonly allow: readonly string[] } | undefined;
}

interface Entry {
  readonly route: Route;
  readonly owner: string;
  readonly segments: readonly string[];
}

/** What only the agent itself may serve. */
const OWN = 'agent';
const OWN_PREFIXES = ['', 'v1', 'ui', 'auth'];

/**
 * @throws AgentError operator `ROUTE_INVALID` for a path that is not one or that only the agent may claim, `ROUTE_CLASH`
 *   when two routes claim the same method and path.
 */
export function createRouter(groups: readonly RouteGroup[]): Router {
  const entries: Entry[] = [];
  for (const { owner, routes } of groups) {
    for (const route of routes) {
      if (!ROUTE_ROLES.includes(route.role)) throw invalid(route.path, owner, 'it names no role that there is');
      const entry = { route, owner, segments: segmentsOf(route.path, owner) };
      const rival = entries.find((other) => isSame(other, entry));
      if (rival !== undefined) throw clash(rival, entry);
      entries.push(entry);
    }
  }
  // A literal segment is more exact than a parameter.
  entries.sort((a, b) => exactness(b).localeCompare(exactness(a)));

  return {
    find: (method, path) => {
      const wanted = method === 'HEAD' ? 'GET' : method;
      const matches = entries.flatMap(({ route, segments }) => {
        const params = match(segments, path);
        return params === undefined ? [] : [{ route, params }];
      });
      if (matches.length === 0) return undefined;
      const found = matches.find(({ route }) => route.method === wanted);
      return found ?? { allow: allowed(matches.map(({ route }) => route.method)) };
    },
  };
}

/** The groups that can be served side by side, the first ones first; the others are handed to `refused` with the reason. */
export function compatible(groups: readonly RouteGroup[], refused: (error: unknown) => void): readonly RouteGroup[] {
  const kept: RouteGroup[] = [];
  for (const group of groups) {
    try {
      createRouter([...kept, group]);
      kept.push(group);
    } catch (error) {
      refused(error);
    }
  }
  return kept;
}

function segmentsOf(path: string, owner: string): readonly string[] {
  const segments = path.split('/').slice(1);
  const names = segments.filter((segment) => segment.startsWith(':'));
  const isPath =
    path === '/' || (path.startsWith('/') && segments.every((segment) => /^(:[a-zA-Z]\w*|[\w.~-]+)$/.test(segment)));
  if (!isPath || new Set(names).size < names.length)
    throw invalid(path, owner, 'it is not a path of segments and :names');
  const [first = ''] = segments;
  if (owner !== OWN && OWN_PREFIXES.includes(first)) throw invalid(path, owner, `/${first} is the agent's own`);
  return segments;
}

function match(segments: readonly string[], path: string): Readonly<Record<string, string>> | undefined {
  const parts = path.split('/').slice(1);
  if (parts.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? '';
    if (!segment.startsWith(':')) {
      if (part !== segment) return undefined;
      continue;
    }
    const value = decode(part);
    if (value === undefined || value === '') return undefined;
    params[segment.slice(1)] = value;
  }
  return params;
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

const shapeOf = ({ segments }: Entry): string =>
  segments.map((segment) => (segment.startsWith(':') ? ':' : segment)).join('/');

const exactness = ({ segments }: Entry): string =>
  segments.map((segment) => (segment.startsWith(':') ? '0' : '1')).join('');

function isSame(a: Entry, b: Entry): boolean {
  return a.route.method === b.route.method && shapeOf(a) === shapeOf(b);
}

function allowed(methods: readonly string[]): readonly string[] {
  return methods.includes('GET') ? [...methods, 'HEAD'] : methods;
}

function invalid(path: string, owner: string, reason: string): AgentError {
  return new AgentError(`the route ${JSON.stringify(path)} of ${owner} cannot be served: ${reason}`, {
    code: 'ROUTE_INVALID',
    disposition: 'operator',
    hint: 'This is a mistake in the plugin: please tell its authors.',
  });
}

function clash(a: Entry, b: Entry): AgentError {
  const { method, path } = b.route;
  return new AgentError(`${a.owner} and ${b.owner} both serve ${method} ${path}`, {
    code: 'ROUTE_CLASH',
    disposition: 'operator',
    hint: 'Give one of them another path in its settings, or run it in an agent of its own.',
  });
}
