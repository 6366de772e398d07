import { afterEach, expect, it } from 'vitest';
import type { Backend, Usage } from '../../../../src/plugin/contract.ts';
import type { Owned, Walk } from '../../scan/walk.ts';
import { createAccount, createLab, type HostLab, signal } from '../lab.ts';

let lab: HostLab;
let backend: Backend;
const walked: string[] = [];
const quota = { bytes: 1_000_000n, objects: null };

/** A walk that finds these files. */
const finds = (...files: readonly Owned[]): Walk =>
  async function* (root) {
    walked.push(root);
    yield files.slice(0, 2);
    yield files.slice(2);
  };

async function open(walk: Walk, usageByUser: string | undefined): Promise<string> {
  lab = await createLab({ subject: 'group', ...(usageByUser !== undefined && { usage_by_user: usageByUser }) });
  lab.host.addUser('alice', 1001);
  lab.host.addUser('bob', 1002);
  backend = lab.open({ walk });
  return (await backend.apply(createAccount(quota), signal)).account ?? '';
}
afterEach(async () => {
  await backend.close();
  await lab.close();
  walked.length = 0;
});

async function usage(account: string): Promise<Usage | undefined> {
  for await (const one of backend.usage(
    [account],
    { metering: 'current', window: { from: new Date(0), to: new Date(1) } },
    signal,
  ))
    return one;
  return undefined;
}

it('a group is divided among its users, from one walk over the device', async () => {
  const files = [
    { uid: 1001, gid: 1000, bytes: 4096n },
    { uid: 1002, gid: 1000, bytes: 512n },
    { uid: 1001, gid: 1000, bytes: 1024n },
    { uid: 1002, gid: 7, bytes: 99_999n },
    { uid: 4000, gid: 1000, bytes: 1n },
  ];
  const account = await open(finds(...files), '0 3 * * *');
  expect(await usage(account)).not.toHaveProperty('users');
  const job = backend.jobs?.find(({ name }) => name === 'usage-by-user');
  expect(job?.schedule).toBe('0 3 * * *');
  expect(await job?.run(signal)).toBe('usage by user of 1 account');
  expect(walked).toEqual(['/srv/data']);
  expect((await usage(account))?.users).toEqual({
    alice: { storage: 5120n, objects: 2n },
    bob: { storage: 512n, objects: 1n },
    '#4000': { storage: 1n, objects: 1n },
  });
});

it('nothing is walked unless a schedule is set', async () => {
  const account = await open(finds({ uid: 1, gid: 1000, bytes: 1n }), undefined);
  expect(backend.jobs?.map(({ name }) => name)).not.toContain('usage-by-user');
  expect(await usage(account)).not.toHaveProperty('users');
});

it('a walk that fails leaves what was found before, and the usage of the whole', async () => {
  let isBroken = false;
  const account = await open(async function* () {
    if (isBroken) throw new Error('EACCES');
    yield [{ uid: 1001, gid: 1000, bytes: 4096n }];
  }, '0 3 * * *');
  const job = backend.jobs?.find(({ name }) => name === 'usage-by-user');
  await job?.run(signal);
  isBroken = true;
  expect(await job?.run(signal)).toBe('usage by user of 0 accounts');
  expect(await usage(account)).toMatchObject({ users: { alice: { storage: 4096n } }, quantities: { storage: 0n } });
});
