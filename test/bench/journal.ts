import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import type { ComposeDeps } from '../../src/daemon/compose-deps.ts';
import { createParts } from '../../src/daemon/parts.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import { startOffering } from '../../src/offering/offering.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Journal } from '../../src/store/journal.ts';
import { builtinPlugins } from '../fakes/builtin-plugins.ts';
import { siteYaml } from '../fakes/site.ts';
import { median, printResult } from './lib/report.ts';
import { startSandboxProcess } from './lib/sandbox-process.ts';
import { withScratch } from './lib/scratch.ts';
import { until } from './lib/until.ts';

/**
 * Create orders with the journal in an SQLite file and without a journal, in turns. Waldur adds no latency, so that the
 * processor is what limits both.
 */

const ORDERS = 300;
const ROUNDS = 5;

interface Round {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly entries: number;
}

/** Takes everything and keeps nothing. */
const NONE: Journal = {
  record: () => undefined,
  read: async () => [],
  verify: () => Promise.reject(new Error('there is no journal')),
  follow: () => () => undefined,
  flush: async () => undefined,
};

const NOWHERE = { url: 'http://127.0.0.1:9/api/', port: 9, token: () => 'never used' };

await round(true);
await round(false);
const on: Round[] = [];
const off: Round[] = [];
for (let turn = 0; turn < ROUNDS; turn++) {
  // Whoever is first in a pair finds another machine than the second.
  if (turn % 2 === 0) off.push(await round(false));
  on.push(await round(true));
  if (turn % 2 === 1) off.push(await round(false));
}
const pick = (rounds: readonly Round[], key: keyof Round): number => median(rounds.map((one) => one[key]));
const ratios = (key: 'wallMs' | 'cpuMs'): number => median(on.map((one, turn) => one[key] / (off[turn]?.[key] ?? 0)));
const own = await ownCost();
printResult('journal', [
  {
    name: "share of an order's processor time that the journal takes",
    value: own / (pick(off, 'cpuMs') / ORDERS),
    unit: '',
    target: { atMost: 0.05 },
  },
  { name: 'processor time of the journal for an order', value: own, unit: 'ms' },
  { name: 'processor time of an order, with to without', value: ratios('cpuMs'), unit: '', target: { atMost: 1.05 } },
  { name: 'wall time of an order, with to without', value: ratios('wallMs'), unit: '', target: { atMost: 1.05 } },
  { name: 'processor time of an order without', value: pick(off, 'cpuMs') / ORDERS, unit: 'ms' },
  { name: 'orders per second without', value: (ORDERS * 1000) / pick(off, 'wallMs'), unit: '' },
  { name: 'orders per second with', value: (ORDERS * 1000) / pick(on, 'wallMs'), unit: '' },
  { name: 'entries of an order', value: pick(on, 'entries') / ORDERS, unit: '' },
]);

/** Milliseconds of processor time for the entries of an order, recorded and written: where other programs disturb least. */
function ownCost(): Promise<number> {
  return withScratch(async (folder) => {
    const { config, deps } = read(siteYaml(NOWHERE, folder, FIXTURE.limit, { agent: `state: ${folder}/agent.db` }));
    const parts = createParts(config, deps, () => 365);
    await parts.open(config);
    const journal = parts.journal();
    const write = async (orders: number): Promise<void> => {
      for (let order = 0; order < orders; order++) {
        const id = order.toString(16).padStart(32, '0');
        for (let entry = 0; entry < 9; entry++) {
          const quota = { bytes: String(order), objects: null };
          journal.record(
            { offering: FIXTURE.limit, order: id, resource: id },
            { kind: 'backend', action: 'set-quota', account: id, changed: true, ms: entry, details: { to: quota } },
          );
        }
        // As many as half a second brings.
        if (order % 30 === 29) await journal.flush();
      }
    };
    await write(600);
    const before = process.cpuUsage();
    await write(3000);
    const { user, system } = process.cpuUsage(before);
    await parts.close();
    return (user + system) / 1000 / 3000;
  });
}

function round(withJournal: boolean): Promise<Round> {
  return withScratch(async (folder) => {
    const storage = join(folder, 'storage');
    mkdirSync(storage);
    const sandbox = await startSandboxProcess();
    const agent = `state: ${join(folder, 'agent.db')}`;
    const { config, deps } = read(siteYaml(sandbox, storage, FIXTURE.limit, { agent }));
    const parts = createParts(config, deps, () => 365);
    await parts.open(config);
    const [offering] = config.offerings;
    if (offering === undefined) throw new Error('no offering');
    const journal = withJournal ? parts.journal() : NONE;
    const running = startOffering(offering, { ...parts.shared(config), journal });
    await until('a session', () => running.health().connected);
    const cpu = process.cpuUsage();
    const started = performance.now();
    await sandbox.test('POST', 'storm', { orders: ORDERS });
    await until('all orders', async () => ((await sandbox.test('GET', 'storm')) as { done: number }).done >= ORDERS);
    await journal.flush();
    const wallMs = performance.now() - started;
    const { user, system } = process.cpuUsage(cpu);
    const [last] = await journal.read({ offering: offering.uuid, limit: 1 });
    await running.drain();
    await running.stop();
    await parts.close();
    await sandbox.stop();
    return { wallMs, cpuMs: (user + system) / 1000, entries: last?.seq ?? 0 };
  });
}

function read(text: string): {
  readonly config: NonNullable<ReturnType<typeof loadConfig>['config']>;
  readonly deps: ComposeDeps;
} {
  const secrets = createSecrets();
  const readFile = (path: string): never => {
    throw new Error(`${path} is not read`);
  };
  const { config } = loadConfig({ file: 'bench.yaml', text, env: {}, readFile, plugins: builtinPlugins, secrets });
  if (config === undefined) throw new Error('the configuration is wrong');
  const deps: ComposeDeps = {
    clock: systemClock,
    random: Math.random,
    secrets,
    version: '0',
    revision: '',
    env: {},
    write: () => undefined,
    state: () => 'running',
  };
  return { config, deps };
}
