import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/plugin/contract.ts';
import { keptLimit } from '../../../src/plugin/limit-rules.ts';
import { createMemoryDocuments } from '../../../src/plugin/memory-documents.ts';
import { createS3 } from '../../../src/s3/index.ts';
import { BAD_GATEWAY } from '../emulator/faults.ts';
import { SIZE_RULES } from '../size.ts';
import { readStamp, stampOf } from '../stamp.ts';
import {
  ACCOUNT,
  action,
  type Civo,
  create,
  createHttp,
  failure,
  found,
  GB,
  OTHER,
  OURS,
  observe,
  observeAll,
  signal,
  startCivo,
  TOKEN,
  usage,
  wordsOf,
} from './lab.ts';

/** What the official clients get wrong, with the store that it happened to. */
let civo: Civo;
let backend: Backend;
beforeEach(async () => {
  civo = await startCivo();
  backend = civo.open();
});
afterEach(() => civo.close());

async function make(changes: Parameters<typeof create>[0] = {}): Promise<string> {
  const { account = '' } = await backend.apply(create(changes), signal);
  civo.calls();
  return account;
}

const idOf = (account: string): string => account.split('/')[1] ?? '';

describe('the defects of official clients', () => {
  it('1: a read that fails is no absence', async () => {
    const account = await make();
    civo.faults = () => BAD_GATEWAY;
    expect(await failure(observe(civo.open(), account))).toMatchObject({ disposition: 'transient' });
    civo.faults = ({ path }) => (path.endsWith('/stats') ? BAD_GATEWAY : undefined);
    expect(await usage(backend, [account])).toEqual([]);
  });

  it('2: a change of tags does not touch the size, and no size is ever 0', async () => {
    const account = await make();
    const changes = [{ path: 'tags', from: [], to: ['team:red'] }];
    expect((await backend.apply(action({ kind: 'configure', changes }, account), signal)).changed).toBe(true);
    expect(civo.calls().filter((call) => call.startsWith('PUT'))).toEqual([]);
  });

  it('3: a name is not changed', async () => {
    const account = await make({ attributes: { bucket_name: 'first-name' } });
    expect((await found(backend, account)).attributes).toMatchObject({ bucket_name: 'first-name' });
    const changes = [{ path: 'bucket_name', from: 'first-name', to: 'other-name' }];
    const refused = await failure(backend.apply(action({ kind: 'configure', changes }, account), signal));
    expect(refused).toMatchObject({ code: 'CIVO_UNSUPPORTED', disposition: 'terminal' });
  });

  it('5: a store is found by its id, whatever others are called', async () => {
    const account = await make();
    await civo.account.createStore(civo.account.options.regions[0] ?? never(), `${ACCOUNT}-backup`, 1000, undefined);
    expect(await found(civo.open(), account)).toMatchObject({ account, quota: { bytes: 500n * GB } });
    expect(await found(civo.open())).toMatchObject({ account, resource: OURS });
  });

  it('6: the store on the last page is found', async () => {
    Object.assign(civo.account.options, { quotaGb: 1_000_000 });
    const region = civo.account.options.regions[0] ?? never();
    for (let i = 0; i < 245; i++) await civo.account.createStore(region, `store-${i}`, 500, undefined);
    const account = await make();
    expect(await found(civo.open(), account)).toMatchObject({ account });
    expect(await observeAll(civo.open())).toHaveLength(1);
  });

  it('8: the region reaches every call', async () => {
    const account = await make();
    await backend.apply(action({ kind: 'issue-key' }, account), signal);
    await observe(civo.open(), account);
    await usage(backend, [account]);
    await backend.check(signal);
    await backend.apply(action({ kind: 'delete-account', purge: true }, account), signal);
    expect(civo.asked.length).toBeGreaterThan(10);
    for (const { query } of civo.asked) expect(query.get('region')).toBe('LON1');
  });

  it('10: the credential of another store stays, and no attached one is ever deleted', async () => {
    const account = await make();
    const credential = [...civo.account.credentials.values()][0] ?? never();
    const { accessKey } = credential.keys;
    await civo.account.createStore(civo.account.options.regions[0] ?? never(), 'second-store', 500, accessKey);
    await backend.apply(action({ kind: 'delete-account', purge: false }, account), signal);
    expect([...civo.account.stores.values()].map(({ name }) => name)).toEqual(['second-store']);
    expect(civo.account.credentials.size).toBe(1);
    expect(civo.calls().filter((call) => call.startsWith('DELETE objectstore/'))).toEqual([]);
  });

  it('12: nothing is written when nothing differs', async () => {
    const attributes = { versioning: true, tags: ['a:1'] };
    const account = await make({ attributes });
    const quota = { bytes: 500n * GB, objects: null };
    civo.memory.asked.length = 0;
    const changes = [{ path: 'tags', from: [], to: ['a:1'] }];
    const repeated = [
      create({ account, attributes }),
      action({ kind: 'set-quota', from: quota, to: quota }, account),
      action({ kind: 'configure', changes }, account),
    ];
    for (const one of repeated) expect(await backend.apply(one, signal)).toMatchObject({ changed: false });
    const all = [...civo.calls(), ...civo.memory.asked];
    expect(all.length).toBeGreaterThan(2);
    expect(all.filter((call) => !call.startsWith('GET'))).toEqual([]);
  });

  it('13: a listing of credentials that fails makes no second one', async () => {
    civo.faults = ({ path, method }) => (path.endsWith('credentials') && method === 'GET' ? BAD_GATEWAY : undefined);
    expect(await failure(backend.apply(create(), signal))).toMatchObject({ disposition: 'transient' });
    expect(civo.account.credentials.size).toBe(0);
  });

  it('15: neither the token nor a secret shows', async () => {
    const loud = civo.open({ debug: '1' });
    const { account = '' } = await loud.apply(create(), signal);
    const { credentials } = await loud.apply(action({ kind: 'issue-key' }, account), signal);
    const seen = await found(loud, account);
    civo.faults = () => ({ kind: 'reply', reply: { status: 400, body: { code: 'x', reason: `bearer ${TOKEN}` } } });
    const error = await failure(loud.apply(action({ kind: 'issue-key' }, account), signal));
    const said = [...civo.lines, wordsOf(error), JSON.stringify(seen.metadata), JSON.stringify(seen.keys)].join('\n');
    expect(said).toContain('Civo answered');
    const secrets = [...civo.account.credentials.values()].map(({ keys }) => keys.secretKey);
    for (const secret of [TOKEN, credentials?.secretKey ?? never(), ...secrets]) expect(said).not.toContain(secret);
  });

  it('16: sizes are whole steps, exactly', async () => {
    expect(keptLimit(750n * GB, SIZE_RULES)).toBe(1000n * GB);
    expect(keptLimit(2n ** 53n + 1n, SIZE_RULES)).toBe(9_007_500n * GB);
    for (const size of [0n, null, -1n]) expect(keptLimit(size, SIZE_RULES)).toBeUndefined();
    for (const bytes of [0n, -1n, null]) {
      expect(await failure(backend.apply(create({ quota: { bytes } }), signal))).toMatchObject({
        code: 'CIVO_BAD_SIZE',
      });
    }
    expect(civo.asked.filter(({ method }) => method !== 'GET')).toEqual([]);
    const account = await make({ quota: { bytes: 750n * GB } });
    expect(civo.account.stores.get(idOf(account))?.sizeGb).toBe(1000);
  });
});

