import type { ComponentConfig, OfferingConfig } from '../../src/config/types.ts';
import type { Plugin } from '../../src/plugin/contract.ts';
import type { Order, Resource } from '../../src/waldur/types.ts';

/** Plain objects with sensible values; each test says only what it is about. */

export const OFFERING = 'e2ef0000000000000000000000000001';
export const RESOURCE = '5a1e5a1e5a1e4a1e8a1e5a1e5a1e5a1e';
export const ORDER = '0a7f4c0e5d8b4f6e9a3b2c1d0e9f8a7b';
export const GIB = 1_073_741_824;

export function component(values: Partial<ComponentConfig> = {}): ComponentConfig {
  return {
    type: 's3_storage',
    backendName: 'storage',
    unitFactor: GIB,
    accountingType: 'limit',
    enforceLimits: true,
    measuredUnit: 'GB',
    label: undefined,
    defaultLimit: undefined,
    minLimit: undefined,
    maxLimit: undefined,
    options: ['storage_limit'],
    ...values,
  };
}

export const OBJECTS = component({
  type: 's3_objects',
  backendName: 'objects',
  unitFactor: 1,
  accountingType: 'usage',
  options: ['object_limit'],
});

export const ABILITIES: Plugin['components'] = {
  storage: { unit: 'bytes', limit: {}, usage: true },
  objects: { unit: 'objects', limit: {}, usage: true },
};

const PLUGIN = {
  id: 'fake',
  components: ABILITIES,
  keys: 1,
  metering: ['current'],
  naming: () => ({ prefix: 'waldur_', separator: '_', filler: '_', maxLength: 64 }),
} as unknown as Plugin;

export function offeringConfig(values: Partial<OfferingConfig> = {}): OfferingConfig {
  return {
    name: 'test',
    uuid: OFFERING,
    waldur: {
      apiUrl: 'http://127.0.0.1:1/api/',
      credentials: { kind: 'token', token: 'x'.repeat(40) },
      verifySsl: true,
      ca: undefined,
      proxy: undefined,
    },
    stomp: { enabled: false, url: 'ws://127.0.0.1:1/ws', heartbeatMs: 10_000, connectTimeoutMs: 5000 },
    plugin: PLUGIN,
    settings: {},
    backendLimits: { concurrency: 8, perSecond: undefined },
    backendCapacity: undefined,
    components: [component()],
    approval: 'auto',
    policy: 'full',
    onTerminate: 'refuse',
    metering: 'current',
    isSampled: false,
    credentials: 'metadata',
    allowDecrease: true,
    ...values,
  };
}

export function order(values: Partial<Order> = {}): Order {
  return {
    uuid: ORDER,
    type: 'Create',
    state: 'pending-provider',
    offering: OFFERING,
    resource: RESOURCE,
    resourceName: 'bucket',
    attributes: {},
    limits: {},
    plan: undefined,
    oldPlan: undefined,
    newPlan: undefined,
    created: '2026-08-25T10:00:00Z',
    modified: '2026-08-25T10:00:00Z',
    startDate: undefined,
    providerMessage: '',
    customerSlug: 'acme',
    projectSlug: 'genomics',
    createdBy: 'alice',
    ...values,
  };
}

export function resource(values: Partial<Resource> = {}): Resource {
  return {
    uuid: RESOURCE,
    name: 'bucket',
    state: 'Creating',
    backendId: '',
    offering: OFFERING,
    plan: undefined,
    project: undefined,
    projectSlug: 'genomics',
    customerSlug: 'acme',
    attributes: {},
    options: {},
    limits: {},
    backendMetadata: {},
    endpoints: [],
    paused: false,
    downscaled: false,
    restrictMemberAccess: false,
    hasApiKeys: false,
    errorMessage: '',
    ...values,
  };
}
