import { describe, expect, it } from 'vitest';
import { accountName } from '../../../src/plugin/naming.ts';
import { offeringOf, shown } from '../../../test/config/load-text.ts';
import { COMMON } from '../../../test/fakes/common-settings.ts';
import { plugin } from '../index.ts';
import { endpointOf, naming, problems, type Settings } from '../settings.ts';
import { withDefaults } from './lab.ts';

const croit = { api_url: 'https://croit.example.org', token: 'secret-token' };
const radosgw = {
  flavour: 'radosgw',
  s3_endpoint: 'https://s3.example.org',
  admin_access_key: 'ACCESS',
  admin_secret_key: 'secret-key',
};

function complaints(settings: object, more: Partial<Parameters<typeof problems>[1]> = {}): readonly string[] {
  const complete = withDefaults(settings as Record<string, unknown>);
  return problems(complete, { ...COMMON, ...more }).map(({ message }) => message);
}

describe('settings that belong together', () => {
  it.each([
    croit,
    { api_url: 'https://croit', username: 'u', password: 'p', default_tenant: '', max_username_length: 32 },
    radosgw,
    {
      ...radosgw,
      default_tenant: 't1',
      max_buckets: 5,
      admin_path: 'ops',
      default_placement: 'p',
      default_storage_class: 'c',
    },
  ])('are fine: %o', (settings) => expect(complaints(settings)).toEqual([]));

  it.each([
    [{}, ['flavour croit needs "api_url"', 'there is no complete credential for croit']],
    [{ api_url: 'https://croit', username: 'u' }, ['there is no complete credential for croit']],
    [{ ...croit, username: 'u' }, ['there is a token, and a user name or password beside it']],
    [
      { ...croit, admin_access_key: 'A', max_buckets: 5 },
      [
        '"admin_access_key" is a setting of flavour radosgw, and the flavour is croit',
        '"max_buckets" is a setting of flavour radosgw, and the flavour is croit',
      ],
    ],
    [
      { ...croit, default_tenant: 't1' },
      ['"default_tenant" is a setting of flavour radosgw, and the flavour is croit'],
    ],
    [
      { flavour: 'radosgw', api_url: 'https://croit' },
      [
        '"api_url" is a setting of flavour croit, and the flavour is radosgw',
        'flavour radosgw needs "s3_endpoint"',
        'flavour radosgw needs "admin_access_key"',
        'flavour radosgw needs "admin_secret_key"',
      ],
    ],
    [
      { ...radosgw, default_storage_class: 'COLD' },
      ['"default_storage_class" needs a "default_placement" that has it'],
    ],
  ])('%o: %o', (settings, expected) => expect(complaints(settings)).toEqual(expected));

  it('with what the core adds: suspending needs a call for it', () => {
    const suspend = 'croit has no call that suspends a user, so a terminate order could never be done';
    expect(complaints(croit, { onTerminate: 'suspend' })).toEqual([suspend]);
    expect(complaints(radosgw, { onTerminate: 'suspend' })).toEqual([]);
  });
});

const file = (
  settings: object,
  components: object = { s3: { accounting_type: 'usage', backend_name: 'storage', unit_factor: 1e9 } },
): string =>
  JSON.stringify({
    offerings: [
      {
        name: 'a',
        waldur_api_url: 'https://waldur.example.com/api/',
        waldur_api_token: '${env:TOKEN}',
        waldur_offering_uuid: '713c299671a14f5db9723a793291bc78',
        backend_type: 'ceph_s3',
        backend_settings: settings,
        backend_components: components,
      },
    ],
  });
const options = { plugins: [plugin], env: { TOKEN: 'f00dfeedf00dfeed' } };

describe('in a configuration file', () => {
  it('what is wrong is shown where it is', () => {
    const text = shown(file({ ...croit, max_buckets: 5, flavour: 'radosgw' }), options);
    expect(text).toContain(': "api_url" is a setting of flavour croit, and the flavour is radosgw');
    expect(text).toContain(': flavour radosgw needs "s3_endpoint"');
    expect(text).not.toContain('secret-token');
  });

  it('GB days of a gateway, which keeps no history, are made of samples, and need a file for them', () => {
    const days = { metering: 'gb_days' };
    expect(shown(file({ ...radosgw, ...days }), options)).toContain('is made of samples');
    expect(shown(file({ ...croit, ...days }), options)).not.toContain('is made of samples');
  });

  it.each([
    ['an unknown flavour', { flavour: 'minio' }, 'must be one of croit, radosgw'],
    ['a user name in the URL', { api_url: 'https://u:p@croit' }, 'URL without user name and query'],
    ['a path in the endpoint', { s3_endpoint: 'https://s3/x' }, 'URL without a path'],
    ['a relative file', { ca_file: 'ca.pem' }, 'must be an absolute path'],
    ['a timeout beyond the deadline of an action', { timeout: 600 }, 'must be at most 110'],
    ['a prefix with a slash', { user_prefix: 'a/' }, 'must be a short name'],
    ['a name without room', { max_username_length: 16 }, 'no room'],
    ['a misspelt setting', { tokn: 'x' }, 'did you mean "token"?'],
  ])('%s is refused', (_, change, message) => expect(shown(file({ ...croit, ...change }), options)).toContain(message));

  it('bytes need their factor, and components their name', () => {
    const storage = { accounting_type: 'usage', backend_name: 'storage' };
    expect(shown(file(croit, { s3_storage: storage }), options)).toContain('has no unit_factor');
    const custom = { my_custom_component: { accounting_type: 'usage', backend_name: 'requests' } };
    expect(shown(file(croit, custom), options)).toContain(
      'croit-s3 has no component "requests"; it has storage and objects',
    );
    expect(offeringOf(file(croit, { mine: { ...storage, unit_factor: 1e9 } }), options).plugin).toBe(plugin);
  });
});

describe('names', () => {
  const parts = { organisation: 'org', project: 'proj', resource: '12345678-0000-0000-0000-000000000000' };
  it.each<[Partial<Settings>, string]>([
    [{}, 'waldur_org_proj_12345678'],
    [{ user_prefix: 'w_', max_username_length: 20 }, 'w_org_proj_12345678'],
    [{ user_prefix: 'w_', max_username_length: 18 }, 'w_org_pro_12345678'],
    [{ slug_separator: '__' }, 'waldur_org__proj__12345678'],
    [{ default_tenant: 't1', user_prefix: 'w_', max_username_length: 18 }, 't1$w_org_pro_12345678'],
  ])('with %o', (change, name) => expect(accountName(parts, naming(withDefaults(change)))).toBe(name));
});

describe('the endpoint', () => {
  it.each([
    [{ api_url: 'https://api.croit.example' }, 'https://api.croit.example'],
    [{ api_url: 'https://192.168.240.34:8080/croit/' }, 'https://192.168.240.34:8080'],
    [{ api_url: 'https://croit', s3_endpoint: 'https://s3.example.org/' }, 'https://s3.example.org'],
  ])('of %o is %s', (settings, url) => expect(endpointOf(withDefaults(settings))).toBe(url));
});
