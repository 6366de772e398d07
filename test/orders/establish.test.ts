import { describe, expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { offeringConfig } from '../fakes/offering.ts';
import { createEstablishWorld as setup } from './establish-world.ts';

const OUTAGE = new AgentError('no answer', { code: 'WALDUR_FAILED', disposition: 'transient', status: 502 });
const THROTTLED = new AgentError('wait', {
  code: 'WALDUR_RATE_LIMITED',
  disposition: 'transient',
  retryAfterMs: 3_600_000,
});
const refused = (text: string): AgentError =>
  new AgentError(`set backend id: Waldur answered 400${text}`, {
    code: 'WALDUR_REFUSED',
    disposition: 'terminal',
    status: 400,
  });

describe('a key whose report fails, with credentials in the metadata,', () => {
  test('is revoked, however often it is tried', async () => {
    const { run, keys, row } = setup({ fails: { setBackendMetadata: OUTAGE } });
    for (let n = 0; n < 12; n++) expect(await run()).toBe(OUTAGE);
    expect(keys).toEqual([]);
    expect(row().backendMetadata).toEqual({});
  });
  test('stays when Waldur has it all the same', async () => {
    const { run, keys, row } = setup({ fails: { setBackendMetadata: OUTAGE }, lost: true });
    expect(await run()).toBeUndefined();
    expect(keys).toEqual(['K1']);
    expect(row().backendMetadata).toMatchObject({ s3_credentials: { access_key: 'K1' } });
  });
  test('stays when it is unknown whether Waldur has it', async () => {
    const { run, keys } = setup({ fails: { setBackendMetadata: OUTAGE, get: OUTAGE } });
    expect(await run()).toMatchObject({ code: 'KEY_UNSETTLED' });
    expect(keys).toEqual(['K1']);
  });
  test('holds no slot for as long as a server wants to be left alone', async () => {
    const { run, clock, keys } = setup({ fails: { setBackendMetadata: THROTTLED } });
    expect(await run()).toBe(THROTTLED);
    expect(clock.monotonicMs()).toBeLessThan(60_000);
    expect(keys).toEqual([]);
  });
});

describe('a key whose report fails, with credentials in API keys,', () => {
  const offering = { credentials: 'api_keys' } as const;
  test('is revoked when Waldur does not have it', async () => {
    const { run, keys } = setup({ offering, fails: { reportCreated: OUTAGE } });
    expect(await run()).toBe(OUTAGE);
    expect(keys).toEqual([]);
  });
  test('stays when Waldur has it all the same', async () => {
    const { run, keys } = setup({ offering, fails: { reportCreated: OUTAGE }, lost: true });
    expect(await run()).toBeUndefined();
    expect(keys).toEqual(['K1']);
  });
  test('stays when it is unknown whether Waldur has it', async () => {
    const { run, keys } = setup({ offering, fails: { reportCreated: OUTAGE, listAgain: OUTAGE } });
    expect(await run()).toMatchObject({ code: 'KEY_UNSETTLED' });
    expect(keys).toEqual(['K1']);
  });
});

describe('a name that is refused', () => {
  const own = { fails: { setBackendId: refused(': backend_id: does not match') } };
  test('by Waldur ends the order, and what was made for it goes', async () => {
    const { run, did } = setup(own);
    expect(await run()).toMatchObject({ code: 'ORDER_NAME_REFUSED', disposition: 'terminal' });
    expect(did.map((what) => what.split(' ')[0])).toEqual(['create-account', 'delete-account']);
  });
  test('by Waldur deletes nothing under the policy no-delete', async () => {
    const { run, did } = setup({ ...own, offering: { policy: 'no-delete' } });
    expect(await run()).toMatchObject({ code: 'ORDER_NAME_REFUSED' });
    expect(did.map((what) => what.split(' ')[0])).toEqual(['create-account']);
  });
  test('by a proxy in between says nothing, and deletes nothing', async () => {
    const failure = refused('');
    const { run, did } = setup({ fails: { setBackendId: failure } });
    expect(await run()).toBe(failure);
    expect(did.map((what) => what.split(' ')[0])).toEqual(['create-account']);
  });
});

test('the id that the backend gives is stored, and used for everything that follows', async () => {
  const { run, did, row } = setup({ id: 'volume-7' });
  expect(await run()).toBeUndefined();
  expect(row().backendId).toBe('volume-7');
  expect(did).toEqual(['create-account waldur_acme_genomics_5a1e5a1e', 'issue-key volume-7']);
});

test('an account that vanishes while it is set up is looked at again later', async () => {
  const { run, row } = setup({ vanishesAfter: 'issue-key' });
  expect(await run()).toMatchObject({ code: 'ACCOUNT_VANISHED', disposition: 'transient' });
  expect(row().backendMetadata).toEqual({});
});

describe('an account that the backend takes its time to make', () => {
  const plugin = { ...offeringConfig().plugin, pendingMs: 3_600_000 };
  test('gets nothing else yet; its owner sees what is being waited for, which is written once', async () => {
    const { run, did, row, ended } = setup({ offering: { plugin }, pendingLooks: 9 });
    await run();
    expect(did).toEqual(['create-account waldur_acme_genomics_5a1e5a1e']);
    expect(row()).toMatchObject({
      backendId: 'waldur_acme_genomics_5a1e5a1e',
      backendMetadata: { provisioning: 'Soon.' },
    });
    const before = row();
    await run();
    expect(row()).toBe(before);
    expect(ended.map(({ pending }) => pending?.text)).toEqual(['Soon.', 'Soon.']);
  });
  test('is waited for also when its owner cannot be told', async () => {
    const world = { offering: { plugin }, pendingLooks: 9, fails: { setBackendMetadata: OUTAGE } };
    const { run, ended } = setup(world);
    expect(await run()).toBeUndefined();
    expect(ended[0]?.pending?.text).toBe('Soon.');
  });
  test('is not waited for once it is there, and what was said about it goes', async () => {
    const { run, row, keys } = setup({ offering: { plugin }, pendingLooks: 1 });
    await run();
    await run();
    expect(keys).toEqual(['K1']);
    expect(row().backendMetadata).not.toHaveProperty('provisioning');
  });
  test('is looked at once more only right after it was made, and only where accounts can be pending', async () => {
    const able = setup({ offering: { plugin } });
    await able.run();
    expect(able.looks()).toBe(3);
    await able.run();
    expect(able.looks()).toBe(4);
    const unable = setup({});
    await unable.run();
    expect(unable.looks()).toBe(2);
  });
});

describe('a flag that the backend', () => {
  const paused = { limits: { s3_storage: 1 }, paused: true };
  const never = new AgentError('There is no such call.', { code: 'FAKE_NO_FLAG', disposition: 'terminal' });
  const down = new AgentError('down', { code: 'FAKE_DOWN', disposition: 'transient' });
  test('will never set is named, and everything else is done', async () => {
    const { run, keys, ended } = setup({ resource: paused, fails: { suspend: never } });
    expect(await run()).toBeUndefined();
    expect(ended).toEqual([{ refused: never }]);
    expect(keys).toEqual(['K1']);
  });
  test.each([
    ['down', down],
    ['broken', new TypeError('x') as unknown as AgentError],
  ])('cannot set now, because it is %s, is tried again', async (_, failure) => {
    const { run, keys } = setup({ resource: paused, fails: { suspend: failure } });
    expect(await run()).toBe(failure);
    expect(keys).toEqual([]);
  });
  test('sets is not named', async () => {
    const { run, ended } = setup({ resource: paused });
    await run();
    expect(ended).toEqual([{}]);
  });
});

describe('endpoints', () => {
  const endpoints = [{ name: 'S3', url: 'https://s3' }];
  test('that Waldur refuses keep no account from its owner', async () => {
    const { run, ended } = setup({ endpoints, fails: { setEndpoints: refused(': url: not valid') } });
    expect(await run()).toBeUndefined();
    expect(ended).toEqual([{}]);
  });
  test('that get lost are sent again', async () => {
    const { run } = setup({ endpoints, fails: { setEndpoints: OUTAGE } });
    expect(await run()).toBe(OUTAGE);
  });
});
