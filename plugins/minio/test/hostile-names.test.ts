import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Backend } from '../../../src/plugin/contract.ts';
import { isBucketName, isUserName } from '../bucket-names.ts';
import { ACCOUNT, action, create, failure, found, observe, type Site, signal, startSite, usage } from './lab.ts';

let site: Site;
let backend: Backend;
beforeEach(async () => {
  site = await startSite();
  backend = site.open();
});
afterEach(() => site.close());

const HOSTILE = [
  '',
  '..',
  '../admin',
  'a/b',
  'a b',
  'a=b',
  'a,b',
  'a\0b',
  'ab',
  'ü-umlaut',
  'x'.repeat(201),
  '%2e%2e',
  'a?b',
  'a#b',
];

test('a name that cannot be a user is refused by every action before any request', async () => {
  const names = fc
    .oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' }))
    .filter((name) => !isUserName(name));
  await fc.assert(
    fc.asyncProperty(names, async (account) => {
      const refused = await failure(backend.apply(create(undefined, {}, account), signal));
      expect(refused).toMatchObject({ code: 'MINIO_BAD_NAME', disposition: 'terminal' });
      for (const kind of ['suspend', 'issue-key'] as const) {
        expect(await failure(backend.apply(action({ kind }, account), signal))).toMatchObject({
          code: 'MINIO_BAD_NAME',
        });
      }
      expect(await observe(backend, [account])).toEqual([]);
    }),
  );
  expect(site.emulator.requests).toEqual([]);
});

test('a bucket name that no client could address is refused before any change', async () => {
  const names = fc.oneof(
    fc.constantFrom(...HOSTILE.filter(Boolean), '*', 'UPPER', '-ab', 'a.b.c'),
    fc.string({ minLength: 1 }),
  );
  await fc.assert(
    fc.asyncProperty(
      names.filter((name) => !isBucketName(name)),
      async (bucket_name) => {
        expect(await failure(backend.apply(create(undefined, { bucket_name }), signal))).toMatchObject({
          code: 'MINIO_BAD_NAME',
        });
      },
    ),
    { numRuns: 40 },
  );
  expect(site.emulator.requests.filter((line) => !line.startsWith('GET'))).toEqual([]);
});

test('users, policies and buckets of strangers with any name are neither shown, changed nor in the way', async () => {
  await backend.apply(create(), signal);
  const { state, store } = site.emulator;
  const now = site.clock.now();
  const strangers = ['__proto__', 'constructor', 'toString', '../admin', 'a b', '<x>', 'ünï', `${ACCOUNT}/..`];
  for (const name of strangers) {
    state.users.set(name, { secret: 'secret-of-a-stranger', enabled: true });
    state.policies.set(`waldur-${name}`, {
      document: { Version: '2012-10-17', Statement: [] },
      created: now,
      updated: now,
    });
  }
  store.create('constructor', false, now);
  site.emulator.scan();
  await site.clock.advance(10_000);
  const before = [structuredClone(state.users), structuredClone(state.policies)];
  for (const job of backend.jobs ?? []) await job.run(signal);
  expect((await observe(backend, 'all')).map(({ account }) => account)).toEqual([ACCOUNT]);
  expect(
    (await observe(backend, [ACCOUNT, 'constructor', 'toString', 'one-more', 'and-more'])).map(({ state: is }) => is),
  ).toEqual(expect.arrayContaining(['found']));
  expect(await usage(backend, [ACCOUNT, 'constructor', '__proto__'])).toHaveLength(1);
  expect((await found(backend)).account).toBe(ACCOUNT);
  expect([state.users, state.policies]).toEqual(before);
});
