import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Action, Backend } from '../../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../../src/plugin/memory-documents.ts';
import type { Fault } from '../emulator/faults.ts';
import { ACCOUNT, action, type Civo, create, found, GB, observe, signal, startCivo } from './lab.ts';

let civo: Civo;
beforeEach(async () => {
  civo = await startCivo({ ghostMs: 0 });
});
afterEach(() => civo.close());

const DEAD: Fault = { kind: 'text', status: 503, body: '' };
const ATTRIBUTES = { versioning: true, tags: ['team:blue'], lifecycle: [{ id: 'a', expire_days: 3 }] };

/** Lets `count` requests pass, to the API and to S3, and answers none after that, as for a process that ended. */
function dieAfter(count: number): () => number {
  let passed = 0;
  civo.faults = () => (passed++ >= count ? DEAD : undefined);
  civo.memory.intercept = () => (passed++ >= count ? { status: 503 } : undefined);
  return () => passed;
}

/** Loses the reply to one request of the API, after it took effect. */
function loseReply(index: number): () => number {
  let passed = 0;
  civo.faults = () => (passed++ === index ? { kind: 'lost' } : undefined);
  return () => passed;
}

function live(): void {
  civo.faults = undefined;
  civo.memory.intercept = undefined;
}

/** Tries the actions with a process that fails at every request in turn; `judge` looks at what the next one makes of it. */
async function failEverywhere(
  fail: (at: number) => () => number,
  prepare: () => Promise<string>,
  actions: (account: string) => readonly Action[],
  judge: (backend: Backend, account: string) => Promise<void>,
): Promise<number> {
  for (let at = 0; ; at++) {
    let account = await prepare();
    const passed = fail(at);
    const dying = civo.open();
    let ended = true;
    for (const one of actions(account)) {
      ended &&= await dying.apply(one, signal).then(
        () => true,
        () => false,
      );
    }
    const requests = passed();
    live();
    // What the dead process wrote down helps every other time only.
    const next = civo.open({}, at % 2 === 0 ? civo.documents : createMemoryDocuments(civo.clock));
    for (const one of actions(account)) account = (await next.apply({ ...one, account }, signal)).account ?? account;
    await judge(next, account);
    if (ended && requests <= at) return requests;
  }
}

async function clear(): Promise<string> {
  const { stores, credentials, ghosts } = civo.account;
  for (const map of [stores, credentials, ghosts]) map.clear();
  return ACCOUNT;
}

async function make(): Promise<string> {
  await clear();
  return (await civo.open().apply(create({ attributes: ATTRIBUTES }), signal)).account ?? '';
}

describe.each([
  ['a death between any two requests', dieAfter],
  ['a reply that is lost after its effect', loseReply],
] as const)('%s', (_, fail) => {
  it('leaves one store with its keys and its configuration after the next try', async () => {
    const requests = await failEverywhere(
      fail,
      clear,
      (account) => [create({ account, attributes: ATTRIBUTES }), action({ kind: 'issue-key' }, account)],
      async (backend, account) => {
        expect([civo.account.stores.size, civo.account.credentials.size]).toEqual([1, 1]);
        const seen = await found(backend, account);
        expect(seen.attributes).toMatchObject({ versioning: true, tags: ['team:blue'] });
        expect(seen.keys).toHaveLength(1);
        expect(seen.metadata).toMatchObject({ bucket_name: ACCOUNT });
      },
    );
    expect(requests).toBeGreaterThan(6);
  });

  it('leaves the new size after the next try', async () => {
    const from = { bytes: 500n * GB, objects: null };
    const to = { bytes: 1000n * GB, objects: null };
    await failEverywhere(
      fail,
      make,
      (account) => [action({ kind: 'set-quota', from, to }, account)],
      async (backend, account) => {
        expect((await found(backend, account)).quota).toEqual(to);
      },
    );
  });

  it('leaves nothing of a purged store after the next try', async () => {
    const requests = await failEverywhere(
      fail,
      async () => {
        const account = await make();
        const bucket = civo.memory.buckets.get(ACCOUNT);
        for (let i = 0; i < 5; i++) bucket?.put('key', Buffer.from([i]), 'text/plain', civo.clock.now());
        bucket?.remove('key', undefined, civo.clock.now());
        bucket?.uploads.set('upload', { key: 'up & down', parts: new Map() });
        return account;
      },
      (account) => [action({ kind: 'delete-account', purge: true }, account)],
      async (backend, account) => {
        expect(await observe(backend, account)).toEqual({ state: 'absent', account });
        expect([civo.account.stores.size, civo.account.credentials.size]).toEqual([0, 0]);
      },
    );
    expect(requests).toBeGreaterThan(4);
  });
});
