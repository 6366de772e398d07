import { expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { bringInStep, inspectResource } from '../../src/orders/inspect-resource.ts';
import { createKeyStore } from '../../src/orders/key-store.ts';
import type { Action, Backend, Found } from '../../src/plugin/contract.ts';
import { type Finding, findDrift } from '../../src/upkeep/find-drift.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import type { ApiKey } from '../../src/waldur/types.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { offeringConfig, RESOURCE, resource } from '../fakes/offering.ts';

const signal = new AbortController().signal;
const MINUTE = 60_000;

/** A resource in step, but for the key `LOST`, which an agent that died did not report. */
function setup(policy: 'full' | 'no-delete' = 'full') {
  const row = { uuid: '7c'.repeat(16), resource: RESOURCE, state: 'OK', pendingAction: undefined, modified: '' };
  const rows: ApiKey[] = [{ ...row, clientId: 'K1' }];
  const list = { fails: false };
  const applied: Action[] = [];
  const owned = resource({ state: 'OK', backendId: 'a', limits: { s3_storage: 1 } });
  const waldur = {
    apiKeys: {
      list: async () => {
        if (list.fails) throw new AgentError('down', { code: 'WALDUR_FAILED', disposition: 'transient' });
        return [...rows];
      },
    },
    resources: {
      list: async function* () {
        yield owned;
      },
    },
  } as unknown as Waldur;
  const found: Found = {
    state: 'found',
    account: 'a',
    resource: RESOURCE,
    suspended: false,
    quota: { bytes: 1_073_741_824n, objects: null },
    keys: ['K1', 'LOST'].map((id) => ({ id, works: true })),
    metadata: {},
    endpoints: [],
  };
  const backend = {
    observe: async function* () {
      yield found;
    },
    apply: async (action: Action) => {
      applied.push(action);
      return { changed: true };
    },
  } as unknown as Backend;
  const clock = manualClock();
  const { plugin } = offeringConfig();
  const offering = offeringConfig({ credentials: 'api_keys', policy, plugin: { ...plugin, keys: 1 } });
  const keys = createKeyStore({ offering, waldur, clock, random: () => 0.5 });
  const deps = { offering, waldur, backend, keys, clock, log: silentLog(), planQuotas: async () => ({}) };
  return {
    clock,
    rows,
    list,
    applied,
    look: async (): Promise<Finding | undefined> => {
      for await (const finding of findDrift(deps, signal)) return finding;
      return undefined;
    },
    repair: async () => {
      const inspection = await inspectResource(deps, owned, signal);
      if (!inspection.isInStep) await bringInStep(deps, inspection, signal);
    },
  };
}

const revocation = { kind: 'revoke-key', account: 'a', resource: RESOURCE, accessKey: 'LOST' };

test('a key no one knows is found and revoked after a quarter of an hour, and only that key', async () => {
  const { look, repair, clock, applied } = setup();
  expect(await look()).toMatchObject({ kind: 'in-step', actions: [] });
  await repair();
  await clock.advance(14 * MINUTE);
  await repair();
  expect(applied).toEqual([]);
  await clock.advance(MINUTE);
  expect(await look()).toMatchObject({ kind: 'drift', actions: [revocation] });
  await repair();
  expect(applied).toEqual([revocation]);
});

test('what turned out to be known by then stays', async () => {
  const { look, repair, clock, rows, applied } = setup();
  await look();
  await clock.advance(15 * MINUTE);
  rows.push({ ...(rows[0] as ApiKey), uuid: '8d'.repeat(16), clientId: 'LOST' });
  expect(await look()).toMatchObject({ kind: 'in-step' });
  await repair();
  expect(applied).toEqual([]);
});

test('while the keys cannot be listed nothing is revoked', async () => {
  const { look, repair, clock, list, applied } = setup();
  await look();
  await clock.advance(60 * MINUTE);
  list.fails = true;
  await expect(look()).rejects.toMatchObject({ code: 'WALDUR_FAILED' });
  await expect(repair()).rejects.toMatchObject({ code: 'WALDUR_FAILED' });
  expect(applied).toEqual([]);
});

test('the policy no-delete keeps it, without an error', async () => {
  const { look, repair, clock, applied } = setup('no-delete');
  await look();
  await clock.advance(15 * MINUTE);
  expect(await look()).toMatchObject({ kind: 'in-step' });
  await repair();
  expect(applied).toEqual([]);
});
