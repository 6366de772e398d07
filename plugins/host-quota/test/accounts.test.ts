import { rm } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Action, Applied, Backend, Observed, Quota } from '../../../src/plugin/contract.ts';
import { decideMapping, requestMapping } from '../central/mappings.ts';
import type { RegistryRecord } from '../registry/record.ts';
import { openRegistry } from '../registry/registry.ts';
import { registryFiles } from '../registry/registry-files.ts';
import type { Settings } from '../settings.ts';
import { ACCOUNT, createLab, type HostLab, OTHER, OURS, signal } from './lab.ts';

const MIB = 1_048_576n;
const QUOTA: Quota = { bytes: 20n * MIB, objects: 100n };

let lab: HostLab;
let backend: Backend;
async function open(changes: Partial<Settings> = {}): Promise<void> {
  lab = await createLab(changes);
  backend = lab.open();
}
afterEach(async () => {
  await backend.close();
  await lab.close();
});

function create(
  attributes = {},
  of: { account?: string; resource?: string; orderedBy?: string } = {},
): Promise<Applied> {
  const action: Action = {
    kind: 'create-account',
    displayName: 'x',
    quota: QUOTA,
    attributes,
    account: ACCOUNT,
    resource: OURS,
    ...of,
  };
  return backend.apply(action, signal);
}

async function observe(account: string, resource = OURS): Promise<Observed | undefined> {
  for await (const one of backend.observe([{ account, resource }], signal)) return one;
  return undefined;
}

const ID = 'storage1/user/1000@/srv/data';

describe('a bought quota', () => {
  it('makes a user with a stamp and both limits in one command', async () => {
    await open();
    expect(await create()).toEqual({ changed: true, account: ID });
    expect(lab.host.calls).toContain(
      `useradd --no-create-home --shell /usr/sbin/nologin --comment waldur-${OURS} --uid 1000 ${ACCOUNT}`,
    );
    expect(lab.host.calls.filter((call) => call.startsWith('setquota'))).toEqual([
      'setquota -u 1000 20480 20480 100 100 /srv/data',
    ]);
  });

  it('takes an id that neither a name nor a file nor a limit has', async () => {
    await open();
    lab.host.addUser('bob', 1000);
    lab.host.change('-u', 1001, { usedBytes: 4096n });
    lab.host.change('-u', 1002, { blockHard: 4096n });
    expect((await create()).account).toBe('storage1/user/1003@/srv/data');
  });

  it('has an id of its own, however many are made at once, also over two offerings of the host', async () => {
    await open();
    const other = lab.open();
    const resources = Array.from({ length: 12 }, (_, index) => index.toString(16).padStart(8, '0').repeat(4));
    const made = await Promise.all(
      resources.map((resource, index) => {
        const action = { kind: 'create-account', displayName: 'x', quota: QUOTA, attributes: {} } as const;
        const account = `waldur_org_one_${resource.slice(0, 8)}`;
        return (index % 2 === 0 ? backend : other).apply({ ...action, account, resource }, signal);
      }),
    );
    await other.close();
    expect(new Set(made.map(({ account }) => account)).size).toBe(12);
  });

  it('takes another id when the one that it was about to have is gone', async () => {
    await open();
    lab.host.fail('useradd', { code: 4, stdout: '', stderr: 'useradd: UID 1000 is not unique\n' });
    await expect(create()).rejects.toMatchObject({ code: 'HOST_QUOTA_BUSY' });
    lab.host.fail('useradd', undefined);
    lab.host.addUser('faster', 1000);
    expect(await create()).toEqual({ changed: true, account: 'storage1/user/1001@/srv/data' });
  });

  it('has a soft limit of the share that is configured', async () => {
    await open({ soft_ratio: 0.9 });
    await create();
    expect(lab.host.row('-u', 1000)).toMatchObject({ blockSoft: 18_432n, blockHard: 20_480n, inodeSoft: 90n });
    expect(await observe(ID)).toMatchObject({ quota: QUOTA });
    lab.host.change('-u', 1000, { blockSoft: 5n });
    expect(await observe(ID)).not.toMatchObject({ quota: QUOTA });
  });

  it('is found again from the stamp when the registry was lost', async () => {
    await open();
    await create();
    await rm(lab.context.settings.registry, { recursive: true });
    expect(await observe(ID)).toMatchObject({ state: 'found', account: ID, resource: OURS, quota: QUOTA });
    const purge = { kind: 'delete-account', account: ID, resource: OURS, purge: false } as const;
    expect(await backend.apply(purge, signal)).toEqual({ changed: true });
    expect(lab.host.calls).toContain(`userdel ${ACCOUNT}`);
  });

  it('is not found by the stamp of another resource', async () => {
    await open();
    await create();
    await rm(lab.context.settings.registry, { recursive: true });
    expect(await observe(ID, OTHER)).toMatchObject({ state: 'found', resource: OURS });
    await expect(backend.apply({ kind: 'suspend', account: ID, resource: OTHER }, signal)).rejects.toMatchObject({
      code: 'HOST_QUOTA_TAKEN',
    });
  });

  it('keeps its id and has a number for a name when the user is removed by hand', async () => {
    await open();
    await create();
    lab.host.removeUser(ACCOUNT);
    expect(await observe(ID)).toMatchObject({ state: 'found', metadata: { username: '#1000', user_id: 1000 } });
  });

  it('does not remove a user of its name that is not ours any more', async () => {
    await open();
    await create();
    lab.host.addUser(ACCOUNT, 2000, 'Somebody Else');
    await backend.apply({ kind: 'delete-account', account: ID, resource: OURS, purge: true }, signal);
    expect(lab.host.calls.some((call) => call.startsWith('userdel'))).toBe(false);
    expect(lab.host.row('-u', 1000)).toMatchObject({ blockHard: 0n, inodeHard: 0n });
  });

  it('that was terminated is restored under its id, while that is free, and else under another', async () => {
    await open();
    await create();
    await backend.apply({ kind: 'delete-account', account: ID, resource: OURS, purge: false }, signal);
    expect(await observe(ID)).toMatchObject({ state: 'absent' });
    expect(await create({}, { account: ID })).toEqual({ changed: true, account: ID });
    expect(await observe(ID)).toMatchObject({
      state: 'found',
      metadata: { username: 'waldur_01234567' },
      quota: QUOTA,
    });
    await backend.apply({ kind: 'delete-account', account: ID, resource: OURS, purge: false }, signal);
    lab.host.addUser('bob', 1000);
    expect(await create({}, { account: ID })).toEqual({ changed: true, account: 'storage1/user/1001@/srv/data' });
    expect(await create({}, { account: ID })).toEqual({ changed: false, account: 'storage1/user/1001@/srv/data' });
  });

  it('held at what it uses takes a new limit only when it is resumed', async () => {
    await open();
    await create();
    await lab.store(ID, 5_000_000);
    const of = { account: ID, resource: OURS };
    await backend.apply({ kind: 'suspend', ...of }, signal);
    expect(lab.host.row('-u', 1000)).toMatchObject({ blockHard: 4883n, inodeHard: 1n });
    const to = { bytes: 40n * MIB, objects: 100n };
    await backend.apply({ kind: 'set-quota', ...of, from: QUOTA, to }, signal);
    expect(lab.host.row('-u', 1000).blockHard).toBe(4883n);
    expect(await observe(ID)).toMatchObject({ suspended: true, quota: to });
    await backend.apply({ kind: 'resume', ...of }, signal);
    expect(lab.host.row('-u', 1000).blockHard).toBe(40_960n);
  });

  it('that was held and changed by hand shows as not held', async () => {
    await open();
    await create();
    await backend.apply({ kind: 'suspend', account: ID, resource: OURS }, signal);
    lab.host.change('-u', 1000, { blockHard: 999n });
    expect(await observe(ID)).toMatchObject({ suspended: false });
    expect(await backend.apply({ kind: 'suspend', account: ID, resource: OURS }, signal)).toEqual({ changed: true });
    expect(await observe(ID)).toMatchObject({ suspended: true });
  });
});

