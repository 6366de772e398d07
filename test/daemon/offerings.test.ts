import { afterEach, describe, expect, test } from 'vitest';
import type { Config, OfferingConfig } from '../../src/config/types.ts';
import { createOfferings, type Offerings } from '../../src/daemon/offerings.ts';
import { AgentError } from '../../src/lib/errors.ts';
import { createMetrics } from '../../src/monitor/metrics.ts';
import { createSlots } from '../../src/orders/slots.ts';
import type { Backend } from '../../src/plugin/contract.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import { manualClock } from '../fakes/clock.ts';
import { keepingJournal } from '../fakes/journal.ts';
import { silentLog } from '../fakes/log.ts';
import { offeringConfig } from '../fakes/offering.ts';

/** A Waldur that is down: every call of every family fails. */
const down = (): Promise<never> =>
  Promise.reject(new AgentError('down', { code: 'WALDUR_UNREACHABLE', disposition: 'transient' }));
const family = new Proxy({}, { get: (_, name) => (name === 'list' ? noRows : down) });
const waldur = new Proxy({}, { get: (_, name) => (name === 'clockSkewMs' ? () => 0 : family) }) as Waldur;

async function* noRows(): AsyncGenerator<never> {
  yield await down();
}

const EMPTY = {
  concurrency: 4,
  drainMs: 1000,
  orderDeadlineMs: 60_000,
  reconcile: { intervalMs: 600_000, pollIntervalMs: 60_000 },
  upkeepIntervalMs: 1_800_000,
  report: { schedule: '0 0 1 1 *', periods: 1, perUser: false },
  timezone: 'UTC',
  shipLogs: false,
  offerings: [],
} as unknown as Config;

const configOf = (...offerings: readonly OfferingConfig[]): Config => ({ ...EMPTY, offerings });

const site = (n: number, changes: Partial<OfferingConfig> = {}): OfferingConfig =>
  offeringConfig({ name: `site${n}`, uuid: String(n).repeat(32), ...changes });

interface Lab {
  readonly offerings: Offerings;
  /** What happened to backends, as `create site1`. */
  readonly events: string[];
}

let lab: Lab | undefined;
afterEach(async () => {
  await lab?.offerings.close().catch(() => undefined);
  lab = undefined;
});

/** `fails` says where a backend throws. */
function open(fails: (event: string, offering: OfferingConfig) => boolean = () => false): Lab {
  const clock = manualClock();
  const events: string[] = [];
  const note = (event: string, offering: OfferingConfig): void => {
    events.push(`${event} ${offering.name}`);
    if (fails(event, offering)) throw new Error(`no ${event}`);
  };
  const backend = (offering: OfferingConfig): Backend => {
    note('create', offering);
    const made: Partial<Backend> = {
      check: async () => [],
      serve: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      close: async () => note('close', offering),
    };
    return made as Backend;
  };
  const log = silentLog();
  const offerings = createOfferings({
    clock,
    log,
    shared: (config) => ({
      config,
      clock,
      log,
      random: () => 0.5,
      slots: createSlots(4),
      version: '0',
      startedAt: new Date(0),
      env: {},
      store: createMemoryStore(clock),
      journal: keepingJournal(),
      metrics: createMetrics({ version: '0', revision: '', clock, offerings: [] }),
      waldur: () => waldur,
      backend,
    }),
  });
  lab = { offerings, events };
  return lab;
}

const names = (offerings: Offerings): readonly string[] => offerings.running().map(({ config }) => config.name);

