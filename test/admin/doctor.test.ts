import { describe, expect, it } from 'vitest';
import { type DoctorDeps, examine } from '../../src/admin/doctor.ts';
import { type Finding, gravest } from '../../src/admin/doctor-findings.ts';
import { report } from '../../src/cli/commands/doctor.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import type { OfferingConfig } from '../../src/config/types.ts';
import type { Backend, Check } from '../../src/plugin/contract.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { CUSTOMER, type FakeWaldurOptions, failure, fakeWaldur, waldurComponent } from '../cli/fake-waldur.ts';
import { manualClock } from '../fakes/clock.ts';
import { component, OFFERING, offeringConfig } from '../fakes/offering.ts';

const STORAGE = waldurComponent({
  uuid: 'c1',
  type: 's3_storage',
  name: 'Disk',
  measured_unit: 'GB',
  billing_type: 'limit',
});
const CHECK: Check = { name: 'storage path', status: 'ok', detail: '/s3' };

interface Case extends FakeWaldurOptions {
  readonly config?: Partial<OfferingConfig>;
  readonly check?: () => Promise<readonly Check[]>;
  readonly broker?: () => Promise<void>;
}

function prepare(options: Case): {
  readonly offering: OfferingConfig;
  readonly deps: DoctorDeps;
  closed: () => boolean;
} {
  const stomp = {
    enabled: true,
    url: 'wss://waldur.example.com/rmqws-stomp',
    heartbeatMs: 10_000,
    connectTimeoutMs: 5000,
  };
  const fake = fakeWaldur({ ...options, offering: { components: [STORAGE], ...options.offering } });
  let backendClosed = false;
  const backend: Partial<Backend> = {
    check: options.check ?? (async () => [CHECK]),
    close: async () => {
      backendClosed = true;
    },
  };
  return {
    offering: offeringConfig({ stomp, ...options.config }),
    deps: {
      clock: manualClock(),
      waldur: () => fake.waldur,
      backend: () => backend as Backend,
      tryBroker: options.broker ?? (async () => undefined),
    },
    closed: () => backendClosed && fake.closed(),
  };
}

async function findings(options: Case = {}): Promise<Record<string, Finding>> {
  const { offering, deps, closed } = prepare(options);
  const found: Record<string, Finding> = {};
  for await (const finding of examine(offering, deps, new AbortController().signal)) found[finding.name] = finding;
  expect(closed()).toBe(true);
  return found;
}

const states = (found: Record<string, Finding>): Record<string, string> =>
  Object.fromEntries(Object.entries(found).map(([name, { status }]) => [name, status]));

