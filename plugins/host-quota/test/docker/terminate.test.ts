import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../../../src/plugin/contract.ts';
import { DOCKER } from '../../docker/settings.ts';
import { createAccount, createLab, type HostLab, OURS, signal } from '../lab.ts';
import { createFakeEngine, type FakeEngine } from './fake-engine.ts';
import { container, MIB, NOW } from './objects.ts';

let lab: HostLab;
let engine: FakeEngine;
let backend: Backend;
let account: string;
beforeEach(async () => {
  lab = await createLab({ device: DOCKER });
  engine = createFakeEngine();
  backend = lab.open({ engine });
  const created = await backend.apply(createAccount({ bytes: 8n * MIB }), signal);
  account = created.account ?? '';
});
afterEach(async () => {
  await backend.close();
  await lab.close();
});

function terminate(): Promise<unknown> {
  return backend.apply({ kind: 'delete-account', account, resource: OURS, purge: false }, signal);
}

/** As of the user that the order made. */
function run(): void {
  const uid = account.split('/')[2]?.split('@')[0] ?? '';
  engine.containersNow = [container(1, { labels: { 'qman.user': uid }, createdAt: NOW })];
}

describe('a user of Docker whose resource ends', () => {
  it('is kept for a container that was made a moment ago', async () => {
    await backend.observe('all', signal)[Symbol.asyncIterator]().next();
    run();
    await expect(terminate()).rejects.toMatchObject({
      code: 'HOST_QUOTA_NOT_EMPTY',
      message: expect.stringContaining('1 MiB'),
    });
  });

  it('is not kept for a container that was removed a moment ago', async () => {
    run();
    await expect(terminate()).rejects.toMatchObject({ code: 'HOST_QUOTA_NOT_EMPTY' });
    engine.containersNow = [];
    await expect(terminate()).resolves.toMatchObject({ changed: true });
  });
});
