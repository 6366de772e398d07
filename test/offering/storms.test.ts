import { afterEach, expect, test } from 'vitest';
import type { Config } from '../../src/config/types.ts';
import { AgentError, type Disposition } from '../../src/lib/errors.ts';
import { createMetrics } from '../../src/monitor/metrics.ts';
import { type RunningOffering, startOffering } from '../../src/offering/offering.ts';
import { createSlots } from '../../src/orders/slots.ts';
import type { Backend } from '../../src/plugin/contract.ts';
import { createGuards } from '../../src/plugin/guards.ts';
import { instrument } from '../../src/plugin/instrument.ts';
import { protect } from '../../src/plugin/protect.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import { type ManualClock, manualClock } from '../fakes/clock.ts';
import { keepingJournal } from '../fakes/journal.ts';
import { silentLog } from '../fakes/log.ts';
import { offeringConfig, order, RESOURCE, resource } from '../fakes/offering.ts';

/** What can fail, by the name it is counted under. */
const CALLS = [
  'orders.list',
  'orders.get',
  'resources.get',
  'resources.list',
  'offerings.get',
  'agents.identify',
  'imports.requests',
  'apiKeys.list',
  'queues.register',
  'backend.check',
  'backend.observe',
  'backend.serve',
] as const;
type Call = (typeof CALLS)[number];

/** What fails together: each call alone, and each peer as a whole. */
const OUTAGES: readonly (readonly [string, readonly Call[]])[] = [
  ...CALLS.map((call) => [call, [call]] as const),
  ['all of Waldur', CALLS.filter((call) => !call.startsWith('backend.'))],
  ['all of the backend', CALLS.filter((call) => call.startsWith('backend.'))],
];

/** How it fails: at its `n`th call, counted from 1. */
type Kind = (n: number) => Error | undefined;

const error = (disposition: Disposition): AgentError => new AgentError('x', { code: 'X_FAILED', disposition });
const KINDS: Readonly<Record<string, Kind>> = {
  'as an outage': () => error('transient'),
  'for an operator': () => error('operator'),
  'for good': () => error('terminal'),
  'as a bug': () => error('bug'),
  'with any exception': () => new TypeError('undefined is not a function'),
  'with a request to come back at once': () =>
    new AgentError('x', { code: 'X_BUSY', disposition: 'transient', retryAfterMs: 0 }),
  'as an outage, then as a bug': (n) => error(n <= 30 ? 'transient' : 'bug'),
  'every other time': (n) => (n % 2 === 0 ? error('transient') : undefined),
};

const LIMITS = { s3_storage: 1 };
const HOUR = 3_600_000;
/** Open orders: each of them may be tried again and again. */
const ORDERS = 3;
/** Of one kind in an hour: each order is tried four times in each pass, there is a pass a minute, a try reads it twice. */
const MOST = 60 * ORDERS * 8 + 60;

let running: RunningOffering | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

interface World {
  readonly clock: ManualClock;
  readonly counts: Map<string, number>;
}

function start(fails: readonly Call[], kind: Kind): World {
  const clock = manualClock();
  const counts = new Map<string, number>();
  let tries = 0;
  const count = (call: Call): void => {
    counts.set(call, (counts.get(call) ?? 0) + 1);
    const failure = fails.includes(call) ? kind(++tries) : undefined;
    if (failure !== undefined) throw failure;
  };
  const config = {
    concurrency: 4,
    orderDeadlineMs: 60_000,
    reconcile: { intervalMs: 600_000, pollIntervalMs: 60_000 },
    upkeepIntervalMs: 1_800_000,
    report: { schedule: '0 0 1 1 *', periods: 1, perUser: false },
    timezone: 'UTC',
    sampleIntervalMs: 3_600_000,
    shipLogs: false,
  } as unknown as Config;
  const offering = offeringConfig({
    stomp: {
      enabled: fails.includes('queues.register'),
      url: 'ws://127.0.0.1:1/ws',
      heartbeatMs: 1,
      connectTimeoutMs: 1,
    },
  });
  const names = { plugin: 'fake', offering: 'test' };
  running = startOffering(offering, {
    config,
    clock,
    random: () => 0.5,
    log: silentLog(),
    slots: createSlots(4),
    version: '0',
    startedAt: new Date(0),
    env: {},
    store: createMemoryStore(clock),
    journal: keepingJournal(),
    metrics: createMetrics({ version: '0', revision: '', clock, offerings: [] }),
    waldur: () => fakeWaldur(count),
    backend: (_, onChange) => {
      const measured = instrument(fakeBackend(count), { ...names, clock, observe: () => undefined });
      const limits = { concurrency: 8, perSecond: undefined };
      return protect(measured, createGuards(clock).lease('fake', { offering: 'test', limits, onChange }));
    },
  });
  return { clock, counts };
}

function fakeWaldur(count: (call: Call) => void): Waldur {
  const uuids = Array.from({ length: ORDERS }, (_, i) => String(i).repeat(32));
  const orderOf = (uuid: string) => order({ uuid, resource: uuid, state: 'executing', limits: LIMITS });
  const waldur = {
    orders: {
      list: async function* () {
        count('orders.list');
        for (const uuid of uuids) yield orderOf(uuid);
      },
      get: async (uuid: string) => {
        count('orders.get');
        return orderOf(uuid);
      },
      setProviderInfo: async () => false,
    },
    resources: {
      get: async (uuid: string) => {
        count('resources.get');
        return resource({ uuid, state: 'Creating', limits: LIMITS });
      },
      list: async function* () {
        count('resources.list');
        yield resource({ uuid: RESOURCE, state: 'OK', backendId: 'account', limits: LIMITS });
      },
    },
    offerings: { get: async () => count('offerings.get'), plan: async () => ({ quotas: {} }) },
    agents: {
      identify: async () => {
        count('agents.identify');
        return { uuid: '1'.repeat(32), name: 'agent' };
      },
      registerService: async () => ({ uuid: '2'.repeat(32), name: 'x', state: 'Active' }),
      registerProcessor: async () => undefined,
      setStatistics: async () => undefined,
    },
    imports: {
      requests: async () => {
        count('imports.requests');
        return [];
      },
    },
    apiKeys: {
      list: async () => {
        count('apiKeys.list');
        return [];
      },
    },
    queues: {
      register: async () => {
        count('queues.register');
        return undefined;
      },
    },
    clockSkewMs: () => 0,
  };
  return waldur as unknown as Waldur;
}

function fakeBackend(count: (call: Call) => void): Backend {
  const backend: Partial<Backend> = {
    check: async () => {
      count('backend.check');
      return [];
    },
    // No account is ever proved: every order waits, and comes again.
    observe: async function* () {
      count('backend.observe');
      yield* [];
    },
    serve: async (signal) => {
      count('backend.serve');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    },
    close: async () => undefined,
  };
  return backend as Backend;
}

const cases = OUTAGES.flatMap(([what, calls]) =>
  Object.entries(KINDS).map(([name, kind]) => [what, name, calls, kind] as const),
);

test.each(cases)('an hour in which %s fails %s is no storm', async (_, name, calls, kind) => {
  const { clock, counts } = start(calls, kind);
  const failed = (): number => calls.reduce((sum, call) => sum + (counts.get(call) ?? 0), 0);
  await clock.advance(HOUR);
  const first = failed();
  expect(first).toBeGreaterThan(0);
  expect([...counts].filter(([, count]) => count > MOST)).toEqual([]);
  if (name === 'every other time') return;
  // It does not give up either.
  await clock.advance(HOUR);
  expect(failed()).toBeGreaterThan(first);
});
