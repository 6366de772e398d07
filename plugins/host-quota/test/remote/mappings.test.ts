import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manualClock } from '../../../../test/fakes/clock.ts';
import { silentLog } from '../../../../test/fakes/log.ts';
import { createLocalClient } from '../../central/local-client.ts';
import { isProven } from '../../central/mappings.ts';
import { createMockHost } from '../../mock/mock-host.ts';
import { central, type RunningHost, startHost } from './rig.ts';

const alice = { name: 'alice@example.org', isOperator: false };
const of = { host_id: 'host1', host_user_name: 'alice' };
const mapping = { oauth_user_name: alice.name, ...of };
const DAY_MS = 86_400_000;

let host: RunningHost;
beforeEach(async () => {
  host = await startHost('host1');
});
afterEach(() => host.close());

const open = (changes = {}) => central([{ id: 'host1', client: host.client }], undefined, changes);
const claimed = { person: alice.name, hostId: 'host1', user: 'alice' };

describe('a person', () => {
  it('sees nothing before an administrator approves what was asked for', async () => {
    const { call, store } = open();
    expect(await call('GET', '/me/quotas', { person: alice })).toEqual({ status: 200, body: {} });
    const asked = await call('POST', '/me/mappings', { person: alice, body: of });
    expect(asked.body).toMatchObject({ ...mapping, state: 'waiting' });
    expect((await call('GET', '/me/quotas', { person: alice })).body).toEqual({});
    expect(await isProven(store, claimed)).toBe(false);
    const chosen = { person: alice, query: 'host_id=host1&host_user_name=alice' };
    expect((await call('GET', '/me/quotas', chosen)).status).toBe(403);

    expect((await call('GET', '/admin/mappings')).body).toMatchObject([{ state: 'waiting' }]);
    expect((await call('POST', '/admin/mappings/approve', { body: mapping })).body).toMatchObject({
      state: 'approved',
      proof: 'administrator',
      decided_by: 'charlie',
    });
    const { body } = await call('GET', '/me/quotas', { person: alice });
    expect(body).toMatchObject({ 'host1|alice': { results: [{ user_quotas: [{ name: 'alice' }] }, {}, {}, {}] } });
    expect((await call('GET', '/me/quotas', chosen)).body).toEqual(body);
    expect((await call('GET', '/me/quotas', { person: alice, query: 'host_id=host9' })).body).toEqual(body);
    const foreign = await call('GET', '/me/quotas', { person: alice, query: 'host_id=host1&host_user_name=bob' });
    expect(foreign.status).toBe(403);
    expect(await isProven(store, claimed)).toBe(true);

    await call('DELETE', '/me/mappings', { person: alice, body: of });
    expect((await call('GET', '/me/mappings', { person: alice })).body).toEqual([]);
    expect(await isProven(store, claimed)).toBe(false);
  });

  it('that was refused cannot ask again for a month', async () => {
    const clock = manualClock();
    const { call } = open({ clock });
    await call('POST', '/me/mappings', { person: alice, body: of });
    expect((await call('POST', '/admin/mappings/reject', { body: mapping })).body).toMatchObject({ state: 'rejected' });
    expect((await call('POST', '/me/mappings', { person: alice, body: of })).status).toBe(409);
    expect((await call('GET', '/me/quotas', { person: alice })).body).toEqual({});
    await clock.advance(31 * DAY_MS);
    expect((await call('POST', '/me/mappings', { person: alice, body: of })).body).toMatchObject({ state: 'waiting' });
  });

  it('asks for itself only, for a host there is, and for at most twenty users at once', async () => {
    const { call } = open();
    const ask = (body: object) => call('POST', '/me/mappings', { person: alice, body: { ...of, ...body } });
    expect((await ask({ oauth_user_name: 'bob@example.org' })).status).toBe(403);
    expect((await ask({ host_id: 'host9' })).status).toBe(404);
    expect((await ask({ host_user_name: '-rf' })).status).toBe(400);
    for (let n = 0; n < 20; n++) expect((await ask({ host_user_name: `user${n}` })).status).toBe(200);
    expect((await ask({ host_user_name: 'one-more' })).status).toBe(409);
    // What waits already is not a new request.
    expect((await ask({ host_user_name: 'user3' })).status).toBe(200);
  });

  it('is the user that the claim names, on every host that has it, without asking', async () => {
    const other = await startHost('host3');
    const hosts = [
      { id: 'host1', client: host.client },
      { id: 'host3', client: other.client },
    ];
    const { call, store } = central(hosts, undefined, { userClaim: 'uid' });
    // Only host1 has a diana.
    const person = { ...alice, claims: { uid: 'diana', name: 'bob' } };
    expect((await call('GET', '/me/mappings', { person })).body).toMatchObject([
      { host_id: 'host1', host_user_name: 'diana', state: 'approved', proof: 'claim' },
      { host_id: 'host3' },
    ]);
    expect(Object.keys((await call('GET', '/me/quotas', { person })).body as object)).toEqual(['host1|diana']);
    expect(
      (await call('POST', '/me/mappings', { person, body: { ...of, host_user_name: 'diana' } })).body,
    ).toMatchObject({
      state: 'approved',
    });
    expect((await call('POST', '/me/mappings', { person, body: of })).body).toMatchObject({ state: 'waiting' });
    expect(await isProven(store, { ...claimed, user: 'diana' })).toBe(true);
    expect(await isProven(store, { ...claimed, user: 'bob' })).toBe(false);
    // The next login says something else.
    await call('GET', '/me', { person: { ...alice, claims: { uid: 'eve' } } });
    expect(await isProven(store, { ...claimed, user: 'diana' })).toBe(false);
    await other.close();
  });
});

