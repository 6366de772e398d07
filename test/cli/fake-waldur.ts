import { AgentError } from '../../src/lib/errors.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import type { Offering, OfferingComponent, User } from '../../src/waldur/types.ts';
import { OFFERING } from '../fakes/offering.ts';

export const CUSTOMER = 'e2ec0000000000000000000000000001';

/** What a command reads from Waldur, and a list of what it wrote. */
export interface FakeWaldur {
  readonly waldur: Waldur;
  /** Calls that change something, in order. */
  readonly writes: readonly (readonly [string, ...unknown[]])[];
  closed(): boolean;
}

export interface FakeWaldurOptions {
  readonly user?: Partial<User>;
  readonly offering?: Partial<Offering>;
  /** Calls that fail, by name. */
  readonly failing?: Readonly<Record<string, AgentError>>;
  /** What an earlier run left. */
  readonly existing?: { readonly uuid: string; readonly state: string };
  readonly queues?: boolean;
  /** Whether the server keeps API keys. */
  readonly apiKeys?: boolean;
}

/** Anything a test did not prepare is a TypeError, so that a command cannot use it unseen. */
export function fakeWaldur(options: FakeWaldurOptions = {}): FakeWaldur {
  const writes: (readonly [string, ...unknown[]])[] = [];
  let closed = false;
  const fail = (name: string): void => {
    const error = options.failing?.[name];
    if (error !== undefined) throw error;
  };
  const write = async (name: string, ...values: unknown[]): Promise<void> => {
    fail(name);
    writes.push([name, ...values]);
  };
  const offerings: Partial<Waldur['offerings']> = {
    get: async () => {
      fail('get');
      return fakeOffering(options.offering);
    },
    createComponent: (_, body) => write('createComponent', body),
    updateComponent: (_, body) => write('updateComponent', body),
    create: async (body) => {
      await write('create', body);
      return OFFERING;
    },
    updateResourceOptions: (_, body) => write('updateResourceOptions', body),
    updatePrices: (_, prices) => write('updatePrices', prices),
    updatePluginOptions: (_, body) => write('updatePluginOptions', body),
    find: async () => options.existing,
    activate: (uuid) => write('activate', uuid),
    findCategory: async (title) => (title === 'Storage' ? reference('marketplace-categories') : undefined),
    findCustomer: async (name) => (name === 'acme' ? reference('customers') : undefined),
  };
  const partial: { [Key in keyof Waldur]?: unknown } = {
    offerings,
    me: async () => {
      fail('me');
      return { ...OWNER, ...options.user };
    },
    version: async () => '8.1.2',
    clockSkewMs: () => 0,
    agents: { identify: async () => ({ uuid: '1d'.repeat(16), name: 'agent' }) },
    apiKeys: {
      list: async () => {
        fail('apiKeys');
        return options.apiKeys === true ? [] : undefined;
      },
    },
    queues: {
      register: async () => (options.queues === false ? undefined : QUEUE),
      passcode: async () => 'broker-passcode',
    },
    close: () => {
      closed = true;
    },
  };
  return { waldur: partial as Waldur, writes, closed: () => closed };
}

export function waldurComponent(raw: RawComponent): OfferingComponent {
  const { uuid, type, name, measured_unit, billing_type } = raw;
  return { uuid, type, name, measuredUnit: measured_unit, billingType: billing_type, raw };
}

type RawComponent = JsonObject & Record<'uuid' | 'type' | 'name' | 'measured_unit' | 'billing_type', string>;

export function failure(disposition: AgentError['disposition'], code: string, message = 'it failed'): AgentError {
  return new AgentError(message, { code, disposition, hint: 'do something' });
}

const QUEUE = { login: 'consumer', vhost: 'owner', queues: [{ name: 'consumer_1', objectType: undefined }] };

const OWNER: User = {
  uuid: 'a0'.repeat(16),
  username: 'agent-user',
  isStaff: false,
  tokenLifetime: undefined,
  permissions: [{ role: 'CUSTOMER.OWNER', scopeType: 'customer', scope: CUSTOMER }],
};

function fakeOffering(values: Partial<Offering> = {}): Offering {
  return {
    uuid: OFFERING,
    name: 'S3 storage',
    type: 'Marketplace.Slurm',
    state: 'Active',
    customer: CUSTOMER,
    components: [],
    pluginOptions: {},
    ...values,
  };
}

function reference(list: string): { readonly uuid: string; readonly url: string } {
  return { uuid: CUSTOMER, url: `https://waldur.example.com/api/${list}/${CUSTOMER}/` };
}
