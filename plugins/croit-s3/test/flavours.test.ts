import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountName } from '../../../src/plugin/naming.ts';
import { naming } from '../settings.ts';
import { stampOf } from '../stamp.ts';
import {
  ACCOUNT,
  action,
  addForeign,
  type Cluster,
  create,
  failure,
  found,
  MIB,
  OURS,
  observe,
  STAMP,
  signal,
  startCluster,
  usage,
  withDefaults,
} from './lab.ts';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await startCluster();
});
afterEach(() => cluster.close());

describe('croit', () => {
  it('is asked for the list of users once by a pass over many accounts', async () => {
    const backend = cluster.open('croit');
    const accounts = Array.from({ length: 300 }, (_, index) => `waldur_o_p_${String(index).padStart(8, '0')}`);
    for (const uid of accounts)
      await addForeign(cluster, stampOf(uid, OURS), uid).then(() => (cluster.user(uid).keys = []));
    const lists = (): number => cluster.facade.requests.filter(({ path }) => path === 's3/users').length;
    const before = lists();
    for (let page = 0; page < 3; page++) {
      const names = accounts.slice(page * 100, page * 100 + 100);
      expect(await observe(backend, names)).toHaveLength(100);
      expect(await usage(backend, names)).toHaveLength(100);
    }
    expect(lists() - before).toBe(1);
    await cluster.clock.advance(60_000);
    await usage(backend, accounts.slice(0, 1));
    expect(lists() - before).toBe(2);
  });

  it.each([409, 500] as const)('may say %d for a name that exists', async (status) => {
    cluster.facade.duplicateAs = status;
    await addForeign(cluster);
    expect(await failure(cluster.open('croit').apply(create(), signal))).toMatchObject({ code: 'CROIT_S3_NAME_TAKEN' });
  });

  it('leaves no key behind that it made by itself', async () => {
    await cluster.open('croit').apply(create(), signal);
    expect(cluster.user().keys).toEqual([]);
  });

  it('cannot suspend', async () => {
    const backend = cluster.open('croit');
    await backend.apply(create(), signal);
    const refused = await failure(backend.apply(action({ kind: 'suspend' }), signal));
    expect(refused).toMatchObject({ code: 'CROIT_S3_UNSUPPORTED', disposition: 'terminal' });
  });

  it('takes a user name and a password as well', async () => {
    const { token: _, ...settings } = cluster.settings('croit', { username: 'waldur', password: 'croit-password' });
    const backend = cluster.open('croit', { ...settings, token: undefined as never });
    await backend.apply(create(), signal);
    expect(cluster.rgw.users.has(ACCOUNT)).toBe(true);
  });
});

describe('a RADOS Gateway', () => {
  it('is addressed by tenant and name in every call', async () => {
    const backend = cluster.open('radosgw', { default_tenant: 't1' });
    const account = accountName(
      { organisation: 'org', project: 'one', resource: OURS },
      naming(withDefaults({ default_tenant: 't1' })),
    );
    expect(account).toBe(`t1$${ACCOUNT}`);
    await backend.apply(create({ bytes: MIB }, account), signal);
    await backend.apply(action({ kind: 'issue-key' }, account), signal);
    await backend.apply(action({ kind: 'suspend' }, account), signal);
    cluster.rgw.store(account, 5, 'reads');
    expect(await usage(backend, [account])).toMatchObject([{ account, quantities: { storage: 5n } }]);
    expect((await found(backend, account)).resource).toBe(OURS);
    await backend.apply(action({ kind: 'delete-account', purge: true }, account), signal);
    expect([cluster.rgw.users.has(account), cluster.rgw.buckets.size]).toEqual([false, 0]);
    const ids = cluster.rgw.requests.flatMap((line) => /[?&]uid=([^& ]*)/.exec(line)?.[1] ?? []);
    expect(new Set(ids)).toEqual(new Set([account]));
  });

  it('refuses an e-mail address that was copied, and nothing is made', async () => {
    await addForeign(cluster, STAMP, 'copy');
    const refused = await failure(cluster.open('radosgw').apply(create(), signal));
    expect(refused).toMatchObject({ code: 'CROIT_S3_EMAIL_TAKEN', disposition: 'terminal' });
    expect(cluster.rgw.users.has(ACCOUNT)).toBe(false);
  });

  it('is asked for its users page by page', async () => {
    for (let i = 0; i < 2500; i++) cluster.rgw.users.set(`u${i}`, structuredClone(cluster.user('admin')));
    const backend = cluster.open('radosgw');
    expect(await usage(backend, ['u2499'])).toMatchObject([{ account: 'u2499' }]);
    expect(cluster.rgw.requests.filter((line) => line.includes('list='))).toHaveLength(3);
  });

  it('keeps the number of buckets, also of a user that is adopted', async () => {
    await addForeign(cluster, STAMP);
    const backend = cluster.open('radosgw', { max_buckets: 7 });
    expect((await backend.apply(create({}), signal)).changed).toBe(true);
    expect(cluster.user().max_buckets).toBe(7);
    expect((await found(backend)).metadata).toMatchObject({ user_info: { max_buckets: 7 } });
    expect((await backend.apply(create({}), signal)).changed).toBe(false);
  });

  it('gets another access key when the first is taken', async () => {
    const backend = cluster.open('radosgw');
    await backend.apply(create(), signal);
    let taken = 0;
    cluster.rgw.intercept = (request, response) => {
      const isFirst = request.method === 'PUT' && request.url?.includes('key=') === true && taken++ === 0;
      if (isFirst) response.writeHead(409).end('{"Code":"KeyExists"}');
      return isFirst;
    };
    const { credentials } = await backend.apply(action({ kind: 'issue-key' }), signal);
    expect(cluster.user().keys.map((key) => key.access_key)).toEqual([credentials?.accessKey]);
  });

  it('is never asked to delete the key of another user', async () => {
    const backend = cluster.open('radosgw');
    await backend.apply(create(), signal);
    await addForeign(cluster, 'x@y', 'other');
    expect(await backend.apply(action({ kind: 'revoke-key', accessKey: 'FOREIGN' }), signal)).toEqual({
      changed: false,
    });
    expect(cluster.rgw.requests.filter((line) => line.startsWith('DELETE'))).toEqual([]);
  });

  it.each([
    [[], 'users=*;buckets=*'],
    [[{ type: 'users', perm: 'read' }], 'users=*;buckets=*'],
    [[{ type: 'users', perm: 'read, write' }], 'buckets=*'],
  ])('names the capabilities that %o lacks', async (caps, expected) => {
    cluster.user('admin').caps = caps;
    const [first] = await cluster.open('radosgw').check(signal);
    expect(first).toMatchObject({ name: 'capabilities', status: 'failed' });
    expect(first?.hint).toContain(`--caps='${expected}'`);
  });
});
