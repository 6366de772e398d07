import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { FIXTURE, loadFixture } from '../../src/sandbox/fixture.ts';
import { addOffering, addPlan, type Site } from '../../src/sandbox/offerings.ts';
import {
  closeAll,
  FIVE,
  openProcessSite,
  type ProcessSite,
  patience,
  type RunningAgent,
  soon,
} from '../fakes/process.ts';

vi.setConfig({ testTimeout: 180_000 });
afterEach(closeAll);

const SERVERS = 3;
const OFFERINGS = 50;
const ROUNDS = 6;
/** Offerings that each round removes, adds and changes. */
const EACH = 5;

const uuidOf = (index: number): string =>
  `0ffe${index.toString(16).padStart(4, '0')}00004000800000000000000${index % 10}`;
const nameOf = (index: number): string => `offering-${index}`;

/** Copies of the fixture's first offering, as many as will ever be configured on one server. */
function loadMany(site: Site): void {
  loadFixture(site);
  const model = site.store.offerings.get(FIXTURE.limit);
  if (model === undefined) throw new Error('the fixture has changed');
  const { customer, category, components, pluginOptions } = model;
  for (let index = 0; index < OFFERINGS + ROUNDS * EACH; index++) {
    const offering = addOffering(site, {
      uuid: uuidOf(index),
      name: nameOf(index),
      customer,
      category,
      components,
      pluginOptions,
    });
    addPlan(site, offering, { name: 'Standard', quotas: { storage: 100 } });
  }
}

interface Configured {
  readonly index: number;
  /** Changes with every change of the offering. */
  readonly version: number;
}

function entry(servers: readonly ProcessSite[], { index, version }: Configured): Record<string, unknown> {
  const server = servers[index % SERVERS];
  const storage_path = join(servers[0]?.storage ?? '', String(index));
  mkdirSync(storage_path, { recursive: true });
  return {
    ...server?.offering('limit'),
    name: nameOf(index),
    waldur_offering_uuid: uuidOf(index),
    backend_concurrency: 8 + version,
    backend_settings: { storage_path, gateway: false },
  };
}

/** The ids of the sessions that receive something, by offering; fails when one has two. */
function sessions(servers: readonly ProcessSite[]): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const [at, { sandbox }] of servers.entries()) {
    const offerings = new Map(sandbox.store.consumers.all().map(({ login, offerings: [uuid] }) => [login, uuid]));
    for (const { id, login, subscriptions } of sandbox.broker.sessions()) {
      if (subscriptions === 0) continue;
      const index = Number.parseInt(offerings.get(login)?.slice(4, 8) ?? '', 16);
      if (found.has(index)) throw new Error(`two sessions for ${nameOf(index)}`);
      found.set(index, `${at}:${id}`);
    }
  }
  return found;
}

function listening(servers: readonly ProcessSite[], configured: readonly Configured[]): Promise<void> {
  const wanted = configured.map(({ index }) => index).toSorted((a, b) => a - b);
  return soon(() => expect([...sessions(servers).keys()].toSorted((a, b) => a - b)).toEqual(wanted));
}

/** An order for each offering; the answer resolves when all are done. */
async function order(servers: readonly ProcessSite[], configured: readonly Configured[]): Promise<void> {
  await Promise.all(
    configured.map(async ({ index }) => {
      const sandbox = servers[index % SERVERS]?.sandbox;
      await sandbox?.await(sandbox.placeOrder({ ...FIVE, offering: uuidOf(index) }), 'done', patience());
    }),
  );
}

const filesOf = (agent: RunningAgent): number => readdirSync(`/proc/${agent.child.pid}/fd`).length;

/** Says what is left after a collection, on the descriptor that is read as `extra`. */
const WEIGH = `
  import { writeSync } from 'node:fs';
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  process.on('SIGWINCH', () => {
    collect();
    writeSync(3, 'heap ' + process.memoryUsage().heapUsed + ';');
  });
`;

async function heapMb(agent: RunningAgent): Promise<number> {
  const before = agent.output.extra;
  agent.child.kill('SIGWINCH');
  const [, heap] = await agent.says(new RegExp(`^${before}heap (\\d+);`), 'extra');
  return Number(heap) / 1024 ** 2;
}

/** Compiled code and UUIDs of finished orders are 2.3; fifty offerings that are not let go of add 2. */
const HEAP_GROWTH_MB = 3.5;

async function seriesOf(agent: RunningAgent): Promise<number> {
  const { text } = await agent.page('/metrics');
  return text.split('\n').filter((line) => /^waldur_agent_\w+\{.*offering="/.test(line)).length;
}

test(`${OFFERINGS} offerings on ${SERVERS} servers: a reload touches only those that differ, and leaves nothing behind`, async () => {
  const servers: ProcessSite[] = [];
  for (let n = 0; n < SERVERS; n++) servers.push(await openProcessSite({ fixture: loadMany }));
  const [home] = servers;
  if (home === undefined) throw new Error('no server');
  let configured: readonly Configured[] = Array.from({ length: OFFERINGS }, (_, index) => ({ index, version: 0 }));
  const configure = (): void => home.configure({ offerings: configured.map((one) => entry(servers, one)) });

  configure();
  const agent = await home.run({ preload: WEIGH });
  await listening(servers, configured);
  await order(servers, configured);
  const base = { files: filesOf(agent), series: await seriesOf(agent) };

  let heap = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = sessions(servers);
    const removed = configured.slice(0, EACH);
    const changed = configured.slice(EACH, 2 * EACH).map(({ index, version }) => ({ index, version: version + 1 }));
    const kept = configured.slice(2 * EACH);
    const added = removed.map((_, n) => ({ index: OFFERINGS + round * EACH + n, version: 0 }));
    // What is under way elsewhere goes on meanwhile.
    const busy = order(servers, kept);
    configured = [...kept, ...changed, ...added];
    configure();
    agent.child.kill('SIGHUP');
    await agent.says(
      new RegExp(`(?:"outcome":"${EACH} offerings added, ${EACH} removed, ${EACH} restarted"[^]*){${round + 1}}`),
    );
    await busy;
    await listening(servers, configured);
    const after = sessions(servers);
    for (const { index } of kept) expect(after.get(index), nameOf(index)).toBe(before.get(index));
    for (const { index } of changed) expect(after.get(index), nameOf(index)).not.toBe(before.get(index));
    await order(servers, [...changed, ...added]);
    // The first reload compiles code that later ones use.
    if (round === 0) heap = await heapMb(agent);
  }

  await soon(() => expect(filesOf(agent)).toBeLessThanOrEqual(base.files + 10));
  expect(await seriesOf(agent)).toBeLessThanOrEqual(base.series * 1.05);
  expect(await heapMb(agent)).toBeLessThan(heap + HEAP_GROWTH_MB);
  for (const { sandbox } of servers) expect(sandbox.invariants()).toEqual([]);
  expect(agent.output.stdout).not.toMatch(/"level":"?(error|warn|50|40)/);
  agent.child.kill('SIGTERM');
  expect(await agent.ended).toBe(0);
});
