import { afterEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../../../src/plugin/contract.ts';
import { parseAccountId } from '../../accounts/account-id.ts';
import { DOCKER } from '../../docker/settings.ts';
import type { Settings } from '../../settings.ts';
import { createAccount, createLab, type HostLab, OURS, signal } from '../lab.ts';
import { createFakeEngine, type FakeEngine } from './fake-engine.ts';
import { container, MIB, NOW } from './objects.ts';

let lab: HostLab;
let engine: FakeEngine;
let backend: Backend;
let account: string;

async function order(settings: Partial<Settings>): Promise<void> {
  lab = await createLab(settings);
  engine = createFakeEngine();
  backend = lab.open({ engine });
  const created = await backend.apply(createAccount({ bytes: 8n * MIB }), signal);
  account = created.account ?? '';
}

afterEach(async () => {
  await backend.close();
  await lab.close();
});

function terminate(): Promise<unknown> {
  return backend.apply({ kind: 'delete-account', account, resource: OURS, purge: false }, signal);
}

/** As of the user that the order made. */
function run(): void {
  const labels = { 'qman.user': String(parseAccountId(account)?.id) };
  engine.containersNow = [container(1, { labels, createdAt: NOW })];
}

describe('a user of Docker whose resource ends', () => {
  it('is kept for a container that was made a moment ago', async () => {
    await order({ device: DOCKER });
    await backend.observe('all', signal)[Symbol.asyncIterator]().next();
    run();
    await expect(terminate()).rejects.toMatchObject({
      code: 'HOST_QUOTA_NOT_EMPTY',
      message: expect.stringContaining('1 MiB'),
    });
  });

  it('is not kept for a container that was removed a moment ago', async () => {
    await order({ device: DOCKER });
    run();
    await expect(terminate()).rejects.toMatchObject({ code: 'HOST_QUOTA_NOT_EMPTY' });
    engine.containersNow = [];
    await expect(terminate()).resolves.toMatchObject({ changed: true });
  });

  it('does not wait for an engine that is down where the resource is on another device', async () => {
    await order({ USE_DOCKER_QUOTA: true });
    engine.isDown = true;
    await expect(terminate()).resolves.toMatchObject({ changed: true });
  });
});
