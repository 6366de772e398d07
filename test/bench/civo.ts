import { randomBytes } from 'node:crypto';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../plugins/civo/emulator/emulator.ts';
import type { MemoryPlane } from '../../plugins/civo/emulator/memory/memory-plane.ts';
import { createBackend } from '../../plugins/civo/index.ts';
import type { Settings } from '../../plugins/civo/settings.ts';
import { stampOf } from '../../plugins/civo/stamp.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createHttp } from '../../src/lib/http.ts';
import type { Backend, Observed } from '../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../src/plugin/memory-documents.ts';
import { COMMON } from '../fakes/common-settings.ts';
import { silentLog } from '../fakes/log.ts';
import { printResult } from './lib/report.ts';

/** Civo stores against the emulator: requests and own time of one, and what bounds a hundred of them and a thousand. */

const TOKEN = 'bench-token';
const RATE = 8;
const AT_ONCE = 100;
const MANY = 1000;
const { signal } = new AbortController();
const SETTINGS = {
  api_token: TOKEN,
  region: 'LON1',
  user_prefix: 'waldur-',
  slug_separator: '-',
  max_username_length: 63,
  default_size_gb: 500,
  kb_bytes: 1000,
  create_timeout: 30,
  timeout: 30,
  debug: false,
} as const;

type Civo = Emulator & { readonly memory: MemoryPlane };

const one = await measureOne();
const hundred = await measureHundred();
const thousand = await measureThousand();
printResult('civo', [
  {
    name: 'requests to the API per store, two for each of its steps',
    value: one.requests,
    unit: '',
    target: { atMost: 16 },
  },
  { name: 'processor time per store, from the order to its keys', value: one.ms, unit: 'ms', target: { atMost: 50 } },
  {
    name: `time of ${AT_ONCE} stores at once over requests by rate`,
    value: hundred.ratio,
    unit: '',
    target: { atMost: 1.1 },
  },
  { name: 'most requests in any second of it', value: hundred.peak, unit: '', target: { atMost: 10 } },
  {
    name: `requests that ask for ${AT_ONCE} stores that wait, at one time`,
    value: hundred.poll,
    unit: '',
    target: { atMost: 2 },
  },
  {
    name: `requests to the API for a pass over ${MANY} stores`,
    value: thousand.api,
    unit: '',
    target: { exactly: 20 },
  },
  {
    name: 'share of their buckets that the next pass asks S3 about',
    value: thousand.reread,
    unit: '',
    target: { atMost: 0.1 },
  },
]);

async function start(options: Partial<Omit<EmulatorOptions, 'plane'>> = {}): Promise<Civo> {
  const random = (bytes: number) => randomBytes(bytes);
  return startEmulator({ clock: systemClock, random, token: TOKEN, quotaGb: 10_000_000, ...options });
}

function open(civo: Civo, rate: number): Backend {
  const settings: Settings = { ...SETTINGS, api_url: civo.url, requests_per_second: rate };
  return createBackend({
    settings,
    log: silentLog(),
    http: (options) => createHttp({ maxSockets: 16, ...options }, { clock: systemClock }),
    clock: systemClock,
    common: COMMON,
    store: createMemoryDocuments(systemClock),
    random: (bytes) => randomBytes(bytes),
  });
}

/** From the order to the keys, waiting as the agent does. */
async function live(backend: Backend, index: number): Promise<void> {
  const resource = index.toString(16).padStart(32, '0');
  let account = `waldur-org-proj-${String(index).padStart(8, '0')}`;
  const attributes = { versioning: true, tags: ['team:blue'] };
  const quota = { bytes: 500_000_000_000n };
  for (;;) {
    const observed = await observe(backend, account, resource);
    if (observed?.state === 'found') break;
    if (observed?.state === 'pending') {
      await systemClock.sleep(observed.againAfterMs, signal);
      continue;
    }
    const create = { kind: 'create-account', account, resource, displayName: 'x', quota, attributes } as const;
    account = (await backend.apply(create, signal)).account ?? account;
  }
  await backend.apply({ kind: 'issue-key', account, resource }, signal);
}

async function observe(backend: Backend, account: string, resource: string): Promise<Observed | undefined> {
  for await (const observed of backend.observe([{ account, resource }], signal)) return observed;
  return undefined;
}

async function measureOne(): Promise<{ requests: number; ms: number }> {
  const civo = await start();
  const backend = open(civo, Number.POSITIVE_INFINITY);
  await live(backend, 0);
  const before = civo.asked.length;
  const count = 20;
  // Of both sides, the emulator included: what the clock of a busy machine says is someone else's.
  const started = process.cpuUsage();
  for (let index = 1; index <= count; index++) await live(backend, index);
  const { user, system } = process.cpuUsage(started);
  const ms = (user + system) / 1000 / count;
  const requests = (civo.asked.length - before) / count;
  await backend.close();
  await civo.close();
  return { requests, ms };
}

async function measureHundred(): Promise<{ ratio: number; peak: number; poll: number }> {
  const civo = await start();
  const backend = open(civo, RATE);
  await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => live(backend, index)));
  const times = civo.asked.map(({ atMs }) => atMs);
  const wallMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const ratio = wallMs / 1000 / (times.length / RATE);
  const peak = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));
  // All of them wait again, and are asked for at the same time.
  for (const store of civo.account.stores.values()) store.readyAtMs = Number.POSITIVE_INFINITY;
  const before = civo.asked.length;
  const stores = [...civo.account.stores.values()];
  await systemClock.sleep(2500, signal);
  await Promise.all(
    stores.map(({ id }, index) => observe(backend, `LON1/${id}`, index.toString(16).padStart(32, '0'))),
  );
  const poll = civo.asked.length - before;
  await backend.close();
  await civo.close();
  return { ratio, peak, poll };
}

async function measureThousand(): Promise<{ api: number; reread: number }> {
  const civo = await start();
  const [region] = civo.account.options.regions;
  if (region === undefined) throw new Error('there is no region');
  for (let index = 0; index < MANY; index++) {
    const account = `waldur-org-proj-${String(index).padStart(8, '0')}`;
    const name = stampOf(account, index.toString(16).padStart(32, '0'));
    const { keys } = await civo.account.createCredential(region.code, { name });
    await civo.account.createStore(region, account, 500, keys.accessKey);
  }
  const backend = open(civo, Number.POSITIVE_INFINITY);
  const pass = async (): Promise<void> => {
    let found = 0;
    for await (const { state } of backend.observe('all', signal)) if (state === 'found') found++;
    if (found !== MANY) throw new Error(`${found} of ${MANY} stores were found`);
  };
  await pass();
  const api = civo.asked.length;
  const first = civo.memory.asked.splice(0).length;
  await pass();
  const reread = civo.memory.asked.length / first;
  await backend.close();
  await civo.close();
  return { api, reread };
}
