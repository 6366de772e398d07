import { afterEach, beforeEach, expect, test } from 'vitest';
import { populate } from '../../../test/labs/minio/populate.ts';
import { createBackend } from '../index.ts';
import { instantDeriver } from './instant-deriver.ts';
import { action, create, observe, type Site, signal, startSite } from './lab.ts';

/** What is counted here costs time on a real server: 0.1 s for each key that is derived, there and here. */
let site: Site;
beforeEach(async () => {
  site = await startSite();
});
afterEach(() => site.close());

function counting() {
  // Its own: the one of the site counts those of the server, too.
  const deriver = instantDeriver();
  const backend = createBackend(site.context(), deriver);
  site.emulator.requests.length = 0;
  return { backend, keys: deriver.keys, requests: () => site.emulator.requests.splice(0).length };
}

test('an order that creates takes 12 requests at most, and 4 keys with those of its key and of a look', async () => {
  const { backend, keys, requests } = counting();
  await observe(backend);
  requests();
  await backend.apply(create(undefined, { versioning: true, tags: { team: 'blue' } }), signal);
  expect(requests()).toBeLessThanOrEqual(12);
  await backend.apply(action({ kind: 'issue-key' }), signal);
  await observe(backend);
  expect(keys()).toBeLessThanOrEqual(4);
  await backend.close();
});

test('5,000 accounts without expiry are read with 3 requests and one for every 1,000, and 2 keys', async () => {
  const names = populate(site.emulator, 5000);
  site.emulator.scan();
  for (const sought of ['all', names] as const) {
    await site.clock.advance(10_000);
    const { backend, keys, requests } = counting();
    expect(await observe(backend, sought)).toHaveLength(5000);
    expect(requests()).toBeLessThanOrEqual(8);
    expect(keys()).toBe(2);
    await backend.close();
  }
});