describe('drift that only a person may judge', () => {
  it('is a policy that was set by hand: it is told, and stays', async () => {
    const account = await make();
    expect((await found(backend, account)).metadata).not.toHaveProperty('bucket_policy');
    civo.memory.buckets.get(ACCOUNT)?.documents.set('policy', '{"Statement":[]}');
    expect((await found(backend, account)).metadata).toMatchObject({ bucket_policy: 'set by hand' });
    expect(civo.lines.join()).toContain('the bucket has a policy that was set by hand');
    const changes = [{ path: 'tags', from: [], to: ['a:1'] }];
    await backend.apply(action({ kind: 'configure', changes }, account), signal);
    expect(civo.memory.buckets.get(ACCOUNT)?.documents.has('policy')).toBe(true);
  });

  it('is a credential that Civo suspended', async () => {
    const account = await make();
    const [credential] = civo.account.credentials.values();
    Object.assign(credential ?? never(), { suspended: true });
    expect((await found(civo.open(), account)).metadata).toMatchObject({
      warning: expect.stringContaining('suspended'),
    });
  });
});

describe('a store that does not become ready', () => {
  beforeEach(() => {
    Object.assign(civo.account.options.delaysMs, { store: 5000 });
  });

  it('4: is made once, though the process ends while it is being created', async () => {
    const { account = '' } = await backend.apply(create(), signal);
    const next = civo.open({}, createMemoryDocuments(civo.clock));
    expect(await observe(next)).toMatchObject({ state: 'pending', account });
    expect(await next.apply(create(), signal)).toEqual({ changed: false, account });
    expect([civo.account.stores.size, civo.account.credentials.size]).toEqual([1, 1]);
  });

  it('7: fails the order when Civo calls it failed, and leaves nothing', async () => {
    civo.account.failNext = 'store';
    await backend.apply(create(), signal);
    await civo.clock.advance(5000);
    expect(await observe(backend)).toEqual({ state: 'absent', account: ACCOUNT });
    expect(await failure(backend.apply(create(), signal))).toMatchObject({
      code: 'CIVO_STORE_FAILED',
      disposition: 'terminal',
    });
    expect([civo.account.stores.size, civo.account.credentials.size]).toEqual([0, 0]);
  });

  it('7: fails the order after create_timeout', async () => {
    Object.assign(civo.account.options.delaysMs, { store: Number.POSITIVE_INFINITY });
    await backend.apply(create(), signal);
    await civo.clock.advance(30 * 60_000);
    expect(await observe(backend)).toMatchObject({ state: 'pending' });
    await civo.clock.advance(1);
    expect(await observe(backend)).toEqual({ state: 'absent', account: ACCOUNT });
    expect(await failure(backend.apply(create(), signal))).toMatchObject({
      code: 'CIVO_STORE_STUCK',
      disposition: 'terminal',
    });
  });

  it('stays when it fails after it was in use', async () => {
    const { account = '' } = await backend.apply(create(), signal);
    await civo.clock.advance(5000);
    await found(backend, account);
    const store = civo.account.stores.get(idOf(account)) ?? never();
    store.failed = true;
    await civo.clock.advance(5000);
    expect(await found(backend, account)).toMatchObject({ metadata: { status: 'failed' } });
    expect(await failure(backend.apply(create({ account }), signal))).toMatchObject({
      code: 'CIVO_STORE_BROKEN',
      disposition: 'operator',
    });
    expect(civo.account.stores.size).toBe(1);
  });

  it('is cleared away without a record only when it provably holds nothing', async () => {
    civo.account.failNext = 'store';
    await backend.apply(create(), signal);
    await civo.clock.advance(5000);
    const next = civo.open({}, createMemoryDocuments(civo.clock));
    civo.faults = ({ path }) => (path.endsWith('/stats') ? BAD_GATEWAY : undefined);
    expect(await observe(next)).toMatchObject({ state: 'found', metadata: { status: 'failed' } });
    civo.faults = undefined;
    expect(await observe(next)).toEqual({ state: 'absent', account: ACCOUNT });
  });

  it('is a credential that fails, too', async () => {
    Object.assign(civo.account.options.delaysMs, { credential: 1000 });
    civo.account.failNext = 'credential';
    await backend.apply(create(), signal);
    await civo.clock.advance(1000);
    expect(await failure(backend.apply(create(), signal))).toMatchObject({ code: 'CIVO_CREDENTIAL_FAILED' });
    expect(civo.account.credentials.size).toBe(0);
  });
});