describe('examine', () => {
  it('is content with a site that works', async () => {
    const found = await findings();
    expect(states(found)).toEqual({
      'Waldur login': 'ok',
      role: 'ok',
      offering: 'ok',
      components: 'ok',
      credentials: 'ok',
      broker: 'ok',
      'storage path': 'ok',
    });
    expect(gravest(Object.values(found))).toBe('ok');
  });

  it('skips what a refused login makes pointless, and still checks the backend', async () => {
    const found = await findings({ failing: { me: failure('operator', 'WALDUR_UNAUTHORIZED', 'the token is wrong') } });
    expect(states(found)).toEqual({
      'Waldur login': 'failed',
      role: 'skipped',
      offering: 'skipped',
      components: 'skipped',
      credentials: 'skipped',
      broker: 'skipped',
      'storage path': 'ok',
    });
    expect(gravest(Object.values(found))).toBe('refused');
  });

  it.each<[string, Case, string, Partial<Finding>]>([
    [
      'an unreachable Waldur',
      { failing: { get: failure('transient', 'WALDUR_UNREACHABLE') } },
      'offering',
      { status: 'failed', kind: 'unavailable' },
    ],
    ['staff', { user: { isStaff: true } }, 'role', { status: 'warning' }],
    ['unknown roles', { user: { permissions: [] } }, 'role', { status: 'warning' }],
    [
      'a manager, as every offering manager is',
      { user: { permissions: [{ role: 'CUSTOMER.MANAGER', scopeType: 'customer', scope: CUSTOMER }] } },
      'role',
      {
        status: 'failed',
        detail: 'CUSTOMER.MANAGER of the provider organisation, which may not approve or reject orders',
      },
    ],
    [
      'a manager that may, where Waldur tells',
      {
        user: {
          permissions: [
            { role: 'CUSTOMER.MANAGER', scopeType: 'customer', scope: CUSTOMER, may: ['ORDER.LIST', 'ORDER.APPROVE'] },
          ],
        },
      },
      'role',
      { status: 'ok' },
    ],
    [
      'a manager who is an owner, too',
      {
        user: {
          permissions: ['CUSTOMER.MANAGER', 'CUSTOMER.OWNER'].map((role) => ({
            role,
            scopeType: 'customer',
            scope: CUSTOMER,
          })),
        },
      },
      'role',
      { status: 'ok', detail: 'CUSTOMER.OWNER of the provider organisation' },
    ],
    [
      'a role of the site',
      { user: { permissions: [{ role: 'CUSTOMER.AGENT', scopeType: 'customer', scope: CUSTOMER }] } },
      'role',
      { status: 'warning' },
    ],
    [
      'an offering manager',
      { user: { permissions: [{ role: 'OFFERING.MANAGER', scopeType: 'offering', scope: OFFERING }] } },
      'role',
      { status: 'failed', kind: 'refused', detail: expect.stringMatching(/^OFFERING.MANAGER of the offering only/) },
    ],
    [
      'a stranger',
      { user: { permissions: [{ role: 'CUSTOMER.OWNER', scopeType: 'customer', scope: 'ff'.repeat(16) }] } },
      'role',
      { status: 'failed', detail: 'no role in the provider organisation' },
    ],
    ['a token that expires', { user: { tokenLifetime: 3600 } }, 'token', { status: 'warning' }],
    ['keys in the metadata, for want of a better place', {}, 'credentials', { status: 'ok', hint: undefined }],
    [
      'keys in the metadata, although Waldur could encrypt them',
      { apiKeys: true },
      'credentials',
      { status: 'ok', hint: expect.stringContaining('credentials: api_keys') },
    ],
    [
      'API keys',
      { apiKeys: true, config: { credentials: 'api_keys' } },
      'credentials',
      { status: 'ok', detail: "in Waldur's encrypted API keys" },
    ],
    [
      'API keys of a Waldur that has none',
      { config: { credentials: 'api_keys' } },
      'credentials',
      { status: 'failed', kind: 'config', hint: expect.stringContaining('credentials: metadata') },
    ],
    [
      'API keys that cannot be listed',
      { failing: { apiKeys: failure('operator', 'WALDUR_FORBIDDEN') } },
      'credentials',
      { status: 'failed', kind: 'refused' },
    ],
    ['another type', { offering: { type: 'Marketplace.Basic' } }, 'offering', { status: 'failed', kind: 'config' }],
    ['a draft', { offering: { state: 'Draft' } }, 'offering', { status: 'warning' }],
    [
      'missing components',
      { offering: { components: [] } },
      'components',
      { status: 'failed', detail: 'Waldur lacks s3_storage' },
    ],
    [
      'other billing',
      { config: { components: [component({ accountingType: 'usage' })] } },
      'components',
      { status: 'warning' },
    ],
    ['no queues', { queues: false }, 'broker', { status: 'warning' }],
    [
      'a broker that refuses',
      { broker: () => Promise.reject(failure('operator', 'STOMP_REFUSED')) },
      'broker',
      { status: 'failed', kind: 'refused', hint: 'do something' },
    ],
    [
      'a backend that is down',
      { check: () => Promise.reject(failure('transient', 'FAKE_UNREACHABLE')) },
      'fake',
      { status: 'failed', kind: 'unavailable' },
    ],
    [
      'a backend that complains',
      { check: async () => [{ ...CHECK, status: 'failed', detail: 'read-only', hint: 'remount it' }] },
      'storage path',
      { status: 'failed', hint: 'remount it' },
    ],
  ])('reports %s', async (_, options, name, expected) => {
    expect((await findings(options))[name]).toMatchObject(expected);
  });

  it('does not ask a broker that is switched off', async () => {
    const broker = (): Promise<void> => Promise.reject(new Error('asked'));
    const stomp = { enabled: false, url: 'ws://x/', heartbeatMs: 1, connectTimeoutMs: 1 };
    expect((await findings({ broker, config: { stomp } }))['broker']?.status).toBe('skipped');
  });

  it('does not wait forever', async () => {
    const clock = manualClock();
    const { offering, deps } = prepare({ check: () => new Promise(() => undefined) });
    const found: Finding[] = [];
    const examination = (async () => {
      for await (const finding of examine(offering, { ...deps, clock }, new AbortController().signal))
        found.push(finding);
    })();
    await clock.advance(30_000);
    await examination;
    expect(found.at(-1)).toMatchObject({ name: 'fake', status: 'failed', kind: 'unavailable' });
  });
});

describe('gravest', () => {
  const failed = (kind: Finding['kind']): Finding => ({
    name: 'x',
    status: 'failed',
    detail: '',
    ...(kind && { kind }),
  });

  it.each([
    [[], 'ok'],
    [[failed(undefined)], 'failed'],
    [[failed('unavailable'), failed('refused')], 'refused'],
    [[failed('unavailable'), failed('config'), failed(undefined)], 'config'],
    [[{ ...failed('config'), status: 'warning' as const }], 'ok'],
  ])('takes the gravest of %j', (list, kind) => {
    expect(gravest(list)).toBe(kind);
  });
});

describe('report', () => {
  const broken: Case = {
    check: async () => [{ ...CHECK, status: 'failed', detail: 'token=hunter2hunter2', hint: 'remount it' }],
  };

  it('prints a line for each finding, hints below, secrets masked', async () => {
    const io = fakeIo();
    io.secrets.add('hunter2hunter2');
    const { offering, deps } = prepare(broken);
    expect(await report({ file: '/etc/agent.yaml', offerings: [offering] }, deps, false, io)).toBe(EXIT.failed);
    expect(io.out()).toMatchInlineSnapshot(`
      "configuration
        ✓ file: /etc/agent.yaml
        ✓ secrets: every reference could be read
      offering test
        ✓ Waldur login: agent-user at http://127.0.0.1:1/api/, Waldur 8.1.2
        ✓ role: CUSTOMER.OWNER of the provider organisation
        ✓ offering: S3 storage, Marketplace.Slurm, Active
        ✓ components: s3_storage
        ✓ credentials: in the metadata of each resource, which the whole consumer team can read
        ✓ broker: wss://waldur.example.com/rmqws-stomp, consumer_1
        ✗ storage path: token=***
            remount it
      8 ok, 0 warnings, 1 failed, 0 skipped
      "
    `);
  });

  it('prints one JSON document', async () => {
    const io = fakeIo();
    io.secrets.add('hunter2hunter2');
    const { offering, deps } = prepare(broken);
    await report({ file: '/etc/agent.yaml', offerings: [offering] }, deps, true, io);
    const document = JSON.parse(io.out());
    expect(document).toMatchObject({ version: 1, offerings: [{ name: 'test' }] });
    expect(document.offerings[0].findings).toHaveLength(7);
    expect(io.out()).not.toContain('hunter2');
  });
});
