import { afterEach, expect, it } from 'vitest';
import type { Backend } from '../../../../src/plugin/contract.ts';
import { defaultFor } from '../../host/defaults.ts';
import { createAccount, createLab, type HostLab, signal } from '../lab.ts';

const GIB = 1024n ** 3n;
const LIMITS = { blockSoft: 900, blockHard: 1000, inodeSoft: 0, inodeHard: 50 };

let lab: HostLab;
let backend: Backend;
async function open(): Promise<void> {
  lab = await createLab();
  backend = lab.open();
  await lab.context.store.put('default//dev/vdb', LIMITS);
}
afterEach(async () => {
  await backend.close();
  await lab.close();
});

const job = () => backend.jobs?.find(({ name }) => name === 'defaults');

it('users without any limit get the default every ten minutes, and no one else', async () => {
  await open();
  await backend.apply(createAccount({}), signal);
  lab.host.addUser('bare', 1100);
  lab.host.addUser('limited', 1101);
  lab.host.addUser('far', 20_000);
  lab.host.change('-u', 1101, { inodeHard: 7n });
  expect(job()?.schedule).toBe('*/10 * * * *');
  expect(await job()?.run(signal)).toBe('1 user got the default limits');
  expect(lab.host.row('-u', 1100)).toMatchObject({ blockSoft: 900n, blockHard: 1000n, inodeHard: 50n });
  expect(lab.host.row('-u', 1101)).toMatchObject({ blockHard: 0n, inodeHard: 7n });
  // An order made it, without a limit; far is no person here; nor is root.
  for (const id of [1000, 20_000, 0]) expect(lab.host.row('-u', id).blockHard).toBe(0n);
  expect(await job()?.run(signal)).toBeUndefined();
});

it('many are set by one process, and one that is refused is named', async () => {
  await open();
  for (let uid = 1100; uid < 1300; uid++) lab.host.addUser(`user${uid}`, uid);
  lab.host.calls.length = 0;
  expect(await job()?.run(signal)).toBe('200 users got the default limits');
  expect(lab.host.calls.filter((call) => call.startsWith('setquota'))).toEqual(['setquota -u -b -c /srv/data']);
});

it('nothing happens where no default was ever set, or none that limits', async () => {
  await open();
  lab.host.addUser('bare', 1100);
  await lab.context.store.put('default//dev/vdb', { blockSoft: 0, blockHard: 0, inodeSoft: 0, inodeHard: 0 });
  expect(await job()?.run(signal)).toBeUndefined();
  await lab.context.store.delete('default//dev/vdb');
  expect(await job()?.run(signal)).toBeUndefined();
  expect(lab.host.calls.filter((call) => call.startsWith('setquota'))).toEqual([]);
});

it('who uses as much already gets room above it, in whole GiB', () => {
  const limits = { blockSoft: 900n, blockHard: 1000n, inodeSoft: 0n, inodeHard: 0n };
  const row = (usedBytes: bigint) => ({ id: 1, ...limits, usedBytes, usedInodes: 0n, blockGrace: 0, inodeGrace: 0 });
  const given = (usedBytes: bigint) => {
    const { blockSoft, blockHard } = defaultFor(row(usedBytes), limits);
    return [blockSoft, blockHard];
  };
  const blocks = (gib: bigint): bigint => (gib * GIB) / 1024n;
  expect(given(899n * 1024n)).toEqual([900n, 1000n]);
  expect(given(900n * 1024n)).toEqual([blocks(2n), blocks(3n)]);
  expect(given(5n * GIB)).toEqual([blocks(6n), blocks(7n)]);
  expect(given(5n * GIB + 1n)).toEqual([blocks(7n), blocks(8n)]);
});
