import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../../../src/lib/json.ts';
import type { Backend } from '../../../src/plugin/contract.ts';
import { policyName } from '../bucket-names.ts';
import { createClient } from '../client.ts';
import { policyOf, samePolicy } from '../policy.ts';
import {
  ACCOUNT,
  action,
  BUCKET,
  create,
  failure,
  found,
  MIB,
  OTHER,
  OURS,
  observe,
  type Site,
  signal,
  startSite,
  usage,
} from './lab.ts';

let site: Site;
let backend: Backend;
beforeEach(async () => {
  site = await startSite();
  backend = site.open();
});
afterEach(() => site.close());

const client = () => createClient(site.context(), site.deriver);
const mine = () => site.emulator.state.policies.get(policyName(ACCOUNT))?.document;

describe('accounts', () => {
  it('are enabled right after their creation, with a policy that confines them', async () => {
    await backend.apply(create(), signal);
    const user = site.emulator.state.users.get(ACCOUNT);
    expect(user?.enabled).toBe(true);
    expect(site.emulator.state.mappings.get(ACCOUNT)?.names).toEqual([policyName(ACCOUNT)]);
    expect(samePolicy(mine(), policyOf({ resource: OURS, buckets: [BUCKET], writable: true }))).toBe(true);
  });

  it('of a stranger keep their secret', async () => {
    site.emulator.state.users.set(ACCOUNT, { secret: 'secret-of-a-stranger', enabled: true });
    expect(await failure(backend.apply(create(), signal))).toMatchObject({
      code: 'MINIO_NAME_TAKEN',
      disposition: 'terminal',
    });
    expect(site.emulator.state.users.get(ACCOUNT)?.secret).toBe('secret-of-a-stranger');
    expect(site.emulator.requests.filter((line) => line.startsWith('PUT'))).toEqual([]);
  });

  it('whose name is a service account are refused', async () => {
    await backend.apply(create(undefined, {}, 'waldur_a_b_01234567'), signal);
    const account = { parent: 'waldur_a_b_01234567', secret: 'x'.repeat(20), enabled: true, policy: undefined };
    site.emulator.state.serviceAccounts.set(ACCOUNT, { ...account, name: '', description: '', expires: undefined });
    expect(await failure(backend.apply(create(), signal))).toMatchObject({ disposition: 'terminal' });
  });

  it('do not take a bucket that is there already', async () => {
    site.emulator.store.create('popular', false, site.clock.now());
    const refused = await failure(backend.apply(create(undefined, { bucket_name: 'popular' }), signal));
    expect(refused).toMatchObject({ code: 'MINIO_NAME_TAKEN' });
    expect(mine()).toBeUndefined();
  });

  it('never get a policy with a principal', async () => {
    await backend.apply(create(), signal);
    expect(JSON.stringify(mine())).not.toContain('Principal');
    expect(JSON.stringify(mine())).not.toMatch(/:::\*/);
  });

  it('cannot mint keys', async () => {
    await backend.apply(create(), signal);
    const { credentials } = await backend.apply(action({ kind: 'issue-key' }), signal);
    const own = { admin_access_key: credentials?.accessKey ?? '', admin_secret_key: credentials?.secretKey ?? '' };
    const tenant = createClient(site.context(own), site.deriver);
    const key = {
      user: ACCOUNT,
      accessKey: 'SELFMADE000000000001',
      secretKey: 'x'.repeat(40),
      name: 'own',
      description: '',
    };
    expect(await failure(tenant.admin.addKey(key, signal))).toMatchObject({ code: 'MINIO_FORBIDDEN' });
    expect(await failure(tenant.admin.putUser(ACCOUNT, 'changed-secret', signal))).toMatchObject({
      code: 'MINIO_FORBIDDEN',
    });
  });

  it('that lost their user are made again, and keep their buckets and data', async () => {
    await backend.apply(create(), signal);
    site.store(ACCOUNT, 100, 'kept');
    site.emulator.state.users.delete(ACCOUNT);
    expect((await observe(backend))[0]?.state).toBe('absent');
    expect((await backend.apply(create(), signal)).changed).toBe(true);
    expect(site.emulator.store.bucket(BUCKET).objects.has('kept')).toBe(true);
  });
});

