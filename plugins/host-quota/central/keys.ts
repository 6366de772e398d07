import type { Route, RouteReply } from '../../../src/plugin/contract.ts';
import type { Guard } from '../remote/auth.ts';

/** Who holds which key; the name is the person's. */
export interface KeyHolder {
  readonly guard: Guard;
  readonly name: string;
  readonly isOperator: boolean;
}

/** The routes for a listener that knows no logins: callers show a key as a bearer, and have the role of its holder. */
export function withKeys(routes: readonly Route[], holders: readonly KeyHolder[]): readonly Route[] {
  return routes.map((route) => {
    if (route.role === 'public' || route.role === 'own') return route;
    return {
      ...route,
      handle: async (request, signal): Promise<RouteReply> => {
        const { authorization } = request.headers;
        const holder = holders.find(({ guard }) => guard.bearer(authorization, request.remoteAddress) === 'ok');
        if (holder === undefined) return { status: 401, body: { msg: 'authorization required' } };
        const person = { name: holder.name, isOperator: holder.isOperator };
        if (route.role === 'operator' && !person.isOperator) return { status: 403, body: { msg: 'admin required' } };
        return route.handle({ ...request, person }, signal);
      },
    };
  });
}
