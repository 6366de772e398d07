import { describe, expect, it } from 'vitest';
import type { RouteReply } from '../../src/plugin/contract.ts';
import type { JournalQuery } from '../../src/store/journal.ts';
import type { JournalEntry, JournalEvent } from '../../src/store/journal-entry.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { createSeenResources } from '../../src/upkeep/seen-resources.ts';
import { createOperatorRoutes } from '../../src/web/api/routes.ts';
import type { OrderShape, OrdersShape, OverviewShape, ResourceShape } from '../../src/web/api/shapes.ts';
import type { AgentSource, OfferingSource } from '../../src/web/api/source.ts';
import { createRouter } from '../../src/web/router.ts';
import { manualClock } from '../fakes/clock.ts';
import { OFFERING, ORDER, offeringConfig, RESOURCE, resource } from '../fakes/offering.ts';

const clock = manualClock();
const STORE = createMemoryStore(clock);
const SECRET = 'secret-that-a-peer-quoted';

function entry(seq: number, event: JournalEvent, values: Partial<JournalEntry> = {}): JournalEntry {
  const at = new Date(Date.parse('2026-08-25T09:00:00Z') + seq * 1000);
  return { offering: OFFERING, seq, at, version: '1', order: ORDER, resource: RESOURCE, event, hash: '', ...values };
}

function orderEvent(values: object): JournalEvent {
  return { kind: 'order', stage: 'read', type: 'Create', state: 'executing', name: 'reads', ...values } as JournalEvent;
}

const LIFE: readonly JournalEntry[] = [
  entry(1, orderEvent({ stage: 'read' })),
  entry(2, { kind: 'backend', action: 'create-account', account: 'a', changed: true, ms: 5, details: { bytes: '1' } }),
  entry(3, { kind: 'waldur', call: 'set-message', text: 'Done soon.', ms: 1, details: {} }),
  entry(4, orderEvent({ stage: 'ended', ending: 'done', ms: 240 })),
];

function setup(entries: readonly JournalEntry[] = LIFE, changes: Partial<OfferingSource> = {}) {
  const started: string[] = [];
  const recorded: unknown[] = [];
  const resources = createSeenResources(clock);
  const quota = { bytes: 100n, objects: null };
  const found = { state: 'found', account: 'a', resource: RESOURCE, suspended: false, quota, metadata: {} } as const;
  const holds = { bytes: 2n ** 60n, objects: 3n };
  resources.note(resource(), { ...found, holds, keys: [{ id: 'K', works: true }], endpoints: [] });
  const unused = (): never => {
    throw new Error('no peer is asked');
  };
  const offering: OfferingSource = {
    config: offeringConfig(),
    health: () => ({ name: 'test', connected: true, lastReconcileMs: 0, hindrances: [] }),
    activity: () => ({ queued: 1, running: 2, rate: { hours: [], medianMs: 5, p95Ms: 9 }, lastReport: undefined }),
    resources,
    peers: { clock, random: Math.random, store: STORE, log: {} as never, waldur: unused, backend: unused },
    reportNow: () => started.push('report'),
    reconcileNow: () => started.push('reconcile'),
    checkNow: () => started.push('check'),
    ...changes,
  };
  const since = new Date(0);
  const hindrance = {
    ability: 'orders' as const,
    essential: true,
    code: 'X',
    message: `said ${SECRET}`,
    hint: undefined,
    since,
  };
  const broken = { name: 'broken', connected: false, lastReconcileMs: undefined, hindrances: [hindrance] } as const;
  const source: AgentSource = {
    clock,
    version: '1.2.3',
    startedAt: clock.now(),
    config: () => ({ timezone: 'UTC', report: {} as never, sampleIntervalMs: 1, state: undefined }),
    snapshot: () => ({
      state: 'running',
      nowMs: clock.monotonicMs(),
      supervisors: [],
      orders: [],
      offerings: [offering.health(), broken],
    }),
    offerings: () => [offering],
    journal: () => ({
      read: async (query: JournalQuery) =>
        entries
          .filter(({ seq, event, order, resource: of }) => {
            const isKind = query.kinds === undefined || query.kinds.includes(event.kind);
            const isOrder = query.order === undefined || order === query.order;
            const isResource = query.resource === undefined || of === query.resource;
            return isKind && isOrder && isResource && (query.before === undefined || seq < query.before);
          })
          .toReversed()
          .slice(0, query.limit),
      record: (about, event) => void recorded.push([about, event]),
    }),
    scrub: (text) => text.replaceAll(SECRET, '***'),
  };
  const router = createRouter([{ owner: 'agent', routes: createOperatorRoutes(source) }]);
  const ask = async (method: string, path: string): Promise<RouteReply> => {
    const url = new URL(path, 'http://agent');
    const match = router.find(method, url.pathname);
    if (match === undefined || 'allow' in match) throw new Error(`no route ${path}`);
    const request = { params: match.params, query: url.searchParams, headers: {}, body: undefined };
    const person = { name: 'charlie', isOperator: true };
    return match.route.handle({ ...request, remoteAddress: '', person }, new AbortController().signal);
  };
  const read = async <T>(path: string): Promise<T> => JSON.parse((await ask('GET', path)).body as string) as T;
  return { ask, read, started, recorded, resources };
}

