import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { client, open } from './harness.ts';

const AGENT = { 'user-agent': 'waldur-site-agent-event_process/1.0' };

describe('credentials', () => {
  test.each([
    [undefined, 'Authentication credentials were not provided.'],
    ['Basic x', 'Authentication credentials were not provided.'],
    ['Token nonsense', 'Invalid token.'],
  ])('%s', async (authorization, detail) => {
    const { sandbox } = await open();
    const { status, body } = await client(sandbox.url, authorization ? { authorization } : {}).get('users/me/');
    expect([status, body]).toEqual([401, { detail }]);
  });

  test.each([
    [{ kind: 'pat' }, 'Bearer', 200, undefined],
    [{ kind: 'oidc' }, 'Bearer', 200, undefined],
    [{ kind: 'pat' }, 'Token', 401, 'Invalid token.'],
    [{ kind: 'pat', revoked: true }, 'Bearer', 401, 'Invalid token.'],
    [{ kind: 'pat', expires: '2020-01-01T00:00:00Z' }, 'Bearer', 401, 'Token has expired.'],
  ])('%j sent as %s is answered %i', async (token, scheme, status, detail) => {
    const { sandbox, control } = await open();
    const { body } = await control.post('tokens', { user: 'provider-owner', ...token });
    const answer = await client(sandbox.url, { authorization: `${scheme} ${body.key}` }).get('users/me/?field=uuid');
    expect(answer.status).toBe(status);
    if (detail !== undefined) expect(answer.body).toEqual({ detail });
  });

  test('a token lives as long as it is used', async () => {
    const { sandbox, as, control } = await open();
    await control.post('users', { username: 'temp', token_lifetime: 3600 });
    sandbox.clock.advance(3_000_000);
    expect((await as('temp').get('users/me/')).status).toBe(200);
    sandbox.clock.advance(3_000_000);
    expect((await as('temp').get('users/me/')).status).toBe(200);
    sandbox.clock.advance(3_700_000);
    expect((await as('temp').get('users/me/')).body).toEqual({ detail: 'Token has expired.' });
  });

  test('an inactive user, and a login', async () => {
    const { sandbox, as, control } = await open();
    await control.post('users', { username: 'gone', is_active: false });
    expect((await as('gone').get('users/me/')).body).toEqual({ detail: 'User inactive or deleted.' });
    const root = client(sandbox.url.replace('api/', ''), {});
    const good = await root.post('api-auth/password/', { username: 'staff', password: 'staff' });
    expect(good.body).toEqual({ token: sandbox.token('staff') });
    expect((await root.post('api-auth/password/', { username: 'staff', password: 'x' })).status).toBe(401);
  });
});

describe('addresses', () => {
  test('a missing slash is redirected, whatever the method', async () => {
    const { as } = await open();
    const answer = await as().post('marketplace-orders?x=1', { a: 1 });
    expect([answer.status, answer.headers.get('location')]).toEqual([301, '/api/marketplace-orders/?x=1']);
  });

  test('what is not there', async () => {
    const { as, sandbox } = await open();
    const page = await as().get('nonsense/');
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    const list = await as().get('marketplace-robot-accounts/');
    expect([list.status, list.body, list.headers.get('x-result-count')]).toEqual([200, [], '0']);
    expect((await as().get('marketplace-orders/nonsense/')).body).toEqual({ detail: 'Not found.' });
    expect((await as().post(`marketplace-orders/${'a'.repeat(32)}/explode/`)).body).toEqual({ detail: 'Not found.' });
    expect(sandbox.invariants().map(({ rule }) => rule)).toEqual(['unknown route']);
    expect((await as().send('DELETE', 'marketplace-orders/')).status).toBe(405);
    expect((await as().get('')).status).toBe(200);
  });

  test('dashed and bare UUIDs both do', async () => {
    const { as } = await open();
    const dashed = FIXTURE.limit.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    expect((await as().get(`marketplace-provider-offerings/${dashed}/?field=uuid`)).body).toEqual({
      uuid: FIXTURE.limit,
    });
  });
});

