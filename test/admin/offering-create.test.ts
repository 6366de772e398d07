import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { buildOfferingBlock, buildOfferingBody } from '../../src/admin/offering-body.ts';
import { createOffering, previewOffering } from '../../src/admin/offering-create.ts';
import { loadConfig } from '../../src/config/load.ts';
import { AgentError } from '../../src/lib/errors.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import type { Plugin } from '../../src/plugin/contract.ts';
import { CUSTOMER, failure, fakeWaldur } from '../cli/fake-waldur.ts';
import { builtinPlugins } from '../fakes/builtin-plugins.ts';
import { ABILITIES, GIB, OFFERING } from '../fakes/offering.ts';

const signal = new AbortController().signal;
const LIMIT = {
  type: 'integer',
  label: 'Storage limit, GB',
  required: true,
  default: 100,
  min: 1,
  max: 10_000,
} as const;
const PLUGIN = {
  id: 'fake',
  components: ABILITIES,
  metering: ['current'],
  settings: {
    type: 'object',
    required: ['api_url', 'token', 'path', 'region', 'other'],
    properties: {
      api_url: { type: 'string', format: 'uri' },
      token: { type: 'string', 'x-secret': true },
      path: { pattern: '^/.*' },
      region: { examples: ['eu'] },
    },
  },
  offering: {
    components: [
      {
        type: 's3_storage',
        name: 'Storage',
        measured_unit: 'GB',
        billing_type: 'usage',
        default_limit: 100,
        price: '0.02',
      },
      { type: 's3_objects', name: 'Objects', measured_unit: 'objects', billing_type: 'usage', price: '0.0001' },
    ],
    options: { storage_limit: LIMIT },
    resource_options: { storage_limit: { type: 'integer', label: 'Storage limit, GB' } },
    plugin_options: { auto_create_admin_user: false },
  },
} as unknown as Plugin;
const REQUEST = { name: 'S3', planName: 'Standard', category: 'Storage', customer: 'acme', prices: {} };

describe('buildOfferingBody', () => {
  const urls = { categoryUrl: 'https://w/api/c/1/', customerUrl: 'https://w/api/o/1/' };

  it('is what Waldur takes', () => {
    expect(buildOfferingBody({ ...REQUEST, ...urls }, PLUGIN)).toEqual({
      name: 'S3',
      type: 'Marketplace.Slurm',
      customer: 'https://w/api/o/1/',
      category: 'https://w/api/c/1/',
      shared: true,
      billable: true,
      components: [
        { type: 's3_storage', name: 'Storage', measured_unit: 'GB', billing_type: 'usage', default_limit: 100 },
        { type: 's3_objects', name: 'Objects', measured_unit: 'objects', billing_type: 'usage' },
      ],
      plans: [{ name: 'Standard', unit: 'month', unit_price: '0' }],
      options: { order: ['storage_limit'], options: { storage_limit: LIMIT } },
      resource_options: {
        order: ['storage_limit'],
        options: { storage_limit: { type: 'integer', label: 'Storage limit, GB' } },
      },
      plugin_options: {
        create_orders_on_resource_option_change: true,
        disable_autoapprove: true,
        auto_create_admin_user: false,
      },
    });
  });
});

describe('buildOfferingBlock', () => {
  it('is the entry that serves the offering, without a secret', () => {
    const block = buildOfferingBlock({ name: 'S3', uuid: OFFERING, apiUrl: 'https://w/api/' }, PLUGIN);
    expect(block).toMatchObject({
      waldur_offering_uuid: OFFERING,
      waldur_api_token: ['$', '{env:WALDUR_API_TOKEN}'].join(''),
      backend_type: 'fake',
      backend_settings: {
        api_url: 'https://storage.example.com',
        token: ['$', '{env:TOKEN}'].join(''),
        path: '/srv/storage',
        region: 'eu',
        other: '',
      },
      backend_components: {
        s3_storage: { accounting_type: 'usage', backend_name: 'storage', unit_factor: GIB, enforce_limits: true },
        s3_objects: { accounting_type: 'usage', backend_name: 'objects', unit_factor: 1 },
      },
    });
  });
});