describe('an administrator', () => {
  it('maps many at once, and hears which could not be', async () => {
    const { call } = open();
    const body = { mappings: [mapping, { ...mapping, host_user_name: '../x' }, { ...mapping, host_user_name: 'bob' }] };
    expect((await call('POST', '/admin/mappings/batch', { body })).body).toMatchObject({
      total: 3,
      created: 2,
      errors: [expect.stringContaining('mappings[1]')],
    });
    const users = (await call('GET', '/me/mappings', { person: alice })).body as { host_user_name: string }[];
    expect(users.map(({ host_user_name: user }) => user)).toEqual(['alice', 'bob']);
    expect(
      (await call('POST', '/admin/mappings/batch', { body: { mappings: Array(1001).fill(mapping) } })).status,
    ).toBe(400);
    expect((await call('DELETE', '/admin/mappings', { body: mapping })).body).toEqual({ msg: 'ok' });
    expect((await call('POST', '/admin/mappings/approve', { body: mapping })).status).toBe(404);
  });

  it('sees who logged in, for ninety days', async () => {
    const clock = manualClock();
    const { call } = open({ clock, userClaim: 'uid' });
    const person = { ...alice, claims: { uid: 'alice' } };
    await call('GET', '/me', { person });
    expect((await call('GET', '/admin/oauth-users')).body).toEqual([
      { name: alice.name, is_admin: false, host_user_name: 'alice', seen_at: '2026-08-25T10:00:00.000Z' },
    ]);
    await clock.advance(DAY_MS);
    await call('GET', '/me', { person });
    expect((await call('GET', '/admin/oauth-users')).body).toMatchObject([{ seen_at: '2026-08-26T10:00:00.000Z' }]);
    await clock.advance(91 * DAY_MS);
    expect((await call('GET', '/admin/oauth-users')).body).toEqual([]);
  });
});

it('the host of the agent itself is asked as the others are', async () => {
  const client = createLocalClient(createMockHost('host1', manualClock(), silentLog()).host);
  const { call } = central([{ id: 'here', client }]);
  const at = { params: { host: 'here', uid: '1000' }, query: 'device=/dev/sda1' };
  const put = await call('PUT', '/quotas/:host/users/:uid', { ...at, body: { block_hard_limit: 700_000 } });
  expect(put.body).toMatchObject({ uid: 1000, block_hard_limit: 700_000 });
  expect((await call('GET', '/hosts/ping')).body).toMatchObject({ here: { status: 'ok' } });
  expect((await call('GET', '/hosts/:host/users', at)).body).toContain('alice');
  const bad = { ...at, query: 'device=/dev/nope', body: {} };
  expect((await call('PUT', '/quotas/:host/users/:uid', bad)).status).toBe(400);
  const unknown = await call('GET', '/quotas/:host/users/resolve', { ...at, query: 'username=zoe' });
  expect(unknown.status).toBe(404);
});