describe('11: the name of a ghost', () => {
  it('gets a suffix and a tombstone, and the operator is told', async () => {
    civo.account.ghosts.set(ACCOUNT, Number.POSITIVE_INFINITY);
    const account = await make();
    expect(await found(backend, account)).toMatchObject({ metadata: { bucket_name: `${ACCOUNT}-2` } });
    const checks = await backend.check(signal);
    expect(checks.find(({ name }) => name === 'ghosts')).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining(ACCOUNT),
    });
  });

  it('is refused when the name was ordered', async () => {
    civo.account.ghosts.set('wanted', Number.POSITIVE_INFINITY);
    const refused = await failure(backend.apply(create({ attributes: { bucket_name: 'wanted' } }), signal));
    expect(refused).toMatchObject({ code: 'CIVO_NAME_EXISTS', disposition: 'terminal' });
  });

  it('is refused when a store of that name is there', async () => {
    await civo.account.createStore(civo.account.options.regions[0] ?? never(), 'wanted', 500, undefined);
    const refused = await failure(backend.apply(create({ attributes: { bucket_name: 'wanted' } }), signal));
    expect(refused).toMatchObject({ code: 'CIVO_NAME_EXISTS', disposition: 'terminal' });
    expect(civo.account.stores.size).toBe(1);
  });

  it('is the reply that was lost, and not a ghost, when the store is ours', async () => {
    civo.faults = ({ method, path }) => (method === 'POST' && path.endsWith('stores') ? { kind: 'lost' } : undefined);
    expect(await failure(backend.apply(create(), signal))).toMatchObject({ disposition: 'transient' });
    civo.faults = undefined;
    const account = await make();
    expect(civo.account.stores.get(idOf(account))?.name).toBe(ACCOUNT);
    expect(civo.account.stores.size).toBe(1);
  });

  it('comes with a restore: the same name with a suffix, a new id and the same stamp', async () => {
    const old = await make({ attributes: { bucket_name: 'wanted' } });
    await civo.account.removeStore(civo.account.stores.get(idOf(old)) ?? never());
    await civo.clock.advance(5000);
    expect(await observe(backend, old)).toEqual({ state: 'absent', account: old });
    const { account } = await backend.apply(create({ account: old, attributes: { bucket_name: 'wanted' } }), signal);
    expect(account).not.toBe(old);
    expect(await found(backend, account)).toMatchObject({
      resource: OURS,
      attributes: { bucket_name: 'wanted' },
      metadata: { bucket_name: 'wanted-2' },
    });
  });
});