it('every route needs the role of an operator', () => {
  const routes = createOperatorRoutes({} as AgentSource);
  expect(routes.map(({ role }) => role)).toEqual(routes.map(() => 'operator'));
  expect(
    routes.every(({ path, method }) => path.startsWith('/v1/') && (method === 'GET' || path === '/v1/now/:action')),
  ).toBe(true);
});

describe('the overview', () => {
  it('has offerings that could not be started as well, with what they cannot do and without secrets', async () => {
    const { offerings, ready } = await setup().read<OverviewShape>('/v1/overview');
    expect(ready).toBe(false);
    expect(offerings.map(({ name }) => name)).toEqual(['test', 'broken']);
    expect(offerings[0]).toMatchObject({ queued: 1, running: 2, resources: 1, lastReport: null });
    expect(offerings[1]?.hindrances[0]).toMatchObject({ what: 'read its orders', message: 'said ***' });
  });
});

describe('orders', () => {
  it('are lines made of what the journal has', async () => {
    const { orders, next } = await setup().read<OrdersShape>('/v1/orders');
    expect(orders).toHaveLength(1);
    expect(orders[0]).toMatchObject({ order: ORDER, name: 'reads', status: 'done', ms: 240, offeringName: 'test' });
    expect(next).toEqual({});
  });

  it.each([
    [orderEvent({ stage: 'read' }), 'running'],
    [orderEvent({ stage: 'ended', ending: 'erred', error: { code: 'X', message: 'no' } }), 'erred'],
    [orderEvent({ stage: 'failed', error: { code: 'X', message: 'no' } }), 'failed'],
  ])('stand as their last entry says: %#', async (event, status) => {
    const { orders } = await setup([entry(1, event)]).read<OrdersShape>('/v1/orders');
    expect(orders[0]?.status).toBe(status);
  });

  it('come in pages, which the answer names', async () => {
    const entries = Array.from({ length: 1500 }, (_, index) =>
      entry(index + 1, orderEvent({ stage: 'ended', ending: 'done' }), { order: String(index).padStart(32, '0') }),
    );
    const { read } = setup(entries);
    const first = await read<OrdersShape>('/v1/orders');
    expect(first.orders).toHaveLength(1000);
    expect(first.next).toEqual({ [OFFERING]: 501 });
    const second = await read<OrdersShape>(`/v1/orders?before=${OFFERING}:501`);
    expect(second.orders).toHaveLength(500);
    expect(second.next).toEqual({});
  });

  it('tell every step of one order, the oldest first', async () => {
    const order = await setup().read<OrderShape>(`/v1/orders/${ORDER}`);
    expect(order.steps.map(({ kind, what }) => `${kind} ${what}`)).toEqual([
      'order read',
      'backend create-account',
      'waldur set-message',
      'order done',
    ]);
    expect(order.steps[2]?.text).toBe('Done soon.');
  });
});

describe('resources', () => {
  it('keep digits beyond 2^53, and show keys without secrets', async () => {
    const shown = await setup().read<ResourceShape>(`/v1/resources/${RESOURCE}`);
    expect(shown).toMatchObject({ usedBytes: String(2n ** 60n), limitBytes: '100', limitObjects: null });
    expect(shown.accessKeys).toEqual([{ id: 'K', works: true }]);
  });

  it('have the history of their account', async () => {
    const at = new Date(clock.now().getTime() - 1000);
    await STORE.samples.add(`${OFFERING}/seen`, [{ account: 'a', component: 'storage', at, quantity: 5n }]);
    const { history } = await setup().read<ResourceShape>(`/v1/resources/${RESOURCE}`);
    expect(history).toEqual([{ component: 'storage', points: [[Math.floor(at.getTime() / 1000), 5]] }]);
  });
});

describe('what is not known', () => {
  it.each(['/v1/orders/x', `/v1/orders/${'0'.repeat(32)}`, '/v1/resources/..%2f..', `/v1/resources/${'0'.repeat(32)}`])(
    '%s is not found',
    async (path) => {
      const empty = setup([]);
      expect((await empty.ask('GET', path)).status).toBe(404);
    },
  );
});

describe('the buttons', () => {
  it.each(['report', 'reconcile', 'check'])('%s starts it, and the journal says who asked', async (action) => {
    const { ask, started, recorded } = setup();
    expect((await ask('POST', `/v1/now/${action}`)).status).toBe(200);
    expect(started).toEqual([action]);
    const event = { kind: 'command', command: `${action} now`, user: 'charlie', source: 'page', options: {} };
    expect(recorded).toEqual([[{ offering: OFFERING }, { ...event, outcome: 'done' }]]);
  });

  it.each(['/v1/now/purge', '/v1/now/constructor'])('%s is none', async (path) => {
    const { ask, started } = setup();
    expect((await ask('POST', path)).status).toBe(404);
    expect(started).toEqual([]);
  });

  it('start nothing for an offering that is not there', async () => {
    const { ask, started } = setup();
    await ask('POST', '/v1/now/report?offering=00000000000000000000000000000000');
    expect(started).toEqual([]);
  });
});
