import { describe, expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import type { Observed } from '../../src/plugin/contract.ts';
import type { Order, Resource } from '../../src/waldur/types.ts';
import { component, offeringConfig, RESOURCE } from '../fakes/offering.ts';
import { BYTES, createOrderWorld, found, type World } from './order-world.ts';

const error = (code: string, disposition: AgentError['disposition']): AgentError =>
  new AgentError('It did not work.', { code, disposition });
const FULL = error('FAKE_FULL', 'terminal');
const DOWN = error('FAKE_DOWN', 'transient');
const REFUSED = error('WALDUR_REFUSED', 'terminal');
const usageBilled = { components: [component({ accountingType: 'usage' })] };
const WAIT = 'tell: The storage is not available at the moment. The order is kept and tried again.';
const HELD_BACK = 'tell: The operator of the storage has to carry this out. The order is kept until then.';

describe('an options order, which Waldur closes as soon as it is approved,', () => {
  const options: World = {
    order: { type: 'Update', attributes: { new_options: { storage_limit: 2 } } },
    offering: usageBilled,
  };
  const withEndpoints = found({ endpoints: [{ name: 'S3', url: 'https://new' }] });

  test.each<[string, World, string, readonly string[]]>([
    ['is carried out before it is approved', { ...options, approved: 'done' }, 'done', ['quota 2', 'approve']],
    [
      'is set done when Waldur does not close it',
      { ...options, approved: 'executing' },
      'done',
      ['quota 2', 'approve', 'done'],
    ],
    [
      'is rejected when the backend refuses, and what was changed is as before',
      { ...options, failing: { 'issue-key': FULL }, account: found({ keys: [] }) },
      'rejected',
      ['quota 2', 'issue-key', 'quota 1', 'rejected'],
    ],
    [
      'keeps what was changed when the backend is down: it is tried again',
      { ...options, failing: { 'issue-key': DOWN }, account: found({ keys: [] }) },
      'FAKE_DOWN',
      ['quota 2', 'issue-key', WAIT],
    ],
    [
      'is not rejected for what Waldur refuses to the agent',
      { ...options, failing: { metadata: REFUSED }, account: found({ metadata: { a: 'b' } }) },
      'WALDUR_REFUSED',
      ['quota 2', 'credentials in', WAIT],
    ],
    [
      'is not held up by endpoints that Waldur refuses',
      { ...options, failing: { endpoints: REFUSED }, account: withEndpoints, approved: 'done' },
      'done',
      ['quota 2', 'endpoints', 'approve'],
    ],
    ['that was taken back is left', { ...options, approved: 'canceled' }, 'deferred', ['quota 2', 'approve']],
    [
      'that says nothing that can be meant is rejected before anything is done',
      { ...options, order: { type: 'Update', attributes: { new_options: { storage_limit: 'a lot' } } } },
      'rejected',
      ['rejected'],
    ],
    [
      'that is closed already is followed all the same',
      { ...options, order: { ...options.order, state: 'done' }, resource: { options: { storage_limit: 2 } } },
      'skipped',
      ['quota 2'],
    ],
    [
      'that is closed already, of a resource without an account, is left',
      { ...options, order: { ...options.order, state: 'done' }, resource: { backendId: '' } },
      'skipped',
      [],
    ],
    [
      'that is closed already, of a resource that ended, is left',
      {
        ...options,
        order: { ...options.order, state: 'done' },
        resource: { state: 'Terminated', options: { storage_limit: 2 } },
      },
      'skipped',
      [],
    ],
  ])('%s', async (_, world, ending, did) => {
    const made = createOrderWorld(world);
    expect(await made.handle()).toBe(ending);
    expect(made.did).toEqual(did);
  });
});

describe('a create order', () => {
  const fresh: World = {
    order: { limits: { s3_storage: 1 } },
    account: undefined,
    resource: { backendId: '', limits: {}, backendMetadata: {}, state: 'Creating' },
  };
  const made = ['create-account', 'id waldur_acme_genomics_5a1e5a1e', 'issue-key', 'credentials in'];
  const pending: Observed = {
    state: 'pending',
    account: 'a',
    resource: RESOURCE,
    since: new Date('2026-08-25T09:00:00Z'),
    text: 'Being made.',
    againAfterMs: 1000,
  };
  const patient = { plugin: { ...offeringConfig().plugin, pendingMs: 7_200_000 } };
  test.each<[string, World, string, readonly string[]]>([
    ['is approved before anything is made', fresh, 'done', ['approve', ...made, 'done']],
    [
      'that is approved already is carried out',
      { ...fresh, order: { ...fresh.order, state: 'executing' } },
      'done',
      [...made, 'done'],
    ],
    [
      'of another offering is skipped',
      { ...fresh, order: { ...fresh.order, offering: 'ee'.repeat(16) } },
      'skipped',
      [],
    ],
    ['that is over is left', { ...fresh, order: { ...fresh.order, state: 'rejected' } }, 'skipped', []],
    [
      'that a person approves waits for that',
      { ...fresh, offering: { approval: 'manual' } },
      'deferred',
      ['tell: Waiting for the provider to approve this order.'],
    ],
    ['that waits for its date is left', { ...fresh, approved: 'pending-start-date' }, 'deferred', ['approve']],
    ['without a limit is rejected', { ...fresh, order: {} }, 'rejected', ['rejected']],
    [
      'that fails for good once it is approved is erred, never rejected',
      { ...fresh, failing: { 'create-account': FULL } },
      'erred',
      ['approve', 'create-account', 'erred'],
    ],
    [
      'that fails for now is kept as it is',
      { ...fresh, failing: { 'create-account': DOWN } },
      'FAKE_DOWN',
      ['approve', 'create-account'],
    ],
    ['says that the storage is down', { ...fresh, failing: { observe: DOWN } }, 'FAKE_DOWN', [WAIT]],
    [
      'against the policy is neither approved nor rejected',
      { ...fresh, offering: { policy: 'observe-only' } },
      'POLICY',
      [HELD_BACK],
    ],
    [
      'whose account is being made waits',
      { ...fresh, account: pending, offering: patient },
      'pending',
      ['approve', 'id a', 'credentials out'],
    ],
    [
      'whose account is being made for too long is rejected',
      { ...fresh, account: { ...pending, since: new Date('2026-08-25T08:00:00Z') }, offering: patient },
      'rejected',
      ['rejected'],
    ],
    [
      'whose limit is rounded says so before it is approved',
      {
        ...fresh,
        order: { limits: { s3_storage: 1.5 } },
        offering: {
          plugin: {
            ...offeringConfig().plugin,
            components: { storage: { unit: 'bytes', limit: { step: BYTES }, usage: true } },
          },
        },
      },
      'done',
      ['tell: S3_storage is rounded up from 1.5 to 2 GB.', 'approve', ...made, 'done'],
    ],
  ])('%s', async (_, world, ending, did) => {
    const run = createOrderWorld(world);
    expect(await run.handle()).toBe(ending);
    expect(run.did).toEqual(did);
  });
});

describe('keys that Waldur does not know', () => {
  const account = found({ keys: ['K', 'OLD'].map((id) => ({ id, works: true })) });
  const limits = { s3_storage: 1 };
  test.each<[string, Partial<Order>, readonly string[]]>([
    ['go with a create order, whose earlier try left them', { limits }, ['revoke OLD']],
    ['go with a restore', { type: 'Restore' }, ['revoke OLD']],
    ['stay with any other order: they may be about to be reported', { type: 'Update', limits }, []],
  ])('%s', async (_, values, did) => {
    const run = createOrderWorld({ order: { ...values, state: 'executing' }, account });
    expect(await run.handle()).toBe('done');
    expect(run.did).toEqual([...did, 'done']);
  });
});

test.each<[string, Partial<Resource>, readonly string[], readonly string[]]>([
  ['decides where nothing closer to the consumer does', { plan: 'p1', limits: {} }, ['p1'], ['quota 3', 'done']],
  ['is not read where something does', { plan: 'p1' }, [], ['done']],
])('the plan %s', async (_, values, asked, did) => {
  const run = createOrderWorld({
    order: { type: 'Update', state: 'executing', attributes: { action: 'renew' } },
    resource: values,
    offering: usageBilled,
  });
  expect(await run.handle()).toBe('done');
  expect(run.asked).toEqual(asked);
  expect(run.did).toEqual(did);
});

describe('a terminate order', () => {
  const over: World = { order: { type: 'Terminate' } };
  const all = ['approve', 'final report', 'delete-account', 'credentials out', 'done'];
  test.each<[string, World, string, readonly string[]]>([
    ['reports the last usage before the account goes', over, 'done', all],
    [
      'deletes nothing while the last usage cannot be reported',
      { ...over, failing: { 'final report': DOWN } },
      'FAKE_DOWN',
      ['approve', 'final report'],
    ],
    [
      'of an account that is gone reports nothing, and takes what may be left of it',
      { ...over, account: undefined },
      'done',
      ['approve', 'delete-account', 'credentials out', 'done'],
    ],
    [
      'of a resource that never had one',
      { ...over, resource: { backendId: '' } },
      'done',
      ['approve', 'credentials out', 'done'],
    ],
    [
      'of the account of another resource is rejected',
      { ...over, account: found({ resource: 'b'.repeat(32) }) },
      'rejected',
      ['rejected'],
    ],
    [
      'of an account that holds data is erred',
      { ...over, failing: { 'delete-account': FULL } },
      'erred',
      ['approve', 'final report', 'delete-account', 'erred'],
    ],
  ])('%s', async (_, world, ending, did) => {
    const run = createOrderWorld(world);
    expect(await run.handle()).toBe(ending);
    expect(run.did).toEqual(did);
  });
});
