import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { Order } from '../../src/sandbox/model.ts';
import {
  closeAll,
  FIVE,
  GIB,
  killGroup,
  openProcessSite,
  type ProcessSite,
  patience,
  type RunningAgent,
  type StartOptions,
} from '../fakes/process.ts';

vi.setConfig({ testTimeout: 120_000 });
afterEach(closeAll);

interface Keys {
  readonly accounts: Readonly<Record<string, { readonly keys: readonly object[] }>>;
}

/** One account per order, complete, with the one key that Waldur has, and nothing else on the disk. */
function expectFulfilled({ storage }: ProcessSite, orders: readonly Order[]): void {
  const tree = readdirSync(storage, { recursive: true, encoding: 'utf8' });
  const names = orders.map(({ resource }) => resource.backendId);
  const files = names.flatMap((name) => [name, join(name, '.bucket_metadata'), join(name, '.quota')]);
  expect(tree.toSorted()).toEqual(['.agent', '.agent/accounts.json', ...files].toSorted());
  const { accounts } = JSON.parse(readFileSync(join(storage, '.agent/accounts.json'), 'utf8')) as Keys;
  expect(Object.keys(accounts).toSorted()).toEqual(names.toSorted());
  for (const { state, resource } of orders) {
    expect([state, resource.state]).toEqual(['done', 'OK']);
    const { access_key, secret_key } = resource.backendMetadata['s3_credentials'] as Record<string, string>;
    expect(accounts[resource.backendId]?.keys).toEqual([{ access_key, secret_key }]);
    const quota = JSON.parse(readFileSync(join(storage, resource.backendId, '.quota'), 'utf8')) as unknown;
    expect(quota).toMatchObject({ max_size_bytes: 5 * GIB, current_usage_bytes: 0, object_count: 0 });
  }
}

interface Sweep {
  /** How the agent is started that is to die of this effect, counted from 1. */
  options?(effect: number): StartOptions;
  /** Called before the order is placed. */
  arm(agent: RunningAgent, effect: number): Promise<unknown>;
}

/**
 * Places one order after the other, each with an agent that dies of its next effect, until one lives; the agent after it
 * finishes the order. Answers how many died.
 */
async function sweep(site: ProcessSite, { options, arm }: Sweep): Promise<number> {
  const { sandbox } = site;
  const orders: Order[] = [];
  for (let died = 0; ; died++) {
    const agent = await site.run(options?.(died + 1));
    await agent.says(/"event stream connected"/);
    for (const order of orders.slice(-1)) await sandbox.await(order, 'done', patience());
    if (orders.length > 0) expectFulfilled(site, orders);
    await arm(agent, died + 1);
    const order = sandbox.placeOrder(FIVE);
    orders.push(order);
    const dead = await Promise.race([
      agent.ended.then(() => true),
      // The last write of all is the one that makes it so.
      sandbox.await(order, 'done', patience()).then(() => agent.child.killed),
    ]);
    if (!dead) return died;
    expect(await agent.ended).toBe('SIGKILL');
  }
}

const WRITE = /^\/api\/marketplace-(?:orders|provider-resources)\/.*\/(\w+)\/$/;

test('killed at any write to Waldur, it finishes the order when it starts again', async () => {
  const site = await openProcessSite();
  const { journal } = site.sandbox;
  const add = journal.add.bind(journal);
  const written: string[] = [];
  const arm: Sweep['arm'] = async (agent, effect) => {
    written.length = 0;
    journal.add = (kind, data) => {
      const write = kind === 'http' && data.method === 'POST' ? WRITE.exec(data.path ?? '')?.[1] : undefined;
      // It is carried out, but nobody is there any more to hear of it.
      if (write !== undefined && written.push(write) === effect) agent.child.kill('SIGKILL');
      return add(kind, data);
    };
  };
  const died = await sweep(site, { arm });
  const writes = ['approve_by_provider', 'set_backend_id', 'set_backend_metadata', 'set_endpoints', 'set_state_done'];
  expect(written).toEqual(writes);
  expect(died).toBe(writes.length);
  expect(site.sandbox.invariants()).toEqual([]);
});

/** Once armed by SIGWINCH, the process kills itself right after its n-th change below `root`. */
const mortal = (root: string, effect: number): string => `
  import { promises, writeSync } from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  let left = Infinity;
  process.on('SIGWINCH', () => {
    left = ${effect};
    writeSync(3, 'armed');
  });
  for (const name of ['mkdir', 'open', 'rename', 'unlink', 'rmdir']) {
    const change = promises[name];
    promises[name] = async (path, ...rest) => {
      const result = await change(path, ...rest);
      const counts = name !== 'open' || rest[0] === 'wx';
      if (counts && path.startsWith(${JSON.stringify(root)}) && --left === 0) process.kill(process.pid, 'SIGKILL');
      return result;
    };
  }
  syncBuiltinESMExports();
`;

test('killed after any change of the storage, it finishes the order when it starts again', async () => {
  const site = await openProcessSite();
  const died = await sweep(site, {
    options: (effect) => ({ preload: mortal(site.storage, effect) }),
    arm: (agent) => {
      killGroup(agent.child, 'SIGWINCH');
      return agent.says(/armed/, 'extra');
    },
  });
  // Staging, the stamp, the quota, the rename into place, and the records of the account and its key.
  expect(died).toBeGreaterThanOrEqual(10);
  expect(site.sandbox.invariants()).toEqual([]);
});
