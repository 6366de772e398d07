import { describe, expect, test } from 'vitest';
import type { Route } from '../../src/plugin/contract.ts';
import { compatible, createRouter } from '../../src/web/router.ts';

const route = (path: string, method: Route['method'] = 'GET'): Route => ({
  method,
  path,
  role: 'public',
  handle: async () => ({ status: 200 }),
});
const router = (...routes: readonly Route[]) => createRouter([{ owner: 'offering a', routes }]);

test.each([
  ['/a', { path: '/a', params: {} }],
  ['/a/b', { path: '/a/b', params: {} }],
  ['/a/c', { path: '/a/:id', params: { id: 'c' } }],
  ['/a/%C3%A4%20b', { path: '/a/:id', params: { id: 'ä b' } }],
  ['/a/', undefined],
  ['/a/%', undefined],
  ['/A', undefined],
  ['/a/b/c/d', undefined],
])('%s', (path, expected) => {
  const found = router(route('/a/:id'), route('/a/b'), route('/a'), route('/x/:a/y')).find('GET', path);
  expect(found && 'route' in found ? { path: found.route.path, params: found.params } : found).toEqual(expected);
});

test('other methods of a path are told', () => {
  const table = router(route('/a/:id'), route('/a/:id', 'PUT'));
  expect(table.find('DELETE', '/a/1')).toEqual({ allow: ['GET', 'PUT', 'HEAD'] });
  expect(table.find('HEAD', '/a/1')).toMatchObject({ route: { method: 'GET' } });
});

test.each([
  ['a', 'ROUTE_INVALID'],
  ['/a b', 'ROUTE_INVALID'],
  ['/:a/:a', 'ROUTE_INVALID'],
  ['/a/*', 'ROUTE_INVALID'],
  ['/v1/quotas', 'ROUTE_INVALID'],
  ['/v1', 'ROUTE_INVALID'],
  ['/', 'ROUTE_INVALID'],
  ['/ui/x', 'ROUTE_INVALID'],
  ['/auth/login', 'ROUTE_INVALID'],
])('the path %s is refused', (path, code) => {
  expect(() => router(route(path))).toThrow(expect.objectContaining({ code, disposition: 'operator' }));
});

describe('two routes of one method and path', () => {
  const groups = [
    { owner: 'agent', routes: [route('/metrics')] },
    { owner: 'offering a', routes: [route('/quota/:user')] },
    { owner: 'offering b', routes: [route('/quota/:name'), route('/other')] },
    { owner: 'offering c', routes: [route('/quota/:name', 'POST')] },
  ];

  test('are an error that names both', () => {
    expect(() => createRouter(groups)).toThrow('offering a and offering b both serve GET /quota/:name');
  });

  test('leave out the later one where an error would stop more', () => {
    const refused: unknown[] = [];
    const kept = compatible(groups, (error) => refused.push(error));
    expect(kept.map(({ owner }) => owner)).toEqual(['agent', 'offering a', 'offering c']);
    expect(refused).toMatchObject([{ code: 'ROUTE_CLASH' }]);
  });
});

test('a route that names no role is not served, whatever language its plugin is written in', () => {
  const { role: _, ...nameless } = route('/a');
  for (const role of [undefined, '', 'everyone', null]) {
    const made = { ...nameless, role } as unknown as Route;
    expect(() => router(made)).toThrow(expect.objectContaining({ code: 'ROUTE_INVALID' }));
  }
});