describe('the block of a built-in plugin', () => {
  it.each(builtinPlugins.map((plugin) => [plugin.id, plugin] as const))(
    'of %s is a valid configuration',
    (_, plugin) => {
      const block = buildOfferingBlock({ name: 'S3', uuid: OFFERING, apiUrl: 'https://w/api/' }, plugin);
      const { diagnostics } = loadConfig({
        file: 'agent.yaml',
        text: stringify({ offerings: [block] }),
        plugins: builtinPlugins,
        env: new Proxy({}, { get: () => 'a-secret-of-some-length' }),
        readFile: () => ({ text: '' }),
        secrets: createSecrets(),
      });
      expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    },
  );
});

const yes = async (): Promise<boolean> => true;

describe('createOffering', () => {
  it('creates, sets the options and activates', async () => {
    const fake = fakeWaldur();
    expect(await createOffering(REQUEST, PLUGIN, fake.waldur, yes, signal)).toEqual({
      uuid: OFFERING,
      state: 'active',
    });
    const names = fake.writes.map(([name]) => name);
    expect(names).toEqual(['create', 'updateResourceOptions', 'updatePluginOptions', 'updatePrices', 'activate']);
    expect(fake.writes[0]?.[1]).toMatchObject({
      customer: `https://waldur.example.com/api/customers/${CUSTOMER}/`,
      category: `https://waldur.example.com/api/marketplace-categories/${CUSTOMER}/`,
    });
  });

  it.each([
    [{ category: 'Nope' }, 'Waldur has no category "Nope"'],
    [{ customer: 'nope' }, 'Waldur has no organisation "nope"'],
  ])('creates nothing for %o', async (wrong, message) => {
    const fake = fakeWaldur();
    await expect(createOffering({ ...REQUEST, ...wrong }, PLUGIN, fake.waldur, yes, signal)).rejects.toThrow(message);
    expect(fake.writes).toEqual([]);
  });

  it('ends with a draft where only staff may activate', async () => {
    const refusal = new AgentError('no right', { code: 'WALDUR_FORBIDDEN', disposition: 'operator', status: 403 });
    const fake = fakeWaldur({ failing: { activate: refusal } });
    expect(await createOffering(REQUEST, PLUGIN, fake.waldur, yes, signal)).toEqual({
      uuid: OFFERING,
      state: 'needs-staff',
    });
  });

  it('goes on with the draft of an earlier run, and makes no second one', async () => {
    const fake = fakeWaldur({ existing: { uuid: CUSTOMER, state: 'Draft' } });
    expect(await createOffering(REQUEST, PLUGIN, fake.waldur, yes, signal)).toEqual({
      uuid: CUSTOMER,
      state: 'active',
    });
    expect(fake.writes.map(([name]) => name)).not.toContain('create');
  });

  it('changes nothing of what is on sale', async () => {
    const fake = fakeWaldur({ existing: { uuid: CUSTOMER, state: 'Active' } });
    const created = await createOffering(REQUEST, PLUGIN, fake.waldur, yes, signal);
    expect([created.state, fake.writes]).toEqual(['existing', []]);
  });

  it('leaves a draft when that is wanted, at the prices given', async () => {
    const fake = fakeWaldur();
    const request = { ...REQUEST, prices: { s3_storage: '0.05' } };
    const created = await createOffering(request, PLUGIN, fake.waldur, async () => false, signal);
    expect(created.state).toBe('draft');
    expect(fake.writes.at(-1)).toEqual(['updatePrices', { s3_storage: '0.05', s3_objects: '0.0001' }]);
  });

  it('names the draft that a failure leaves behind', async () => {
    const fake = fakeWaldur({ failing: { updatePrices: failure('transient', 'WALDUR_FAILED', 'broken') } });
    await expect(createOffering(REQUEST, PLUGIN, fake.waldur, yes, signal)).rejects.toMatchObject({
      message: `offering ${OFFERING} was created but not finished: broken`,
      code: 'WALDUR_FAILED',
    });
  });
});

describe('previewOffering', () => {
  it('needs no server', () => {
    expect(previewOffering(REQUEST, PLUGIN)).toMatchObject({ category: '<URL of Storage>', customer: '<URL of acme>' });
  });
});
