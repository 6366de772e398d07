import { expect, test } from 'vitest';
import type { RouteRole } from '../../src/plugin/contract.ts';
import { type Caller, refusalOf } from '../../src/web/authorize.ts';

const LOCAL: Caller = {
  method: 'GET',
  headers: { host: 'localhost:9464' },
  remoteAddress: '127.0.0.1',
  person: undefined,
};
const POST: Caller = { ...LOCAL, method: 'POST' };
const with_ = (caller: Caller, headers: Caller['headers']): Caller => ({
  ...caller,
  headers: { ...caller.headers, ...headers },
});
const OPERATOR = { name: 'ann', isOperator: true };
const USER = { name: 'bob', isOperator: false };
const FAR: Caller = { ...LOCAL, remoteAddress: '203.0.113.9', headers: { host: 'agent.example.org' } };

test.each<[string, RouteRole, Caller, number | undefined]>([
  ['anyone', 'public', FAR, undefined],
  ['whom the plugin checks', 'own', FAR, undefined],
  ['a local person without login', 'operator', LOCAL, undefined],
  [
    'a local person over IPv6',
    'operator',
    with_({ ...LOCAL, remoteAddress: '::1' }, { host: '[::1]:9464' }),
    undefined,
  ],
  ['a local person over a mapped address', 'operator', { ...LOCAL, remoteAddress: '::ffff:127.0.0.1' }, undefined],
  ['someone far away', 'operator', FAR, 401],
  ['someone far away who says localhost', 'operator', { ...FAR, headers: LOCAL.headers }, 401],
  ['a rebound name', 'operator', with_(LOCAL, { host: 'evil.example.org' }), 401],
  ['a name that begins like ours', 'operator', with_(LOCAL, { host: 'localhost.evil.example.org' }), 401],
  ['no name', 'operator', { ...LOCAL, headers: {} }, 401],
  ['a proxy', 'operator', with_(LOCAL, { via: '1.1 x' }), 401],
  ['an operator who is logged in', 'operator', { ...FAR, person: OPERATOR }, undefined],
  ['a user', 'operator', { ...LOCAL, person: USER }, 403],
  ['a local person without login', 'user', LOCAL, 401],
  ['a user', 'user', { ...FAR, person: USER }, undefined],
  ['a program that posts', 'operator', POST, undefined],
  [
    'our own page',
    'operator',
    with_(POST, { origin: 'http://localhost:9464', 'sec-fetch-site': 'same-origin' }),
    undefined,
  ],
  ['a page of another port', 'operator', with_(POST, { origin: 'http://localhost:3000' }), 403],
  ['a page without an origin', 'operator', with_(POST, { origin: 'null' }), 403],
  ['a page of another site', 'operator', with_(LOCAL, { 'sec-fetch-site': 'cross-site' }), 403],
  [
    'a page of another site that a user is lured to',
    'user',
    { ...with_(POST, { origin: 'http://evil.example' }), person: USER },
    403,
  ],
])('%s on a route of role %s', (_, role, caller, status) => {
  expect(refusalOf(role, caller)?.status).toBe(status);
});
