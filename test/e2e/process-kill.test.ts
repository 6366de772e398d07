import { afterEach, expect, test, vi } from 'vitest';
import { CREATE } from '../crash/stories.ts';
import { sweep } from '../crash/sweep.ts';
import { closeAll } from '../fakes/process.ts';

vi.setConfig({ testTimeout: 300_000 });
afterEach(closeAll);

/** Every other kind of order, and other backends, in test/labs/crash.test.ts. */
test('killed after any effect of an order, it finishes the order when it starts again', async () => {
  const { points, failures } = await sweep('ironbucket-local', { ...CREATE, again: false });
  expect(failures).toEqual([]);
  const writes = points.flatMap((point) => /^POST .*\/(\w+)\/$/.exec(point)?.[1] ?? []);
  expect(writes).toEqual([
    'approve_by_provider',
    'set_backend_id',
    'set_backend_metadata',
    'set_endpoints',
    'set_state_done',
  ]);
  // Staging, the stamp, the quota, the rename into place, and the records of the account and its key.
  expect(points.length - writes.length).toBeGreaterThanOrEqual(10);
});