describe('quotas', () => {
  it('are always hard, and read back', async () => {
    await backend.apply(create({ bytes: 10n * MIB }), signal);
    expect(site.emulator.state.quotas.get(BUCKET)).toMatchObject({ type: 'hard', size: 10n * MIB, quota: 10n * MIB });
    site.emulator.intercept = ({ method, url = '' }, response) => {
      const drops = method === 'PUT' && url.includes('set-bucket-quota');
      if (drops) response.end();
      return drops;
    };
    const step = { kind: 'set-quota', from: { bytes: 1n, objects: null }, to: { bytes: 2n, objects: null } } as const;
    expect(await failure(backend.apply(action(step), signal))).toMatchObject({ code: 'MINIO_QUOTA_NOT_KEPT' });
  });

  it('that are not enforced are no limit', async () => {
    await backend.apply(create(), signal);
    site.emulator.state.quotas.set(BUCKET, { quota: 0n, size: MIB, rate: 0n, requests: 0n, type: 'soft' });
    expect((await found(backend)).quota.bytes).toBeNull();
  });

  it('beyond 2^53 keep their digits', async () => {
    await backend.apply(create({ bytes: 9_007_199_254_740_993n }), signal);
    expect((await found(backend)).quota.bytes).toBe(9_007_199_254_740_993n);
  });

  it('are divided among several buckets', async () => {
    const several = site.open({ buckets: ['{account}', '{account}-archive'] });
    await several.apply(create({ bytes: 1001n }), signal);
    expect(site.emulator.state.quotas.get(BUCKET)?.size).toBe(501n);
    expect(site.emulator.state.quotas.get(`${BUCKET}-archive`)?.size).toBe(500n);
    expect((await found(several)).quota.bytes).toBe(1001n);
  });

  it('answer in XML when they cannot be parsed, which is understood', async () => {
    await backend.apply(create(), signal);
    site.emulator.intercept = ({ method, url = '' }, response) => {
      const isIt = method === 'PUT' && url.includes('set-bucket-quota');
      const text = '<Error><Code>InternalError</Code><Message>cause(invalid quota type)</Message></Error>';
      if (isIt) response.writeHead(500, { 'content-type': 'application/xml' }).end(text);
      return isIt;
    };
    const refused = await failure(client().admin.setQuota(BUCKET, 1n, signal));
    expect(refused.message).toContain('InternalError: cause(invalid quota type)');
    expect(refused.disposition).toBe('transient');
  });

  it('refuse what reaches them, late: the overage is shown, logged, and takes the right to write where that is wanted', async () => {
    const strict = site.open({ enforce: 'suspend-writes' });
    const [job] = strict.jobs ?? [];
    await strict.apply(create({ bytes: 1000n }), signal);
    site.store(ACCOUNT, 1500, 'big');
    await job?.run(signal);
    expect((await found(strict)).metadata).toMatchObject({
      quota_enforcement: 'best-effort',
      overage_bytes: 500,
      writable: false,
      usage_scanned_at: site.clock.now().toISOString(),
    });
    expect((await found(strict)).gauges).toEqual({ over_limit_bytes: 500 });
    expect(site.lines.join('\n')).toContain('minio.overage');
    expect(JSON.stringify(mine())).not.toContain('s3:PutObject');
    site.emulator.store.delete(BUCKET, 'big', undefined, site.clock.now());
    site.emulator.scan();
    await site.clock.advance(10_000);
    await job?.run(signal);
    expect(JSON.stringify(mine())).toContain('s3:PutObject');
  });
});

