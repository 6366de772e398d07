import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/plugin/contract.ts';
import { EMPTY } from '../emulator/faults.ts';
import {
  ACCOUNT,
  action,
  type Civo,
  create,
  failure,
  found,
  GB,
  OURS,
  observe,
  signal,
  startCivo,
  usage,
} from './lab.ts';

let civo: Civo;
let backend: Backend;
beforeEach(async () => {
  civo = await startCivo({ delaysMs: { credential: 3000, store: 10_000 } });
  backend = civo.open();
});
afterEach(() => civo.close());

async function make(changes: Parameters<typeof create>[0] = {}): Promise<string> {
  await backend.apply(create(changes), signal);
  await civo.clock.advance(3000);
  const { account = '' } = await backend.apply(create(changes), signal);
  await civo.clock.advance(10_000);
  return account;
}

describe('the life of a store', () => {
  it('waits for the credential and then for the store, and holds up no one', async () => {
    expect(await observe(backend)).toEqual({ state: 'absent', account: ACCOUNT });
    expect(await backend.apply(create(), signal)).toEqual({ changed: true });
    expect(await observe(backend)).toMatchObject({ state: 'pending', account: ACCOUNT, resource: OURS });
    await civo.clock.advance(3000);
    expect(await observe(backend)).toEqual({ state: 'absent', account: ACCOUNT });
    const { account = '' } = await backend.apply(create(), signal);
    expect(account).toMatch(/^LON1\/[0-9a-f-]{36}$/);
    expect(await observe(backend)).toMatchObject({
      state: 'pending',
      account,
      text: expect.stringContaining('5 to 15 s'),
    });
    await civo.clock.advance(10_000);
    expect(await found(backend, account)).toMatchObject({
      account,
      resource: OURS,
      quota: { bytes: 500n * GB, objects: null },
      keys: [],
      metadata: { bucket_name: ACCOUNT, region: 'LON1', status: 'ready', max_size_gb: 500, created_in_seconds: 13 },
      gauges: {
        size_bytes: 500_000_000_000,
        created_timestamp_seconds: civo.clock.now().getTime() / 1000 - 13,
        creation_seconds: 13,
      },
    });
  });

  it('takes an empty answer to a deletion for none', async () => {
    const account = await make();
    const end = action({ kind: 'delete-account', purge: false }, account);
    civo.faults = ({ method }) => (method === 'DELETE' ? EMPTY : undefined);
    expect(await failure(backend.apply(end, signal))).toMatchObject({
      code: 'CIVO_BAD_ANSWER',
      disposition: 'transient',
    });
    civo.faults = ({ method, path }) => (method === 'DELETE' && path.includes('credentials') ? EMPTY : undefined);
    expect(await failure(backend.apply(end, signal))).toMatchObject({ code: 'CIVO_BAD_ANSWER' });
    civo.faults = undefined;
    await backend.apply(end, signal);
    expect(civo.account.credentials.size).toBe(0);
  });

  it('is there once, wherever the process dies while Civo creates it', async () => {
    await backend.apply(create(), signal);
    await civo.clock.advance(3000);
    await backend.apply(create(), signal);
    for (const documents of [civo.documents, undefined]) {
      const next = civo.open({}, documents);
      const observed = await observe(next);
      expect(observed).toMatchObject({ state: 'pending', resource: OURS });
      await next.apply(create(), signal);
    }
    expect(civo.account.stores.size).toBe(1);
    expect(civo.account.credentials.size).toBe(1);
  });

  it('gets keys, another size, and goes with its credential', async () => {
    const account = await make();
    const { credentials } = await backend.apply(action({ kind: 'issue-key' }, account), signal);
    expect((await found(backend, account)).keys).toEqual([{ id: credentials?.accessKey, works: true }]);
    const from = { bytes: 500n * GB, objects: null };
    const to = { bytes: 1000n * GB, objects: null };
    expect(await backend.apply(action({ kind: 'set-quota', from, to }, account), signal)).toEqual({ changed: true });
    expect(await backend.apply(action({ kind: 'set-quota', from, to }, account), signal)).toEqual({ changed: false });
    civo.memory.buckets.get(ACCOUNT)?.put('a', Buffer.alloc(5000), 'text/plain', civo.clock.now());
    expect(await usage(backend, [account])).toMatchObject([{ account, quantities: { storage: 5000n, objects: 1n } }]);
    const refused = await failure(backend.apply(action({ kind: 'delete-account', purge: false }, account), signal));
    expect(refused).toMatchObject({ code: 'CIVO_NOT_EMPTY', disposition: 'terminal' });
    await backend.apply(action({ kind: 'delete-account', purge: true }, account), signal);
    expect([civo.account.stores.size, civo.account.credentials.size, civo.memory.buckets.size]).toEqual([0, 0, 0]);
  });
});
