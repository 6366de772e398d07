import type {
  ChecksShape,
  DryReportShape,
  OfferingShape,
  OrderShape,
  OrdersShape,
  OverviewShape,
  PlanShape,
  ResourceLineShape,
  ResourceShape,
  ResourcesShape,
} from '../../../src/web/api/shapes.ts';

/** Answers of an agent for pictures: the same at every run, with something of everything. Typed by the shapes of the API. */

export const AT = '2026-08-25T10:00:00.000Z';
const GIB = 1024 ** 3;
const ago = (seconds: number): string => new Date(Date.parse(AT) - seconds * 1000).toISOString();
const uuid = (index: number): string => String(index).padStart(32, '0');
const FAILURE = {
  code: 'WALDUR_UNAVAILABLE',
  message: 'GET marketplace-orders/ failed: connect ECONNREFUSED 192.0.2.7:443',
  hint: 'The agent tries again by itself.',
} as const;

function offering(values: Partial<OfferingShape>): OfferingShape {
  const hours = Array.from({ length: 24 }, (_, index) => ({
    from: ago(3600 * (23 - index)),
    done: (index * 7) % 11,
    failed: index % 9 === 4 ? 2 : 0,
  }));
  return {
    uuid: uuid(1),
    name: 'Object storage',
    backend: 'ironbucket-local',
    metering: 'gb_days',
    connected: true,
    usesEvents: true,
    lastReconcileAt: ago(42),
    lastReport: { at: ago(1800), ok: true, submitted: 118, unchanged: 3, missing: 0, failed: 0 },
    lastUpkeep: { at: ago(600), inStep: 119, drift: 2, missing: 0, pending: 0, unreadable: 0, faulty: 0 },
    hindrances: [],
    queued: 0,
    running: 1,
    resources: 121,
    orders: { hours, medianMs: 240, p95Ms: 2100 },
    ...values,
  };
}

export const overview: OverviewShape = {
  at: AT,
  version: '1.0.0',
  startedAt: ago(86_400),
  state: 'running',
  ready: false,
  isDurable: true,
  offerings: [
    offering({}),
    offering({
      uuid: uuid(2),
      name: 'Home directories',
      backend: 'host-quota',
      connected: false,
      lastReport: null,
      lastUpkeep: null,
      hindrances: [{ ...FAILURE, ability: 'orders', what: 'read its orders', essential: true, since: ago(900) }],
      orders: { hours: [], medianMs: null, p95Ms: null },
    }),
  ],
};

const NAMES = ['reads', 'genomes', 'climate-2026', 'backups', 'scratch', 'images', 'logs', 'papers'];
const FINDINGS = ['in-step', 'in-step', 'in-step', 'drift', 'in-step', 'pending', 'missing', 'unreadable'];

function line(index: number): ResourceLineShape {
  const share = [0.42, 0.97, 1.04, 0.1, 0.63, 0, 0.88, 0.05][index % 8] ?? 0;
  const limit = 50 * (1 + (index % 5)) * GIB;
  return {
    uuid: uuid(index + 1),
    name: `${NAMES[index % 8]}${index < 8 ? '' : `-${index}`}`,
    offering: uuid(1),
    offeringName: 'Object storage',
    account: `waldur_acme_genomics_${uuid(index + 1).slice(24)}`,
    customer: 'acme',
    project: index % 2 === 0 ? 'genomics' : 'climate',
    finding: FINDINGS[index % 8] ?? 'in-step',
    suspended: index === 4,
    usedBytes: String(Math.round(limit * share)),
    limitBytes: index % 8 === 7 ? null : String(limit),
    usedObjects: String(index * 1234),
    limitObjects: null,
    keys: 1,
    trend: [0.6, 0.7, 0.65, 0.8, 0.85, 0.83, 0.9, 1].map((part) => part * share * limit),
    seenAt: ago(600 + index),
  };
}

export const resources: ResourcesShape = {
  at: AT,
  resources: Array.from({ length: 24 }, (_, index) => line(index)),
  truncated: false,
};

const STEP = { ms: 12, text: null, account: null, details: {}, error: null, version: '1.0.0' } as const;

