import { expect, test } from 'vitest';
import type { RouteRole } from '../../src/plugin/contract.ts';
import { type Caller, refusalOf } from '../../src/web/authorize.ts';

const SITE = { origin: 'https://agent.example.org', hasLogin: true };
const LOCAL: Caller = {
  method: 'GET',
  headers: { host: 'localhost:9464' },
  remoteAddress: '127.0.0.1',
  httpVersion: '1.1',
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
  ['a rebound name', 'operator', with_(LOCAL, { host: 'evil.example.org' }), 403],
  ['a name that begins like ours', 'operator', with_(LOCAL, { host: 'localhost.evil.example.org' }), 403],
  ['no name', 'operator', { ...LOCAL, headers: {} }, 403],
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
  expect(refusalOf({ role }, caller, SITE)?.status).toBe(status);
});

const NO_LOGIN = { origin: undefined, hasLogin: false };
const OURS = { ...FAR, headers: { host: 'AGENT.example.org' } };

test.each<[string, Caller, typeof SITE | typeof NO_LOGIN, number | undefined]>([
  ['on this machine', LOCAL, NO_LOGIN, undefined],
  ['far away, where there is a login', OURS, SITE, undefined],
  ['far away, where there is none', OURS, { ...SITE, hasLogin: false }, 401],
  ['far away, by a name nothing knows', FAR, NO_LOGIN, 403],
  ['coming from a link of another site', with_(OURS, { 'sec-fetch-site': 'cross-site' }), SITE, undefined],
  ['behind a proxy that says nothing but speaks HTTP/1.0', { ...LOCAL, httpVersion: '1.0' }, NO_LOGIN, 401],
])('the page for someone %s', (_, caller, site, status) => {
  expect(refusalOf({ role: 'page' }, caller, site)?.status).toBe(status);
});

const BEARER = { authorization: 'Bearer x' };

test.each<[string, RouteRole, Caller, number | undefined]>([
  ['a key', 'user', with_(FAR, BEARER), undefined],
  ['a key', 'operator', with_(FAR, BEARER), undefined],
  ['nothing, on this machine', 'operator', LOCAL, 401],
  ['nothing', 'user', LOCAL, 401],
  ['a login', 'operator', { ...OURS, person: OPERATOR }, undefined],
  ['a login and a key', 'operator', { ...with_(OURS, BEARER), person: USER }, 403],
  ['a key, by a name nothing knows', 'user', with_({ ...FAR, headers: { host: 'evil.example' } }, BEARER), 403],
])('a route that takes keys, for whoever shows %s (%s)', (_, role, caller, status) => {
  expect(refusalOf({ role, keys: true }, caller, SITE)?.status).toBe(status);
});

test('a key opens no route that does not check it', () => {
  expect(refusalOf({ role: 'user' }, with_(FAR, BEARER), SITE)?.status).toBe(401);
  expect(refusalOf({ role: 'operator' }, with_(FAR, BEARER), SITE)?.status).toBe(401);
});

test.each<[string, Caller['headers'], number | undefined]>([
  ['our origin behind a proxy that changes the host', { host: '127.0.0.1:9464', origin: SITE.origin }, undefined],
  ['our origin with another port', { host: 'agent.example.org', origin: `${SITE.origin}:444` }, 403],
  ['our host without TLS', { host: '127.0.0.1:9464', origin: 'http://agent.example.org' }, 403],
  ['no origin at all', { host: 'agent.example.org' }, 403],
  ['no origin, but a browser that knows', { host: 'agent.example.org', 'sec-fetch-site': 'same-origin' }, undefined],
  ['a neighbour below the same domain', { host: 'agent.example.org', 'sec-fetch-site': 'same-site' }, 403],
])('a change by cookie from %s', (_, headers, status) => {
  const caller = { ...POST, headers, person: OPERATOR };
  expect(refusalOf({ role: 'operator' }, caller, SITE)?.status).toBe(status);
});