describe('an existing user', () => {
  const existing = { create_users: false, approval: 'manual' } as const;

  it('is limited only after the operator said yes, and is never removed', async () => {
    await open(existing);
    lab.host.addUser('alice', 1234, 'Alice,,,alice@example.org');
    expect(await create({ username: 'alice' })).toMatchObject({ account: 'storage1/user/1234@/srv/data' });
    const account = 'storage1/user/1234@/srv/data';
    expect(await observe(account)).toMatchObject({ state: 'pending', resource: OURS });
    expect(lab.host.row('-u', 1234).blockHard).toBe(0n);
    await approve();
    const seen = await observe(account);
    expect(seen).toMatchObject({ state: 'found', quota: { bytes: null } });
    await backend.apply(
      { kind: 'set-quota', account, resource: OURS, from: { bytes: null, objects: null }, to: QUOTA },
      signal,
    );
    expect(lab.host.row('-u', 1234).blockHard).toBe(20_480n);
    await lab.store(account, 1000);
    await backend.apply({ kind: 'delete-account', account, resource: OURS, purge: true }, signal);
    expect(lab.host.row('-u', 1234)).toMatchObject({ blockHard: 0n, usedBytes: 1000n });
    expect(lab.host.calls.some((call) => /^user(add|del)/.test(call))).toBe(false);
  });

  it.each([
    ['that nobody has', 'nobody-here', 0, {}],
    ['below the range of people', 'daemon', 2, {}],
    ['of nobody', 'nobody', 65_534, { uid_max: 100_000 }],
    ['above the range', 'far', 50_000, {}],
  ])('%s is refused', async (_, name, uid, range) => {
    await open({ ...existing, ...range });
    if (uid > 0) lab.host.addUser(name, uid);
    await expect(create({ username: name })).rejects.toMatchObject({
      code: 'HOST_QUOTA_NO_USER',
      disposition: 'terminal',
    });
  });

  it('above 9999 may be limited when uid_max says so', async () => {
    await open({ ...existing, uid_max: 2_000_000 });
    lab.host.addUser('far', 1_500_000);
    expect((await create({ username: 'far' })).account).toBe('storage1/user/1500000@/srv/data');
  });

  it('with limits of someone else is left alone, and the message has them', async () => {
    await open(existing);
    lab.host.addUser('alice', 1234);
    lab.host.change('-u', 1234, { blockHard: 77n });
    await expect(create({ username: 'alice' })).rejects.toMatchObject({
      code: 'HOST_QUOTA_LIMITED',
      message: expect.stringContaining('0/77 KiB'),
    });
  });

  it('is limited at once when a mapping proves that the person who ordered is that user', async () => {
    await open({ create_users: false, central: true });
    lab.host.addUser('alice', 1234);
    const claimed = { person: 'alice@example.org', hostId: 'storage1', user: 'alice' };
    const by = { name: 'charlie', now: lab.context.clock.now() };
    const order = (orderedBy?: string) => create({ username: 'alice' }, orderedBy === undefined ? {} : { orderedBy });
    await requestMapping(lab.context.store, claimed, by.now);
    for (const person of [undefined, 'mallory@example.org', claimed.person]) {
      await expect(order(person)).rejects.toMatchObject({ code: 'HOST_QUOTA_UNPROVEN', disposition: 'terminal' });
    }
    expect(lab.host.row('-u', 1234).blockHard).toBe(0n);
    await decideMapping(lab.context.store, claimed, 'approved', by);
    await expect(order('mallory@example.org')).rejects.toMatchObject({ code: 'HOST_QUOTA_UNPROVEN' });
    await order(claimed.person);
    expect(lab.host.row('-u', 1234).blockHard).toBe(20_480n);
    // A repetition after a crash is not asked again.
    await decideMapping(lab.context.store, claimed, 'rejected', by);
    expect(await order(claimed.person)).toMatchObject({ changed: false });
  });

  it('of a mapped person waits for no one, also where others wait', async () => {
    await open(existing);
    lab.host.addUser('alice', 1234);
    const claimed = { person: 'alice@example.org', hostId: 'storage1', user: 'alice' };
    await decideMapping(lab.context.store, claimed, 'approved', { name: 'charlie', now: lab.context.clock.now() });
    await create({ username: 'alice' }, { orderedBy: claimed.person });
    expect(lab.host.row('-u', 1234).blockHard).toBe(20_480n);
  });

  it('of one order is not given to another', async () => {
    await open(existing);
    lab.host.addUser('alice', 1234);
    await create({ username: 'alice' });
    const second = create({ username: 'alice' }, { account: 'waldur_org_two_fedcba98', resource: OTHER });
    await expect(second).rejects.toMatchObject({ code: 'HOST_QUOTA_TAKEN' });
  });

  async function approve(): Promise<void> {
    const { settings, store } = lab.context;
    const registry = openRegistry({ directory: settings.registry, files: registryFiles, store, token: 'test' });
    for (const record of await registry.all()) await registry.update(record, (now) => now && agreed(now));
  }
});