describe('policies', () => {
  it('that the server reordered are the same; one more action is not', async () => {
    const policy = policyOf({ resource: OURS, buckets: [BUCKET], writable: true });
    const [first, ...rest] = policy['Statement'] as readonly Record<string, Json>[];
    const actions = first?.['Action'] as readonly string[];
    const turned = { ...policy, Statement: [...rest, { ...first, Action: actions.toReversed(), Condition: {} }] };
    expect(samePolicy(policy, turned as Json)).toBe(true);
    const wider = { ...policy, Statement: [{ ...first, Action: [...actions, 's3:*'] }, ...rest] };
    expect(samePolicy(policy, wider as Json)).toBe(false);
  });

  it('that were widened or taken away are repaired, and what is right is left alone', async () => {
    const [job] = backend.jobs ?? [];
    await backend.apply(create(), signal);
    expect(await job?.run(signal)).toBeUndefined();
    const document = mine() as { Statement: object[] };
    const wide = { Effect: 'Allow', Action: ['s3:*'], Resource: ['arn:aws:s3:::*'] };
    const { state } = site.emulator;
    const now = site.clock.now();
    const widened = { ...document, Statement: [...document.Statement, wide] } as unknown as Json;
    state.policies.set(policyName(ACCOUNT), { document: widened, created: now, updated: now });
    state.mappings.set(ACCOUNT, { names: ['readonly'], updated: now });
    expect(await job?.run(signal)).toContain('1 account repaired');
    expect(samePolicy(mine(), policyOf({ resource: OURS, buckets: [BUCKET], writable: true }))).toBe(true);
    expect(state.mappings.get(ACCOUNT)?.names).toEqual(['readonly', policyName(ACCOUNT)]);
  });

  it('are attached twice without harm, and attached and detached at once without loss', async () => {
    await backend.apply(create(), signal);
    const { admin } = client();
    expect(await admin.attach(ACCOUNT, policyName(ACCOUNT), signal)).toBe(false);
    await admin.attach(ACCOUNT, 'readonly', signal);
    await Promise.all([admin.attach(ACCOUNT, 'writeonly', signal), admin.detach(ACCOUNT, 'readonly', signal)]);
    expect((await admin.user(ACCOUNT, signal))?.policies).toEqual([policyName(ACCOUNT), 'writeonly']);
    expect(await admin.detach(ACCOUNT, 'readonly', signal)).toBe(false);
  });

  it('inside a service account survive a change of anything else', async () => {
    await backend.apply(create(), signal);
    const { credentials } = await backend.apply(action({ kind: 'issue-key' }), signal);
    const accessKey = credentials?.accessKey ?? '';
    const { serviceAccounts } = site.emulator.state;
    const before = serviceAccounts.get(accessKey);
    const embedded = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::a/*'] }],
    };
    if (before !== undefined) serviceAccounts.set(accessKey, { ...before, policy: embedded });
    await client().admin.changeKey({ accessKey, enabled: false }, signal);
    const after = serviceAccounts.get(accessKey);
    expect(after?.enabled).toBe(false);
    expect(samePolicy(after?.policy, embedded)).toBe(true);
    expect(after?.description).toBe(before?.description);
  });
});

describe('keys', () => {
  it('that are switched off or expired do not work', async () => {
    await backend.apply(create(), signal);
    const ids = [];
    for (const _ of [1, 2])
      ids.push((await backend.apply(action({ kind: 'issue-key' }), signal)).credentials?.accessKey ?? '');
    const { serviceAccounts } = site.emulator.state;
    const [off, old] = ids.map((id) => serviceAccounts.get(id));
    if (off) serviceAccounts.set(ids[0] ?? '', { ...off, enabled: false });
    if (old) serviceAccounts.set(ids[1] ?? '', { ...old, expires: new Date(site.clock.now().getTime() - 1) });
    expect((await found(backend)).keys.map(({ works }) => works)).toEqual([false, false]);
  });
});

describe('usage', () => {
  it('of a bucket that was never counted is absent', async () => {
    await backend.apply(create(), signal);
    expect(await usage(backend)).toEqual([]);
    expect((await found(backend)).holds).toBeUndefined();
    site.store(ACCOUNT, 10);
    await site.clock.advance(10_000);
    expect(await usage(backend)).toMatchObject([{ quantities: { storage: 10n, objects: 1n } }]);
  });
});

describe('terminations', () => {
  it.each(['version', 'marker', 'upload'])('refuse a bucket with nothing but a %s', async (what) => {
    await backend.apply(create(undefined, { versioning: true }), signal);
    const { store } = site.emulator;
    if (what === 'upload') {
      store
        .bucket(BUCKET)
        .uploads.set('u', { key: 'k', started: site.clock.now(), type: '', metadata: {}, parts: new Map() });
    } else {
      site.store(ACCOUNT, 10, 'k');
      if (what === 'marker') store.delete(BUCKET, 'k', undefined, site.clock.now());
    }
    const refused = await failure(backend.apply(action({ kind: 'delete-account', purge: false }), signal));
    expect(refused).toMatchObject({ code: 'MINIO_NOT_EMPTY', disposition: 'terminal' });
    expect((await backend.apply(action({ kind: 'delete-account', purge: true }), signal)).changed).toBe(true);
    expect(site.emulator.store.buckets.has(BUCKET)).toBe(false);
    expect(mine()).toBeUndefined();
  });

  it('of another resource are refused', async () => {
    await backend.apply(create(), signal);
    const other = action({ kind: 'delete-account', purge: true }, ACCOUNT, OTHER);
    expect(await failure(backend.apply(other, signal))).toMatchObject({ code: 'MINIO_NAME_TAKEN' });
  });
});

describe('secrets', () => {
  it('never show, and a wrong one is understood', async () => {
    const wrong = site.open({ admin_secret_key: 'not-the-root-secret' });
    const refused = await failure(wrong.apply(create(), signal));
    expect(refused).toMatchObject({ code: 'MINIO_AUTHENTICATION', disposition: 'operator' });
    await backend.apply(create(), signal);
    const { credentials } = await backend.apply(action({ kind: 'issue-key' }), signal);
    const shown = [refused.message, refused.hint, refused.stack, ...site.lines].join('\n');
    for (const secret of [site.emulator.root.secretKey, 'not-the-root-secret', credentials?.secretKey ?? '']) {
      expect(shown).not.toContain(secret);
    }
  });

  it('that do not decrypt say which setting is wrong', async () => {
    const plain = site.open({ encrypt_payload: false });
    expect(await failure(plain.apply(create(), signal))).toMatchObject({
      code: 'MINIO_ENCRYPTION',
      disposition: 'operator',
    });
    const checks = await plain.check(signal);
    expect(checks.filter(({ status }) => status === 'failed').map(({ name }) => name)).toEqual(['encryption']);
  });
});

describe('the least that the agent needs', () => {
  it('is what the shipped policy allows', async () => {
    const { default: policy } = await import('../agent-policy.json', { with: { type: 'json' } });
    const { state } = site.emulator;
    const now = site.clock.now();
    state.users.set('waldur-agent', { secret: 'secret-of-the-agent', enabled: true });
    state.policies.set('waldur-agent', { document: policy as unknown as Json, created: now, updated: now });
    state.mappings.set('waldur-agent', { names: ['waldur-agent'], updated: now });
    const agent = site.open({ admin_access_key: 'waldur-agent', admin_secret_key: 'secret-of-the-agent' });
    expect((await agent.check(signal)).filter(({ status }) => status === 'failed')).toEqual([]);
    await agent.apply(create(undefined, { versioning: true, tags: { a: 'b' }, lifecycle_days: 3 }), signal);
    const { credentials } = await agent.apply(action({ kind: 'issue-key' }), signal);
    site.store(ACCOUNT, 5);
    await site.clock.advance(10_000);
    expect(await usage(agent)).toHaveLength(1);
    for (const step of [
      { kind: 'set-quota', from: { bytes: 1n, objects: null }, to: { bytes: 5n, objects: null } },
      { kind: 'configure', changes: [{ path: 'lifecycle_days', from: 3, to: null }] },
      { kind: 'suspend' },
      { kind: 'resume' },
      { kind: 'revoke-key', accessKey: credentials?.accessKey ?? '' },
      { kind: 'delete-account', purge: true },
    ] as const) {
      expect((await agent.apply(action(step), signal)).changed, step.kind).toBe(true);
    }
    expect(await observe(agent, 'all')).toEqual([]);
  });
});
