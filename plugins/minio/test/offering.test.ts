import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { buildOfferingBlock, buildOfferingBody } from '../../../src/admin/offering-body.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createSecrets } from '../../../src/lib/secrets.ts';
import { builtinPlugins } from '../../../test/fakes/builtin-plugins.ts';
import { plugin } from '../index.ts';

const ASKED = { name: 'MinIO', planName: 'Standard', prices: {}, category: 'Storage', customer: 'acme' };
const URLS = { categoryUrl: 'https://w/api/c/1/', customerUrl: 'https://w/api/o/1/' };
const UUID = '3fa85f6457174562b3fc2c963f66afa6';

describe('agent offering create with minio', () => {
  const body = buildOfferingBody({ ...ASKED, ...URLS }, plugin);

  it('makes the order form from the attributes', () => {
    expect(body).toMatchObject({
      components: [{ type: 'storage', measured_unit: 'GB', billing_type: 'usage' }],
      options: {
        options: {
          storage_limit: { type: 'integer', required: true, default: 100, min: 1 },
          bucket_name: { type: 'string' },
          versioning: { type: 'boolean' },
          object_lock: { type: 'boolean' },
          tags: { type: 'text', label: 'Tags' },
          lifecycle_days: { type: 'integer', min: 1, max: 36_500 },
        },
      },
    });
  });

  it('lets consumers change later what can be changed, and nothing else', () => {
    const { options } = body['resource_options'] as { options: Record<string, unknown> };
    expect(Object.keys(options).sort()).toEqual(['lifecycle_days', 'storage_limit', 'tags', 'versioning']);
  });

  it('writes a block that is a valid configuration, without a secret in it', () => {
    const block = buildOfferingBlock({ name: 'MinIO', uuid: UUID, apiUrl: 'https://w/api/' }, plugin);
    const text = stringify({ offerings: [block] });
    expect(text).toContain(['admin_secret_key: $', '{env:'].join(''));
    const { diagnostics } = loadConfig({
      file: 'agent.yaml',
      text,
      plugins: builtinPlugins,
      env: new Proxy({}, { get: () => 'a-secret-of-some-length' }),
      readFile: () => ({ text: '' }),
      secrets: createSecrets(),
    });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});