function agreed(record: RegistryRecord): RegistryRecord {
  const { requestedAt: _, ...rest } = record;
  return rest;
}

describe('made-up data', () => {
  it('touches nothing of the host, whatever is ordered', async () => {
    await open({ MOCK_QUOTA: true, device: '/dev/sda1' });
    await expect(create()).rejects.toMatchObject({ code: 'HOST_QUOTA_UNSUPPORTED' });
    expect((await backend.check(signal)).some(({ name }) => name === 'mock')).toBe(true);
    expect(lab.host.calls.filter((call) => !call.includes('--version'))).toEqual([]);
  });
});

describe('a group', () => {
  it('is made, limited as one and removed', async () => {
    await open({ subject: 'group' });
    const { account = '' } = await create();
    expect(account).toBe('storage1/group/1000@/srv/data');
    expect(lab.host.row('-g', 1000)).toMatchObject({ blockHard: 20_480n, inodeHard: 100n });
    expect(lab.host.row('-u', 1000).blockHard).toBe(0n);
    await backend.apply({ kind: 'delete-account', account, resource: OURS, purge: false }, signal);
    expect(lab.host.calls).toContain(`groupdel ${ACCOUNT}`);
  });
});

describe('measuring', () => {
  it('starts one process for all accounts of a mount and type', async () => {
    await open();
    const { account = '' } = await create();
    const second = await create({}, { account: 'waldur_org_two_fedcba98', resource: OTHER });
    lab.host.calls.length = 0;
    const window = { from: new Date(0), to: new Date(1) };
    const all = [];
    for await (const one of backend.usage([account, second.account ?? ''], { metering: 'current', window }, signal))
      all.push(one);
    expect(all).toHaveLength(2);
    expect(lab.host.calls).toEqual(['repquota -u -v -n -p -O csv /srv/data']);
  });
});