export const order: OrderShape = {
  order: uuid(77),
  resource: uuid(1),
  offering: uuid(1),
  offeringName: 'Object storage',
  name: 'reads',
  type: 'Create',
  status: 'done',
  startedAt: ago(61),
  changedAt: ago(60),
  ms: 240,
  error: null,
  steps: [
    { ...STEP, id: 'a:1', at: ago(61), kind: 'order', what: 'read', ms: null, details: { state: 'pending-provider' } },
    { ...STEP, id: 'a:2', at: ago(61), kind: 'waldur', what: 'approve', ms: 31 },
    {
      ...STEP,
      id: 'a:3',
      at: ago(61),
      kind: 'backend',
      what: 'create-account',
      account: 'waldur_acme_genomics_00000001',
      details: { bytes: '53687091200' },
    },
    { ...STEP, id: 'a:4', at: ago(60), kind: 'waldur', what: 'set-message', text: 'Your storage is being set up.' },
    {
      ...STEP,
      id: 'a:5',
      at: ago(60),
      kind: 'waldur',
      what: 'set-endpoints',
      error: { code: 'WALDUR_REFUSED', message: 'Waldur answered 400', hint: null },
    },
    { ...STEP, id: 'a:6', at: ago(60), kind: 'order', what: 'done', ms: 240, details: { state: 'executing' } },
  ],
};

export const orders: OrdersShape = {
  at: AT,
  orders: ['running', 'done', 'erred', 'pending', 'deferred', 'failed', 'rejected', 'done'].map((status, index) => ({
    ...order,
    order: uuid(index + 70),
    name: NAMES[index] ?? '',
    type: ['Create', 'Update', 'Terminate', 'Restore'][index % 4] ?? '',
    status,
    changedAt: ago(5 + index * 400),
    ms: status === 'running' ? null : 180 * (index + 1),
    error: status === 'erred' ? FAILURE : null,
  })),
  next: {},
};

const days = Array.from({ length: 60 }, (_, index) => Math.floor(Date.parse(AT) / 1000) - (60 - index) * 86_400);

export const resource: ResourceShape = {
  ...line(0),
  accessKeys: [
    { id: 'O1F35Q6CISZCI9YPTMQ2', works: true },
    { id: 'AKIDSUSPENDED0000000', works: false },
  ],
  error: null,
  left: [{ path: 'region', from: 'DE1', to: 'UK1' }],
  history: [
    { component: 'storage', points: days.map((at, index) => [at, (10 + index * 0.3 + (index % 7)) * GIB] as const) },
    {
      component: 'limit storage',
      points: [
        [days[0] ?? 0, 20 * GIB],
        [days[30] ?? 0, 50 * GIB],
      ],
    },
  ],
  steps: order.steps,
};

export const plan: PlanShape = {
  offerings: [
    {
      name: 'Object storage',
      error: null,
      orders: [
        {
          uuid: uuid(70),
          type: 'create',
          resource_name: 'reads',
          actions: [
            { kind: 'create-account', account: 'waldur_a', quota: { bytes: String(50 * GIB), objects: null } },
            { kind: 'issue-key', account: 'waldur_a' },
          ],
          error: null,
        },
        { uuid: uuid(71), type: 'terminate', resource_name: 'old', actions: [], error: FAILURE },
      ],
      resources: [
        {
          uuid: uuid(4),
          name: 'backups',
          account: 'waldur_b',
          finding: 'drift',
          actions: [
            {
              kind: 'set-quota',
              account: 'waldur_b',
              from: { bytes: String(10 * GIB), objects: null },
              to: { bytes: String(20 * GIB), objects: '1000' },
            },
            { kind: 'revoke-key', account: 'waldur_b', access_key: 'AKIDOLD' },
          ],
          error: null,
        },
      ],
    },
    { name: 'Home directories', error: FAILURE, orders: [], resources: [] },
  ],
};

export const dryReport: DryReportShape = {
  offerings: [
    {
      name: 'Object storage',
      error: null,
      summary: { submitted: 2, unchanged: 1, missing: 1, failed: 0 },
      lines: ['new', 'changed', 'unchanged', 'guarded', 'unreadable', 'lost'].map((status, index) => ({
        period: index === 5 ? '2026-07' : '2026-08',
        resource: uuid(index),
        name: NAMES[index] ?? '',
        account: 'waldur_a',
        component: 'storage',
        unit: 'GB',
        recorded: status === 'new' ? null : '12.50',
        measured: status === 'unreadable' ? null : '13.75',
        status,
      })),
    },
  ],
};

export const checks: ChecksShape = {
  at: AT,
  offerings: [
    {
      name: 'Object storage',
      findings: [
        { name: 'Waldur login', status: 'ok', detail: 'agent at https://waldur.example.org/api/', hint: null },
        { name: 'token', status: 'warning', detail: 'it expires after 3600 s without use', hint: 'Set it to never.' },
        { name: 'role', status: 'failed', detail: 'no role in the provider organisation', hint: 'Make it an owner.' },
        { name: 'broker', status: 'skipped', detail: 'stomp_enabled is false: orders are polled', hint: null },
      ],
    },
  ],
};
