import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { expectWorking, HASTY, reach, ready, soon, withSite } from '../e2e/helpers.ts';

test('a storage that became read-only makes the agent not ready, and its orders wait until it can be written', () =>
  withSite(HASTY, async (site) => {
    await ready(site);
    const { storage, sandbox } = site;
    const answer = async (): Promise<string> => {
      const reply = await fetch(`http://127.0.0.1:${site.port()}/readyz`);
      return `${reply.status} ${await reply.text()}`;
    };
    execFileSync('mount', ['--bind', storage, storage]);
    try {
      execFileSync('mount', ['-o', 'remount,bind,ro', storage]);
      const order = sandbox.placeOrder({ limits: { storage: 5 } });
      await soon(async () => expect(await answer()).toMatch(/^503 .*IRONBUCKET_STORAGE_DENIED/));
      // Reading still works: the order was approved, and must not err.
      expect(order.state).toBe('executing');
      execFileSync('mount', ['-o', 'remount,bind,rw', storage]);
      expectWorking(site, (await reach(site, order, 'done')).resource);
      await soon(async () => expect(await answer()).toMatch(/^200 /));
    } finally {
      execFileSync('umount', ['-l', storage]);
    }
  }));
