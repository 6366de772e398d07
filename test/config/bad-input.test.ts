import { describe, expect, test } from 'vitest';
import { ENV, fileWith, load, shown } from './load-text.ts';

describe('text that is not YAML', () => {
  test.each<[string, string, string]>([
    [
      'a quote that is not closed',
      'offerings:\n  - name: "my secret name\n    waldur_api_token: s3cr3t\n',
      `
a.yaml:4:1: a closing quote is missing
`,
    ],
    [
      'a mapping where none can start',
      'offerings:\n  - name: disk: 5\n',
      `
a.yaml:2:11: a mapping or list cannot start here: is the indentation right, or a quote missing?
    2 |   - name: ***: ***
      |           ^
`,
    ],
    [
      'a tab',
      'offerings:\n\t- name: disk\n',
      `
a.yaml:2:1: tabs cannot be used for indentation
    2 |  - name: ***
      | ^
`,
    ],
    [
      'a second document',
      'timezone: UTC\n---\nwaldur_api_token: s3cr3t\n',
      `
a.yaml:2:1: a second document starts here; the file must hold one
    2 | ---
      | ^
`,
    ],
    [
      'a tag',
      'timezone: !secret UTC\n',
      `
a.yaml:1:1: the key "offerings" is missing
    1 | timezone: !secret UTC
      | ^
a.yaml:1:11: this tag (!name) is not known
    1 | timezone: !secret UTC
      |           ^
`,
    ],
    [
      'an alias without anchor',
      'timezone: *zone\n',
      `
a.yaml:1:11: this alias names an anchor that does not exist before it
    1 | timezone: ****
      |           ^
`,
    ],
    [
      'a byte order mark',
      '\uFEFFtimezone: UTC\n',
      `
a.yaml:1:1: the file starts with a byte order mark
    1 | \u00B7timezone: ***
      | ^
      = save it as UTF-8 without BOM
`,
    ],
    [
      'bytes that are not UTF-8',
      'timezone: UTC\nlog_level: d\uFFFDbug\n',
      `
a.yaml:2:13: the file is not UTF-8 text
    2 | log_level: ***
      |               ^
      = save it as UTF-8
`,
    ],
    [
      'nothing',
      '',
      `
a.yaml:1:1: the file must be a mapping of keys to values
      = it is empty
`,
    ],
    [
      'no offering',
      'offerings: []\n',
      `
a.yaml:1:12: "offerings" must not be empty
    1 | offerings: []
      |            ^
`,
    ],
    [
      'a list',
      '- a\n',
      `
a.yaml:1:1: the file must be a mapping of keys to values
    1 | - ***
      | ^
`,
    ],
  ])('%s', (_, text, expected) => {
    expect(`\n${shown(text)}`).toBe(expected);
  });

  test('a file that is too large is refused before it is read', () => {
    expect(shown(`# ${'x'.repeat(1024 * 1024)}`)).toContain('a.yaml:1:1: the file is larger than 1 MiB');
  });

  test.each<[string, string]>([
    ['brackets', `timezone: ${'['.repeat(100_000)}`],
    ['mappings', Array.from({ length: 60 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
  ])('%s nested without end', (_, text) => {
    expect(shown(text)).toContain('nested too deeply');
  });

  test('aliases that multiply', () => {
    const levels = ['b', 'c', 'd', 'e', 'f', 'g'];
    const lines = levels.map((name, i) => {
      const aliases = Array.from({ length: 9 }, () => `*${i === 0 ? 'a' : levels[i - 1]}`);
      return `${name}: &${name} [${aliases.join(', ')}]\n`;
    });
    expect(shown(`a: &a [x, x, x]\n${lines.join('')}`)).toContain('the aliases stand for more than 100 values');
    const many = Array.from({ length: 101 }, () => '*a').join(', ');
    expect(shown(`a: &a 1\nb: [${many}]\n`)).toContain('more than 100 aliases');
  });
});

describe('keys and values', () => {
  test('everything wrong is told at once, in the order of the file', () => {
    const text = `# yaml-language-server: $schema=./config.schema.json
timezon: UTC
drain_timeout: 30
listen: 9464
offerings:
  - name: first
    waldur_api_url: waldur.example.com # the old token was s3cr3t
    waldur_api_tokn: s3cr3t
    waldur_offering_uuid: 713c2996
    stomp_enabled: "yes"
    stomp_ws_port: 70000
    backend_type: croit_s4
    backend_settings: { api_url: https://croit, token: s3cr3t }
  - name: second
    waldur_api_url: https://waldur.example.com/api/
    waldur_api_token: 12345678
    waldur_offering_uuid: 713c299671a14f5db9723a793291bc78
    backend_type: disk
    backend_settings:
      pth: /srv
      metering: hourly
    backend_components:
      storage: { accounting_type: usages, unit_factor: 0 }
`;
    expect(`\n${shown(text)}`).toMatchInlineSnapshot(`
      "
      a.yaml:2:1: unknown key "timezon"
          2 | timezon: ***
            | ^
            = did you mean "timezone"?
      a.yaml:3:16: "drain_timeout" must be a duration such as 30s, 5m, 1h or 1d
          3 | drain_timeout: 30
            |                ^
      a.yaml:4:9: "listen" must be an address and a port up to 65535, such as 127.0.0.1:9464
          4 | listen: 9464
            |         ^
      a.yaml:7:21: "waldur_api_url" must be an http:// or https:// URL
          7 |     waldur_api_url: waldur.example.com
            |                     ^
      a.yaml:8:5: unknown key "waldur_api_tokn"
          8 |     waldur_api_tokn: ***
            |     ^
            = did you mean "waldur_api_token"?
      a.yaml:9:27: "waldur_offering_uuid" must be a UUID: 32 hexadecimal digits, with or without dashes
          9 |     waldur_offering_uuid: 713c2996
            |                           ^
      a.yaml:10:20: "stomp_enabled" must be true or false
         10 |     stomp_enabled: "yes"
            |                    ^
            = write true or false, without quotes
      a.yaml:11:20: "stomp_ws_port" must be at most 65535
         11 |     stomp_ws_port: 70000
            |                    ^
      a.yaml:12:19: "backend_type" must be one of croit-s3, local-disk
         12 |     backend_type: croit_s4
            |                   ^
            = did you mean "croit-s3"?
      a.yaml:16:23: "waldur_api_token" must be text
         16 |     waldur_api_token: ***
            |                       ^
            = put it in quotes
      a.yaml:16:23: warning: a secret is written into the file
         16 |     waldur_api_token: ***
            |                       ^
            = use \${file:/path}, \${credential:name} or \${env:NAME}
      a.yaml:19:5: the key "path" is missing in "backend_settings"
         19 |     backend_settings:
            |     ^
      a.yaml:20:7: unknown key "pth"
         20 |       pth: ***
            |       ^
            = did you mean "path"?
      a.yaml:21:17: "metering" must be one of current, gb_days, peak
         21 |       metering: hourly
            |                 ^
      a.yaml:23:35: "accounting_type" must be one of usage, limit
         23 |       storage: { accounting_type: usages, unit_factor: 0 }
            |                                   ^
            = did you mean "usage"?
      a.yaml:23:56: "unit_factor" must be more than 0
         23 |       storage: { accounting_type: usages, unit_factor: 0 }
            |                                                        ^
      "
    `);
  });

  test.each<[string, Parameters<typeof fileWith>, string]>([
    ['a key without a value', [{ waldur_api_url: null }], '"waldur_api_url" must be an http:// or https:// URL'],
    ['a key twice', [{}, { offerings: [] }], 'this key appears twice in the same mapping'],
    ['a name of spaces', [{ name: '  ' }], '"name" must be a name'],
    [
      'a URL with a password',
      [{ waldur_api_url: 'https://u:passw0rd@w/api/' }],
      'must not hold a user name or password',
    ],
    ['a URL of another scheme', [{ waldur_api_url: 'file:///etc/passwd' }], '"waldur_api_url" must be an http://'],
    ['a relative CA file', [{ ca_file: 'ca.pem' }], '"ca_file" must be an absolute path'],
    ['a CA file that is missing', [{ ca_file: '/ca.pem' }], 'cannot read /ca.pem: there is no such file'],
    ['a CA file that is none', [{ ca_file: '/token' }], '/token holds no PEM certificate'],
    ['a socks proxy', [{ proxy: 'socks5://localhost:1' }], '"proxy" must be an http:// or https:// URL, or env'],
    ['no credential', [{ waldur_api_token: undefined }], 'there is no credential for Waldur'],
    ['an empty token', [{ waldur_api_token: '' }], 'there is no credential for Waldur'],
    ['half of OIDC', [{ waldur_api_token: '', oidc_client_id: 'a' }], 'oidc_client_secret must be set together'],
    ['a time zone no one knows', [{}, { timezone: 'Mars/Olympus' }], '"timezone" must be the name of a time zone'],
    ['an offset', [{}, { timezone: '+02:00' }], '"timezone" must be the name of a time zone'],
    [
      'a schedule',
      [{}, { report_schedule: '61 * * * *' }],
      'not a cron expression: there is an error in its minute field',
    ],
    ['half a schedule', [{}, { report_schedule: '* *' }], '"report_schedule" is not a cron expression'],
    ['a port', [{}, { listen: '[::1]:65536' }], '"listen" must be an address and a port up to 65535'],
    ['a log level', [{}, { log_level: 'verbose' }], '"log_level" must be one of trace, debug'],
    ['too many months', [{}, { reporting_periods: 13 }], '"reporting_periods" must be at most 12'],
    ['a plugin that is no package', [{}, { plugins: ['../x'] }], '"plugins[0]" must be the name of an npm package'],
    ['a backend of another kind', [{ backend_type: 'slurm' }], '"backend_type" must be one of croit-s3, local-disk'],
    ['settings that are a list', [{ backend_settings: [] }], '"backend_settings" must be a mapping of keys to values'],
    ['a setting of another backend', [{ backend_settings: { path: '/s', token: 'x' } }], 'unknown key "token"'],
    ['a component type with a path', [{ backend_components: { '../x': {} } }], '"../x" cannot be used as a name here'],
  ])('%s', (_, args, expected) => {
    const loaded = load(fileWith(...args), { env: ENV, files: { '/token': 'f00dfeed' } });
    expect(loaded.config).toBeUndefined();
    expect(shown(fileWith(...args), { env: ENV, files: { '/token': 'f00dfeed' } })).toContain(expected);
  });

  test('names and UUIDs are unique, whatever way a UUID is written', () => {
    const other = fileWith({ waldur_offering_uuid: '713C2996-71a1-4f5d-b972-3a793291bc78' }).replace(
      'offerings:\n',
      '',
    );
    expect(shown(fileWith() + other, { env: ENV })).toMatchInlineSnapshot(`
      "a.yaml:9:11: "name" is already used by offerings[0]
          9 |   - name: "disk"
            |           ^
      a.yaml:12:27: "waldur_offering_uuid" is already used by offerings[0]
         12 |     waldur_offering_uuid: "713C2996-71a1-4f5d-b972-3a793291bc78"
            |                           ^
      "
    `);
  });
});

test('what is wrong in one part of an offering does not hide what is wrong in another', () => {
  const text = fileWith({
    waldur_api_url: 'http://user@waldur.example.com/api/',
    backend_settings: { pth: '/srv' },
    backend_components: {
      storage: { accounting_type: 'usage' },
      objects: { accounting_type: 'sometimes' },
    },
  });
  const messages = load(text, { env: ENV }).diagnostics.map(({ path, message }) => [path, message]);
  expect(messages).toEqual([
    ['/offerings/0/waldur_api_url', '"waldur_api_url" must not hold a user name or password'],
    ['/offerings/0/backend_settings', 'the key "path" is missing in "backend_settings"'],
    ['/offerings/0/backend_settings/pth', 'unknown key "pth"'],
    [
      '/offerings/0/backend_components/storage/unit_factor',
      '"storage" is counted in bytes and has no unit_factor: gigabytes would become bytes',
    ],
    ['/offerings/0/backend_components/objects/accounting_type', expect.stringContaining('"accounting_type" must be')],
  ]);
});

describe('components', () => {
  const GIB = 1073741824;
  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    [
      'bytes without a factor',
      { storage: { accounting_type: 'usage' } },
      '"storage" is counted in bytes and has no unit_factor: gigabytes would become bytes',
    ],
    [
      'bytes with a tiny factor',
      { s3: { accounting_type: 'usage', backend_name: 'storage', unit_factor: 1 } },
      '"s3" is counted in bytes and has unit_factor 1: gigabytes would become bytes',
    ],
    [
      'a component the backend does not have',
      { cpu: { accounting_type: 'usage' } },
      'local-disk has no component "cpu"; it has storage and objects and inodes',
    ],
    [
      'a name of an inherited member',
      { cpu: { accounting_type: 'usage', backend_name: 'constructor' } },
      'local-disk has no component "constructor"',
    ],
    [
      'a component nearly hit',
      { x: { accounting_type: 'usage', backend_name: 'object' } },
      'did you mean backend_name: objects?',
    ],
    [
      'a limit no one can enforce',
      { objects: { accounting_type: 'usage', enforce_limits: true } },
      'local-disk cannot limit "objects"',
    ],
    ['a limit that is sold', { objects: { accounting_type: 'limit' } }, 'local-disk cannot limit "objects"'],
    ['usage no one can measure', { inodes: { accounting_type: 'usage' } }, 'local-disk cannot measure "inodes"'],
    [
      'two limits for one thing',
      {
        a: { accounting_type: 'limit', backend_name: 'storage', unit_factor: GIB },
        b: { accounting_type: 'limit', backend_name: 'storage', unit_factor: GIB },
      },
      '"b" and "a" both limit "storage" of the backend',
    ],
    [
      'usage in another unit',
      { storage: { accounting_type: 'usage', unit_factor: GIB, unit_factor_reporting: 1 } },
      'usage of "storage" would be reported in another unit than it is limited in',
    ],
    [
      'bounds the wrong way round',
      { storage: { accounting_type: 'usage', unit_factor: GIB, min_value: 10, max_value: 5 } },
      'min_value 10 of "storage" is more than max_value 5',
    ],
    [
      'a default outside its bounds',
      { storage: { accounting_type: 'usage', unit_factor: GIB, limit: 10, max_value: 5 } },
      'limit 10 of "storage" is not between min_value and max_value',
    ],
  ])('%s', (_, backend_components, expected) => {
    const loaded = load(fileWith({ backend_components }), { env: ENV });
    expect(loaded.config).toBeUndefined();
    expect(shown(fileWith({ backend_components }), { env: ENV })).toContain(expected);
  });

  test('none at all is a warning', () => {
    expect(load(fileWith({ backend_components: {} }), { env: ENV }).config).toBeDefined();
    expect(shown(fileWith({ backend_components: undefined }), { env: ENV })).toContain(
      'warning: without backend_components nothing is limited',
    );
  });
});

test('names that cannot fit are refused with the settings they come from', () => {
  const text = fileWith({
    backend_type: 'croit-s3',
    backend_settings: { api_url: 'https://croit', user_prefix: 'a_long_prefix_', max_username_length: 20 },
  });
  expect(shown(text, { env: ENV })).toContain('account names of at most 20 characters have no room');
});

test('of too many problems the errors are told', () => {
  const offerings = Array.from({ length: 150 }, () => '  - mqtt_enabled: true\n    reporting_backend: x\n').join('');
  const { diagnostics } = load(`timezone: 5\nofferings:\n${offerings}`);
  expect(diagnostics).toHaveLength(100);
  expect(diagnostics.every(({ severity }) => severity === 'error')).toBe(true);
  expect(diagnostics[0]?.line).toBe(1);
});
