import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Backend } from '../../../src/plugin/contract.ts';
import { policyName } from '../bucket-names.ts';
import { ACCOUNT, action, BUCKET, create, found, MIB, type Site, signal, startSite } from './lab.ts';

/** What is repaired when a part of an account is gone: the parts by the job, what was ordered by the agent's plan. */
let site: Site;
let backend: Backend;
beforeEach(async () => {
  site = await startSite();
  backend = site.open();
  await backend.apply(create({ bytes: 10n * MIB }, { versioning: true }), signal);
});
afterEach(() => site.close());

const keep = (): Promise<unknown> | undefined => backend.jobs?.find(({ name }) => name === 'keep')?.run(signal);

test('a bucket that is gone is made again with its stamp, and its limit and attributes are seen to be missing', async () => {
  site.emulator.store.buckets.delete(BUCKET);
  site.emulator.state.quotas.delete(BUCKET);
  expect((await found(backend)).metadata).toMatchObject({ buckets: [] });
  expect(await keep()).toContain('1 account repaired');
  expect(site.emulator.store.bucket(BUCKET).tags.get('waldur-resource')?.replaceAll('-', '')).toHaveLength(32);
  // Different from what was ordered, which is what the plan repairs.
  expect(await found(backend)).toMatchObject({ quota: { bytes: null }, attributes: { versioning: false } });
});

test('a policy that was detached is attached again, and nothing else is touched', async () => {
  site.emulator.state.mappings.delete(ACCOUNT);
  site.emulator.requests.length = 0;
  expect(await keep()).toContain('1 account repaired');
  expect(site.emulator.state.mappings.get(ACCOUNT)?.names).toEqual([policyName(ACCOUNT)]);
  const writes = site.emulator.requests.filter((line) => !/^(GET|HEAD) /.test(line));
  expect(writes).toEqual([expect.stringContaining('policy/attach')]);
});

test('a policy that a create did not come to attach is attached before there is a key', async () => {
  site.emulator.state.mappings.delete(ACCOUNT);
  await backend.apply(action({ kind: 'issue-key' }), signal);
  expect(site.emulator.state.mappings.get(ACCOUNT)?.names).toEqual([policyName(ACCOUNT)]);
  const writes = site.emulator.requests.filter((line) => /attach|add-service-account/.test(line)).slice(-2);
  expect(writes).toEqual([expect.stringContaining('policy/attach'), expect.stringContaining('add-service-account')]);
});

test('an account that is gone is left to the agent, which proves its absence twice', async () => {
  site.emulator.state.users.delete(ACCOUNT);
  expect(await keep()).toBeUndefined();
  expect(site.emulator.state.users.has(ACCOUNT)).toBe(false);
});
