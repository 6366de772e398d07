import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend, Observed, Route } from '../../../src/plugin/contract.ts';
import { createAccount, createLab, type HostLab, OURS, signal } from './lab.ts';

/** Faults of other quota managers that no other test here is about. */

let lab: HostLab;
let backend: Backend;
beforeEach(async () => {
  lab = await createLab({ uid_max: 2_000_000, central: true });
  backend = lab.open();
});
afterEach(async () => {
  await backend.close();
  await lab.close();
});

const person = { name: 'charlie', isOperator: true };

/** What an administrator asks the central side, which passes it to the host. */
async function ask(method: Route['method'], path: string, params: Record<string, string>, query = '', body?: object) {
  const route = backend.routes?.find((one) => one.method === method && one.path === `/api${path}`);
  const request = { params: { host: 'storage1', ...params }, query: new URLSearchParams(query), headers: {} };
  if (route === undefined) throw new Error(`there is no ${method} ${path}`);
  return route.handle({ ...request, body: body as never, remoteAddress: '127.0.0.1', person }, signal);
}

async function seen(account: string): Promise<Extract<Observed, { state: 'found' }> | undefined> {
  for await (const one of backend.observe([{ account, resource: OURS }], signal)) if (one.state === 'found') return one;
  return undefined;
}

it('users above 9999 are listed when uid_max says so, and nobody never is', async () => {
  lab.host.addUser('far', 1_500_000);
  lab.host.addUser('nobody', 65_534);
  lab.host.addUser('beyond', 2_000_001);
  lab.host.change('-u', 1_500_000, { blockHard: 5n });
  lab.host.change('-u', 65_534, { blockHard: 5n });
  expect((await ask('GET', '/hosts/:host/users', {})).body).toEqual(['far']);
  const devices = (await ask('GET', '/quotas/:host', {})).body;
  expect(devices).toMatchObject([{ user_quotas: [{ uid: 1_500_000, name: 'far' }] }]);
});

it('a user who is renamed or removed between two looks keeps the id, and has a number for a name', async () => {
  lab.host.addUser('alice', 1200);
  lab.host.change('-u', 1200, { blockHard: 5n });
  const name = async () =>
    ((await ask('GET', '/quotas/:host', {})).body as unknown as { user_quotas: object[] }[])[0]?.user_quotas;
  expect(await name()).toMatchObject([{ uid: 1200, name: 'alice' }]);
  lab.host.removeUser('alice');
  lab.host.addUser('alice-smith', 1200);
  expect(await name()).toMatchObject([{ uid: 1200, name: 'alice-smith' }]);
  lab.host.removeUser('alice-smith');
  expect(await name()).toMatchObject([{ uid: 1200, name: '#1200' }]);
});

describe('a device that is none never reaches a command', () => {
  it.each(['../x', 'tank/home;rm', '-a', '/dev/vdb\n', '$(id)', '/srv/data/../../etc'])('%j', async (device) => {
    const query = new URLSearchParams({ device }).toString();
    const put = await ask('PUT', '/quotas/:host/users/:uid', { uid: '1000' }, query, { block_hard_limit: 1 });
    expect(put.status).toBe(400);
    const defaults = await ask('PUT', '/quotas/:host/default-quota', {}, query, { block_hard_limit: 1 });
    expect(defaults.status).toBe(400);
    await ask('POST', '/quotas/:host/batch', {}, '', { device, block_hard_limit: 1 });
    expect(lab.host.calls.filter((call) => !call.startsWith('getent'))).toEqual([]);
  });
});

it('limits are blocks of 1 KiB and usage is bytes, wherever they are shown', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 0, max: 2 ** 40 }), async (kib, used) => {
      const bytes = BigInt(kib) * 1024n;
      const { account = '' } = await backend.apply(createAccount({ bytes, objects: null }), signal);
      lab.host.change('-u', 1000, { usedBytes: BigInt(used) * 1024n });
      const metadata = (await seen(account))?.metadata;
      expect(metadata).toMatchObject({ limits: { block_hard_limit: kib }, usage: { bytes: used * 1024 } });
      const devices = (await ask('GET', '/quotas/:host', {})).body;
      const shown = { uid: 1000, block_hard_limit: kib, block_soft_limit: kib, block_current: used * 1024 };
      expect(devices).toMatchObject([{ user_quotas: [shown] }]);
      await backend.apply({ kind: 'delete-account', account, resource: OURS, purge: true }, signal);
      lab.host.change('-u', 1000, { usedBytes: 0n });
    }),
    { numRuns: 25 },
  );
});
