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
import { errorOfMedian, median, printResult } from './lib/report.ts';
import { type SandboxProcess, startSandboxProcess } from './lib/sandbox-process.ts';
import { withScratch } from './lib/scratch.ts';
import { until } from './lib/until.ts';

/**
 * Create orders with the journal in an SQLite file and without a journal, in turns of a few orders, in one agent: its code is as
 * warm and its memory as full in both. Waldur adds no latency, so that the processor is what limits both.
 */

const ORDERS = 40;
const PAIRS = 60;
const WARM_UP = 5;
const PATIENCE_MS = 60_000;

interface Turn {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly entries: number;
}

const NOWHERE = { url: 'http://127.0.0.1:9/api/', port: 9, token: () => 'never used' };

const pairs = await inTurns();
const pick = (side: 'on' | 'off', key: keyof Turn): number => median(pairs.map((pair) => pair[side][key]));
const ratiosOf = (key: 'wallMs' | 'cpuMs'): number[] => pairs.map(({ on, off }) => on[key] / off[key]);
const ratios = ratiosOf('cpuMs');
const own = await ownCost();
printResult('journal', [
  {
    name: "share of an order's processor time that the journal takes",
    value: own / (pick('off', 'cpuMs') / ORDERS),
    unit: '',
    target: { atMost: 0.05 },
  },
  { name: 'processor time of the journal for an order', value: own, unit: 'ms' },
  { name: 'processor time of an order, with to without', value: median(ratios), unit: '', target: { atMost: 1.05 } },
  { name: 'standard error of that', value: errorOfMedian(ratios), unit: '' },
  { name: 'wall time of an order, with to without', value: median(ratiosOf('wallMs')), unit: '' },
  { name: 'processor time of an order without', value: pick('off', 'cpuMs') / ORDERS, unit: 'ms' },
  { name: 'orders per second without', value: (ORDERS * 1000) / pick('off', 'wallMs'), unit: '' },
  { name: 'orders per second with', value: (ORDERS * 1000) / pick('on', 'wallMs'), unit: '' },
  { name: 'entries of an order', value: pick('on', 'entries') / ORDERS, unit: '' },
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

function inTurns(): Promise<readonly { readonly on: Turn; readonly off: Turn }[]> {
  return withScratch(async (folder) => {
    const storage = join(folder, 'storage');
    mkdirSync(storage);
    const sandbox = await startSandboxProcess();
    const agent = `state: ${join(folder, 'agent.db')}`;
    const done = createCount();
    const { config, deps } = read(siteYaml(sandbox, storage, FIXTURE.limit, { agent }), (line) => {
      if (line.includes('"outcome":"done"')) done.add();
    });
    const parts = createParts(config, deps, () => 365);
    await parts.open(config);
    const [offering] = config.offerings;
    if (offering === undefined) throw new Error('no offering');
    const journal = switchable(parts.journal());
    const running = startOffering(offering, { ...parts.shared(config), journal });
    await until('a session', () => running.health().connected);
    const turn = (isOn: boolean): Promise<Turn> => takeTurn(sandbox, journal, done, isOn);
    for (let pair = 0; pair < WARM_UP; pair++) await turn(pair % 2 === 0);
    const measured: { on: Turn; off: Turn }[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      // Whoever is first in a pair finds another machine than the second.
      const first = await turn(pair % 2 === 0);
      const second = await turn(pair % 2 !== 0);
      measured.push(pair % 2 === 0 ? { on: first, off: second } : { on: second, off: first });
    }
    await running.drain();
    await running.stop();
    await parts.close();
    await sandbox.stop();
    return measured;
  });
}

/** Counts without asking: whoever asks again and again measures their own questions. */
interface Count {
  add(): void;
  /** Resolves with the `count`-th from now. @throws Error after a minute. */
  reaches(count: number): Promise<void>;
}

function createCount(): Count {
  let missing = 0;
  let reached = (): void => undefined;
  return {
    add: () => {
      missing--;
      if (missing === 0) reached();
    },
    reaches: (count) =>
      new Promise((resolve, reject) => {
        missing = count;
        const late = setTimeout(() => reject(new Error(`${missing} of ${count} orders are not done`)), PATIENCE_MS);
        reached = () => {
          clearTimeout(late);
          resolve();
        };
      }),
  };
}

/** Keeps nothing while it is off. */
interface SwitchableJournal extends Journal {
  isOn: boolean;
  /** What it has taken. */
  entries: number;
}

function switchable(journal: Journal): SwitchableJournal {
  const wrapped: SwitchableJournal = {
    ...journal,
    isOn: true,
    entries: 0,
    record: (about, event) => {
      if (!wrapped.isOn) return;
      wrapped.entries++;
      journal.record(about, event);
    },
  };
  return wrapped;
}

async function takeTurn(
  sandbox: SandboxProcess,
  journal: SwitchableJournal,
  done: Count,
  isOn: boolean,
): Promise<Turn> {
  Object.assign(journal, { isOn, entries: 0 });
  const cpu = process.cpuUsage();
  const started = performance.now();
  const all = done.reaches(ORDERS);
  await sandbox.test('POST', 'storm', { orders: ORDERS });
  await all;
  await journal.flush();
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - started, cpuMs: (user + system) / 1000, entries: journal.entries };
}

function read(
  text: string,
  write: ComposeDeps['write'] = () => undefined,
): {
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
    write,
    state: () => 'running',
  };
  return { config, deps };
}
