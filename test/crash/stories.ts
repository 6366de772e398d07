import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { BACKENDS, type BackendName, type BenchOptions } from './bench.ts';

type Request = Parameters<Sandbox['placeOrder']>[0];

/** What must be true in the end, whenever the agent died in between. */
export interface Ending {
  /** `working`: with its keys in Waldur; `suspended`: kept, and shut; `gone`: nothing is left. */
  readonly account: 'working' | 'suspended' | 'gone';
  readonly gib?: number;
  readonly order?: 'erred';
}

/** One kind of order, and what comes before it. */
export interface Story extends BenchOptions {
  readonly what: string;
  /** Orders that are carried out before, about one resource; a Create first. None for an order that makes one. */
  readonly before: readonly Request[];
  /** Whether the account holds something when the order comes; before which of the orders above it is put in. */
  readonly filledBefore?: number;
  /** `rotate`: no order, but a consumer who wants another key. */
  readonly order: Request | 'rotate';
  readonly ending: Ending;
  /** Where it can be told and tells something that it does not tell elsewhere. */
  readonly at: readonly BackendName[];
  /** What the consumer calls the resource before the order: a name that no backend takes. */
  readonly renamed?: string;
  /** Whether every agent dies of it once more, one after the other. */
  readonly again?: boolean;
}

export const GIB = 1_073_741_824;

const FIVE = { limits: { storage: 5 } };
const TERMINATE = { type: 'Terminate' } as const;
const RESTORE = { type: 'Restore' } as const;
/** The two flavours differ in the calls that make, limit and remove accounts, not in what comes before and after. */
const ONE_FLAVOUR = ['ironbucket-local', 'croit-s3 (croit)'] as const;
const WITH_OPTIONS = [...ONE_FLAVOUR, 'host-quota'] as const;
const OTHERS_TOO = [...ONE_FLAVOUR, 'civo', 'minio'] as const;
/** croit knows no way to shut an account. */
const CAN_SUSPEND = ['ironbucket-local', 'croit-s3 (radosgw)', 'minio'] as const;
const API_KEYS = { credentials: 'api_keys' };
const SUSPEND = { on_terminate: 'suspend' };

type Plain = 'offering' | 'settings' | 'before' | 'at';

/** What most of them have: an offering with limits and nothing set, one account that is there already, all backends. */
function story(own: Omit<Story, Plain> & Partial<Pick<Story, Plain>>): Story {
  return { offering: 'limit', settings: {}, before: [FIVE], at: BACKENDS, ...own };
}

const working = (gib: number): Ending => ({ account: 'working', gib });

export const CREATE: Story = story({ what: 'create', before: [], order: FIVE, ending: working(5), again: true });

export const STORIES: readonly Story[] = [
  CREATE,
  story({ what: 'new limits', order: { type: 'Update', limits: { storage: 8 } }, ending: working(8) }),
  story({
    what: 'new limits, renamed',
    renamed: '../ü\u200d/'.repeat(40),
    order: { type: 'Update', limits: { storage: 8 } },
    ending: working(8),
    at: OTHERS_TOO,
  }),
  story({
    what: 'options',
    offering: 'options',
    before: [{ offering: FIXTURE.options, attributes: { storage_limit: 5 } }],
    order: { type: 'Update', kind: 'options', options: { storage_limit: 8 } },
    ending: working(8),
    at: WITH_OPTIONS,
  }),
  story({
    what: 'plan',
    offering: 'usage',
    before: [{ offering: FIXTURE.usage }],
    order: { type: 'Update', kind: 'plan', plan: 'Premium' },
    ending: working(1000),
    at: ONE_FLAVOUR,
  }),
  story({
    what: 'renewal',
    order: { type: 'Update', kind: 'renew', limits: { storage: 6 } },
    ending: working(6),
    at: ['ironbucket-local'],
  }),
  story({
    what: 'post-configuration',
    order: { type: 'Update', kind: 'options', options: { versioning: true, tags: 'team:blue' } },
    ending: working(5),
    at: ['civo'],
  }),
  story({
    what: 'attributes',
    order: { type: 'Update', kind: 'options', options: { versioning: true, lifecycle_days: 7 } },
    ending: working(5),
    at: ['minio'],
  }),
  story({ what: 'terminate, empty', order: TERMINATE, ending: { account: 'gone' } }),
  story({
    what: 'terminate, refused',
    filledBefore: 1,
    order: TERMINATE,
    ending: { ...working(5), order: 'erred' },
    at: [...OTHERS_TOO, 'host-quota'],
  }),
  story({
    what: 'terminate, suspend',
    settings: SUSPEND,
    filledBefore: 1,
    order: TERMINATE,
    ending: { account: 'suspended', gib: 5 },
    at: CAN_SUSPEND,
  }),
  story({
    what: 'terminate, purge',
    settings: { on_terminate: 'purge' },
    filledBefore: 1,
    order: TERMINATE,
    ending: { account: 'gone' },
    again: true,
  }),
  story({ what: 'restore, gone', before: [FIVE, TERMINATE], order: RESTORE, ending: working(5) }),
  story({
    what: 'restore, suspended',
    settings: SUSPEND,
    before: [FIVE, TERMINATE],
    filledBefore: 1,
    order: RESTORE,
    ending: working(5),
    at: CAN_SUSPEND,
  }),
  story({
    what: 'create, API keys',
    settings: API_KEYS,
    before: [],
    order: FIVE,
    ending: working(5),
    at: OTHERS_TOO,
  }),
  story({
    what: 'restore, API keys',
    settings: API_KEYS,
    before: [FIVE, TERMINATE],
    order: RESTORE,
    ending: working(5),
    at: ['croit-s3 (croit)'],
  }),
  story({
    what: 'rotation of an API key',
    settings: API_KEYS,
    order: 'rotate',
    ending: working(5),
    at: OTHERS_TOO,
    again: true,
  }),
  story({
    what: 'terminate, API keys',
    settings: API_KEYS,
    order: TERMINATE,
    ending: { account: 'gone' },
    at: ONE_FLAVOUR,
  }),
];