describe('stamps', () => {
  it('say whose a credential is, and fit', () => {
    expect(stampOf(ACCOUNT, OURS)).toBe(`${ACCOUNT}-${OURS}`);
    expect(stampOf('a'.repeat(40), OURS)).toBe(OURS);
    expect(stampOf(`LON1/${OTHER}`, OURS)).toBe(OURS);
    for (const name of [stampOf(ACCOUNT, OURS), OURS]) expect(readStamp(name)).toBe(OURS);
    for (const name of ['', ACCOUNT, `${OURS}x`, `${OURS.toUpperCase()}`, `_${OURS}`])
      expect(readStamp(name)).toBeUndefined();
  });
});

describe('F26', () => {
  it('is a bucket that is made, looked at through the API, written, read and destroyed', async () => {
    const account = await make();
    const { credentials } = await backend.apply(action({ kind: 'issue-key' }, account), signal);
    const answer = await fetch(`${civo.url}/v2/objectstores/${idOf(account)}?region=LON1`, {
      headers: { authorization: `bearer ${TOKEN}` },
    });
    expect(await answer.json()).toMatchObject({ name: ACCOUNT, max_size: 500, status: 'ready' });
    const { accessKey, secretKey, endpoint, region } = credentials ?? never();
    const s3 = createS3({
      connect: (options) => createHttp(options, { clock: civo.clock }),
      endpoint,
      region,
      keys: { accessKey, secretKey },
      now: () => civo.clock.now(),
    });
    await s3.objects.put(ACCOUNT, 'hello', 'world', 'text/plain', signal);
    expect(await s3.objects.get(ACCOUNT, 'hello', signal)).toBe('world');
    await backend.apply(action({ kind: 'delete-account', purge: true }, account), signal);
    expect(await observe(backend, account)).toEqual({ state: 'absent', account });
    expect(await failure(s3.objects.get(ACCOUNT, 'hello', signal))).toMatchObject({ code: 'S3_CREDENTIALS' });
    s3.close();
  });
});

function never(): never {
  throw new Error('it is not there');
}
