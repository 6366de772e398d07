import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Backend } from '../../../src/plugin/contract.ts';
import { ACCOUNT, addForeign, type Cluster, create, failure, observe, STAMP, signal, startCluster } from './lab.ts';

let cluster: Cluster;
let backend: Backend;
beforeEach(async () => {
  cluster = await startCluster();
  backend = cluster.open('croit');
});
afterEach(() => cluster.close());

const OTHER_ACCOUNT = 'waldur_org_two_01234567';

it('an absence is proved by a fresh list of all users, never by an earlier one', async () => {
  // Two accounts are looked up in one list, which is kept for others that ask soon.
  expect(await observe(backend, [ACCOUNT, OTHER_ACCOUNT])).toMatchObject([{ state: 'absent' }, { state: 'absent' }]);
  await addForeign(cluster, STAMP);
  // A filter that finds nothing proves nothing.
  cluster.facade.fault = ({ query }) => (query['uid[]'] === undefined ? undefined : { status: 200, body: '[]' });
  expect(await observe(backend, [ACCOUNT])).toMatchObject([{ account: ACCOUNT, state: 'found' }]);
});

it.each([
  [401, 'operator'],
  [403, 'operator'],
])(
  'buckets refused with %s end the whole look-up: our credentials fail for every account',
  async (status, disposition) => {
    await backend.apply(create(), signal);
    cluster.facade.fault = ({ path }) => (path.endsWith('/buckets') ? { status, body: '{}' } : undefined);
    expect(await failure(observe(backend))).toMatchObject({ disposition });
  },
);

it('buckets that cannot be read for another reason leave the account without a content', async () => {
  await backend.apply(create(), signal);
  cluster.facade.fault = ({ path }) => (path.endsWith('/buckets') ? { status: 500, body: '{}' } : undefined);
  const [found] = await observe(backend);
  expect(found).toMatchObject({ state: 'found', account: ACCOUNT });
  expect(found).not.toHaveProperty('holds');
});
