import type { Clock } from '../../../src/lib/clock.ts';
import type { Route, RoutePerson, RouteReply } from '../../../src/plugin/contract.ts';
import { createKeyRing } from '../remote/auth.ts';

/** Who holds which key; the name is the person's. */
export interface KeyHolder {
  readonly name: string;
  readonly role: 'user' | 'admin';
  readonly key: string;
}

/**
 * The routes for people: whoever is logged in, or shows a key as a bearer. Nothing is open because it is asked for on
 * loopback: hosts have users with a shell.
 */
export function withPeople(routes: readonly Route[], holders: readonly KeyHolder[], clock: Clock): readonly Route[] {
  const ring = createKeyRing(holders, clock);
  return routes.map((route) => {
    if (route.role === 'public' || route.role === 'own') return route;
    return {
      ...route,
      keys: true,
      handle: async (request, signal): Promise<RouteReply> => {
        const found = request.person ?? ring.find(request.headers['authorization'], request.remoteAddress);
        if (found === 'too-many')
          return { status: 429, headers: { 'retry-after': '60' }, body: { msg: 'too many wrong keys' } };
        if (found === undefined) return { status: 401, body: { msg: 'authorization required' } };
        const person: RoutePerson = 'role' in found ? { name: found.name, isOperator: found.role === 'admin' } : found;
        if (route.role === 'operator' && !person.isOperator) return { status: 403, body: { msg: 'admin required' } };
        return route.handle({ ...request, person }, signal);
      },
    };
  });
}