describe('a change of the configuration', () => {
  const TOKEN = { waldur: { ...site(1).waldur, credentials: { kind: 'token' as const, token: 'y'.repeat(40) } } };

  test.each<[string, Partial<OfferingConfig>]>([
    ['the token of Waldur', TOKEN],
    ['the policy', { policy: 'no-delete' }],
    ['the components', { components: [] }],
  ])('for the sake of Waldur (%s) leaves the backend alone', async (_, changes) => {
    const { offerings, events } = open();
    const from = configOf(site(1));
    offerings.startAll(from);
    expect(await offerings.change(from, configOf(site(1, changes)))).toBe('0 offerings added, 0 removed, 1 restarted');
    expect(events).toEqual(['create site1']);
    expect(offerings.running()[0]?.config).toMatchObject(changes);
  });

  test('that is agent-wide restarts no backend either', async () => {
    const { offerings, events } = open();
    const from = configOf(site(1), site(2));
    offerings.startAll(from);
    await offerings.change(from, { ...from, orderDeadlineMs: 5 });
    expect(events).toEqual(['create site1', 'create site2']);
  });

  test.each<[string, Partial<OfferingConfig>, string]>([
    ['a setting of the backend', { settings: { path: '/srv' } }, 'site1'],
    ['its limits', { backendLimits: { concurrency: 1, perSecond: undefined } }, 'site1'],
    ['the name', { name: 'renamed' }, 'renamed'],
  ])('of %s closes the old backend before it makes the new one', async (_, changes, name) => {
    const { offerings, events } = open();
    const from = configOf(site(1));
    offerings.startAll(from);
    await offerings.change(from, configOf(site(1, changes)));
    expect(events).toEqual(['create site1', 'close site1', `create ${name}`]);
  });

  test('the standing survives with the backend', async () => {
    const { offerings } = open();
    const from = configOf(site(1));
    offerings.startAll(from);
    await new Promise(setImmediate);
    const before = offerings.health()[0]?.hindrances;
    expect(before?.map(({ ability }) => ability)).toContain('orders');
    await offerings.change(from, configOf(site(1, { policy: 'no-delete' })));
    expect(offerings.health()[0]?.hindrances).toEqual(before);
  });

  test('a backend that cannot be closed keeps nothing from running', async () => {
    const { offerings } = open((event, { name }) => event === 'close' && name === 'site1');
    const from = configOf(site(1), site(2), site(3));
    offerings.startAll(from);
    const to = configOf(site(1, { settings: { x: 1 } }), site(2, { settings: { x: 1 } }), site(3));
    expect(await offerings.change(from, to)).toBe('0 offerings added, 0 removed, 2 restarted');
    expect(names(offerings).toSorted()).toEqual(['site1', 'site2', 'site3']);
  });

  test('an offering that cannot be started is told, keeps no other from running, and is tried by the next change', async () => {
    let full = true;
    const { offerings } = open((event, { settings }) => full && event === 'create' && 'x' in settings);
    const from = configOf(site(1), site(2));
    offerings.startAll(from);
    const to = configOf(site(1, { settings: { x: 1 } }), site(2, { policy: 'no-delete' }), site(3));
    expect(await offerings.change(from, to)).toBe('1 offering added, 0 removed, 2 restarted, 1 could not be started');
    expect(names(offerings).toSorted()).toEqual(['site2', 'site3']);
    const broken = offerings.health().find(({ name }) => name === 'site1');
    expect(broken?.hindrances).toMatchObject([{ essential: true, message: 'no create' }]);
    full = false;
    await offerings.change(to, to);
    expect(names(offerings).toSorted()).toEqual(['site1', 'site2', 'site3']);
    expect(offerings.health()).toHaveLength(3);
  });

  test('a stop in the middle starts nothing, and closes what was kept', async () => {
    const { offerings, events } = open();
    const from = configOf(site(1));
    offerings.startAll(from);
    await offerings.drain();
    expect(await offerings.change(from, configOf(site(1, { policy: 'no-delete' })))).toMatch(/^stopped before/);
    expect(names(offerings)).toEqual([]);
    expect(events).toEqual(['create site1', 'close site1']);
  });
});

test('the end closes every backend, also beside one that fails', async () => {
  const { offerings, events } = open((event, { name }) => event === 'close' && name === 'site1');
  offerings.startAll(configOf(site(1), site(2)));
  await expect(offerings.close()).rejects.toThrow('no close');
  expect(events.filter((event) => event.startsWith('close')).toSorted()).toEqual(['close site1', 'close site2']);
});
