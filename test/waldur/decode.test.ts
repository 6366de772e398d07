import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAgentError } from '../../src/lib/errors.ts';
import * as decoders from '../../src/waldur/decode.ts';
import { COMPONENT_JSON, OFFERING_JSON, ORDER_JSON, RESOURCE_JSON, USAGE_JSON } from './examples.ts';
import { OFFERING, ORDER, RESOURCE } from './harness.ts';

const PLAN = 'e2e00000000000000000000000000011';

test('an order', () => {
  expect(decoders.decodeOrder(ORDER_JSON)).toEqual({
    uuid: ORDER,
    type: 'Create',
    state: 'pending-provider',
    offering: OFFERING,
    resource: RESOURCE,
    resourceName: 'my-bucket-space',
    attributes: { name: 'my-bucket-space', storage_limit: 500 },
    limits: { storage: 100, objects: 1_000_000 },
    plan: PLAN,
    oldPlan: undefined,
    newPlan: PLAN,
    created: '2026-08-25T10:00:00.123456Z',
    modified: '2026-08-25T10:00:01.000000Z',
    startDate: undefined,
    providerMessage: 'wait',
    customerSlug: 'acme',
    projectSlug: 'genomics',
    createdBy: 'alice@example.org',
  });
  expect(decoders.decodeOrder({ ...ORDER_JSON, start_date: '2026-09-01' }).startDate).toBe('2026-09-01');
});

test('a resource', () => {
  expect(decoders.decodeResource(RESOURCE_JSON)).toEqual({
    uuid: RESOURCE,
    name: 'my-bucket-space',
    state: 'OK',
    backendId: 'waldur_acme_genomics_5a1e5a1e',
    offering: OFFERING,
    plan: PLAN,
    project: 'b0b0b0b0b0b04b0b8b0bb0b0b0b0b0b0',
    projectSlug: 'genomics',
    customerSlug: 'acme',
    attributes: { storage_limit: 500 },
    options: { storage_limit: 800 },
    limits: { storage: 100 },
    backendMetadata: { s3_user: 'waldur_acme_genomics_5a1e5a1e' },
    endpoints: [{ name: 'S3 endpoint', url: 'https://s3.example' }],
    paused: true,
    downscaled: false,
    restrictMemberAccess: true,
    hasApiKeys: true,
    errorMessage: 'gone',
  });
});

test('a resource of an older server, with nulls and missing keys', () => {
  const { uuid, state, offering_uuid } = RESOURCE_JSON;
  const nulls = {
    backend_id: null,
    options: null,
    limits: null,
    backend_metadata: null,
    endpoints: null,
    plan_uuid: null,
  };
  expect(decoders.decodeResource({ uuid, state, offering_uuid, ...nulls })).toEqual({
    uuid,
    name: '',
    state: 'OK',
    backendId: '',
    offering: OFFERING,
    plan: undefined,
    project: undefined,
    projectSlug: '',
    customerSlug: '',
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
  });
});

test('an offering, keeping the component as it came', () => {
  expect(decoders.decodeOffering(OFFERING_JSON)).toEqual({
    uuid: OFFERING,
    name: 'S3 storage',
    type: 'Marketplace.Slurm',
    state: 'Active',
    customer: 'e2ec0000000000000000000000000001',
    components: [
      {
        uuid: COMPONENT_JSON.uuid,
        type: 'storage',
        name: 'Storage',
        measuredUnit: 'GB',
        billingType: 'limit',
        raw: COMPONENT_JSON,
      },
    ],
    pluginOptions: { can_restore_resource: true },
  });
});

test('usages', () => {
  const { uuid } = USAGE_JSON;
  expect(decoders.decodeUsage({ ...USAGE_JSON, billing_period: '2026-08-01T00:00:00Z' })).toEqual({
    uuid,
    resource: RESOURCE,
    type: 'storage',
    usage: '12.50',
    billingPeriod: '2026-08-01',
  });
  expect(decoders.decodeUsage({ ...USAGE_JSON, usage: undefined }).usage).toBeNull();
  const user = { resource_uuid: RESOURCE, component_type: 'storage', username: 'alice', billing_period: '2026-08-01' };
  expect(decoders.decodeUserUsage(user).usage).toBeNull();
  expect(decoders.decodeUserUsage({ ...user, usage: 1.5 })).toEqual({
    resource: RESOURCE,
    type: 'storage',
    username: 'alice',
    usage: 1.5,
    billingPeriod: '2026-08-01',
  });
});

test('a user of whom the server tells little', () => {
  expect(decoders.decodeUser({})).toEqual({
    uuid: '',
    username: '',
    isStaff: false,
    tokenLifetime: undefined,
    permissions: [],
  });
  const permissions = [{ role_name: 'CUSTOMER.OWNER', scope_type: 'customer', scope_uuid: OFFERING }];
  expect(decoders.decodeUser({ uuid: ORDER, token_lifetime: 3600, is_staff: true, permissions })).toMatchObject({
    isStaff: true,
    tokenLifetime: 3600,
    permissions: [{ role: 'CUSTOMER.OWNER', scopeType: 'customer', scope: OFFERING }],
  });
});

describe('what must be there', () => {
  test.each<[(value: unknown) => unknown, Record<string, unknown>, string, unknown]>([
    [decoders.decodeOrder, ORDER_JSON, 'uuid', '../../x'],
    [decoders.decodeOrder, ORDER_JSON, 'type', 'Explode'],
    [decoders.decodeOrder, ORDER_JSON, 'state', 'toString'],
    [decoders.decodeOrder, ORDER_JSON, 'offering_uuid', null],
    [decoders.decodeOrder, ORDER_JSON, 'marketplace_resource_uuid', undefined],
    [decoders.decodeResource, RESOURCE_JSON, 'state', 'ok'],
    [decoders.decodeResource, RESOURCE_JSON, 'offering_uuid', 7],
    [decoders.decodeOffering, OFFERING_JSON, 'type', ''],
    [decoders.decodeUsage, USAGE_JSON, 'resource_uuid', ''],
    [decoders.decodeUsage, USAGE_JSON, 'billing_period', null],
  ])('%o without a usable %s%s', (decode, json, key, value) => {
    expect(() => decode({ ...json, [key]: value })).toThrow(
      expect.objectContaining({
        code: 'WALDUR_BAD_ANSWER',
        disposition: 'transient',
        message: expect.stringContaining(`"${key}"`) as unknown,
      }),
    );
  });
});

describe.each(Object.entries(decoders))('%s', (_, decode) => {
  const keys = Object.keys({ ...ORDER_JSON, ...RESOURCE_JSON, ...OFFERING_JSON, ...USAGE_JSON });
  const shapes = [ORDER_JSON, RESOURCE_JSON, OFFERING_JSON, USAGE_JSON, {}];
  const json = fc.oneof(
    fc.jsonValue(),
    fc
      .tuple(fc.constantFrom(...shapes), fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()))
      .map(([shape, changes]) => ({ ...shape, ...changes })),
  );
  test('throws nothing but AgentErrors', () => {
    fc.assert(
      fc.property(json, (value) => {
        try {
          decode(value);
        } catch (error) {
          expect(isAgentError(error) && error.code).toBe('WALDUR_BAD_ANSWER');
        }
      }),
    );
  });
});