describe('bodies', () => {
  test.each([
    ['{"a"', 'application/json', 400],
    ['[]', 'application/json', 400],
    ['a=1', 'application/x-www-form-urlencoded', 415],
  ])('%s as %s is answered %i', async (body, type, status) => {
    const { as } = await open();
    const answer = await as().send('POST', 'marketplace-site-agent-identities/', body, { 'content-type': type });
    expect(answer.status).toBe(status);
  });

  test('keys the server does not know are noted', async () => {
    const { as, sandbox } = await open();
    const { uuid } = sandbox.placeOrder();
    await as().post(`marketplace-orders/${uuid}/approve_by_provider/`, { surprise: 1 });
    expect(sandbox.journal.entries(0, 'warning')).toMatchObject([{ detail: { unknown_keys: ['surprise'] } }]);
  });
});

describe('pages', () => {
  test('ten by default, a hundred at most, linked', async () => {
    const { sandbox, as } = await open();
    for (let i = 0; i < 205; i++) sandbox.placeOrder();
    const first = await as().get('marketplace-orders/?field=uuid');
    expect(first.body).toHaveLength(10);
    expect(first.headers.get('link')).toBe(
      [
        `<${sandbox.url}marketplace-orders/?field=uuid>; rel="first"`,
        `<${sandbox.url}marketplace-orders/?field=uuid&page=2>; rel="next"`,
        `<${sandbox.url}marketplace-orders/?field=uuid&page=21>; rel="last"`,
      ].join(', '),
    );
    const big = await as().get('marketplace-orders/?page_size=5000&page=3');
    expect([big.body.length, big.headers.get('x-result-count')]).toEqual([5, '205']);
    expect(big.headers.get('link')).not.toContain('rel="next"');
    const past = await as().get('marketplace-orders/?page_size=100&page=4');
    expect([past.status, past.body]).toEqual([404, { detail: 'Invalid page.' }]);
    const head = await as().send('HEAD', 'marketplace-orders/');
    expect([head.status, head.text, head.headers.get('x-result-count')]).toEqual([200, '', '205']);
  });

  test('every row is on one page, across states', async () => {
    const { sandbox, as } = await open();
    const states = ['pending-provider', 'executing', 'erred'] as const;
    const placed = Array.from({ length: 45 }, (_, i) => sandbox.placeOrder({ state: states[i % 3] ?? 'done' }).uuid);
    const query = `offering_uuid=${FIXTURE.limit}&${states.map((state) => `state=${state}`).join('&')}&page_size=7&field=uuid`;
    const seen: string[] = [];
    for (let page = 1; page <= 7; page++) {
      const { body } = await as().get(`marketplace-orders/?${query}&page=${page}`);
      seen.push(...body.map((row: { uuid: string }) => row.uuid));
    }
    expect(seen).toEqual(placed);
  });
});

describe('clock and presence', () => {
  test('the Date header is that of the virtual clock', async () => {
    const { as, sandbox } = await open({ startsAt: new Date('2031-05-05T00:00:00Z') });
    sandbox.clock.advance(3_600_000);
    expect((await as().get('version/')).headers.get('date')).toMatch(/^Mon, 05 May 2031 01:00:/);
  });

  test("an agent's requests mark the offering active; silence disconnects it", async () => {
    const { as, sandbox } = await open();
    const status = () =>
      [...(sandbox.store.offerings.get(FIXTURE.limit)?.integration.values() ?? [])].map(
        (row) => `${row.agentType} ${row.status}`,
      );
    const query = `marketplace-orders/?offering_uuid=${FIXTURE.limit}`;
    await as().get(query);
    await as('offering-manager').get(query, AGENT);
    expect(status()).toEqual([]);
    await as().get(query, AGENT);
    expect(status()).toEqual(['Order processing Active', 'Event processing Active']);
    sandbox.clock.advance(3_700_000);
    expect(status()).toEqual(['Order processing Disconnected', 'Event processing Disconnected']);
  });
});
