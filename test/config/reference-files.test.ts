import { describe, expect, test } from 'vitest';
import { ENV, fileWith, load, shown } from './load-text.ts';
import { croit, foreign } from './stub-plugins.ts';

/** The configuration of the croit-s3 plugin's README, which operators have. */
const CROIT_README = `offerings:
  - name: "Croit S3 Object Storage"
    waldur_api_url: "https://waldur.example.com/api/"
    waldur_api_token: "your_waldur_api_token"
    waldur_offering_uuid: "713c299671a14f5db9723a793291bc78"

    stomp_enabled: true
    websocket_use_tls: false

    backend_type: "croit_s3"

    backend_settings:
      api_url: "https://192.168.240.34"
      token: "your-bearer-token"
      verify_ssl: false
      user_prefix: "waldur_"
      slug_separator: "_"
      max_username_length: 64
      default_tenant: ""

    backend_components:
      s3_storage:
        accounting_type: "usage"
        backend_name: "storage"
        unit_factor: 1073741824
        enforce_limits: true
      s3_objects:
        accounting_type: "usage"
        backend_name: "objects"
        enforce_limits: true
`;

test('the file of the croit-s3 README loads unchanged', () => {
  const { config } = load(CROIT_README);
  expect(config?.offerings[0]).toMatchObject({
    name: 'Croit S3 Object Storage',
    plugin: croit,
    stomp: { enabled: true, url: 'ws://waldur.example.com/rmqws-stomp' },
    settings: { api_url: 'https://192.168.240.34', token: 'your-bearer-token', verify_ssl: false, timeout: 30 },
    components: [
      { type: 's3_storage', backendName: 'storage', unitFactor: 1073741824, enforceLimits: true },
      { type: 's3_objects', backendName: 'objects', unitFactor: 1, enforceLimits: true },
    ],
  });
  expect(shown(CROIT_README)).toMatchInlineSnapshot(`
    "a.yaml:4:23: warning: a secret is written into the file
        4 |     waldur_api_token: ***
          |                       ^
          = use \${file:/path}, \${credential:name} or \${env:NAME}
    a.yaml:8:24: warning: the token crosses the network unencrypted, to ws://waldur.example.com/rmqws-stomp
        8 |     websocket_use_tls: false
          |                        ^
          = remove this line
    a.yaml:14:14: warning: a secret is written into the file
       14 |       token: ***
          |              ^
          = use \${file:/path}, \${credential:name} or \${env:NAME}
    "
  `);
});

/** The shape of the reference agent's example file, with its placeholders filled in. */
const REFERENCE_EXAMPLE = `sentry_dsn: ""
timezone: "UTC"
offerings:
  - name: "Example SLURM Offering"
    waldur_api_url: "http://localhost:8081/api/"
    waldur_api_token: "\${env:TOKEN}"
    waldur_offering_uuid: "713c299671a14f5db9723a793291bc78"
    username_management_backend: "base"
    order_processing_backend: "slurm"
    membership_sync_backend: "slurm"
    reporting_backend: "slurm"
    resource_import_enabled: false
    mqtt_enabled: false
    stomp_enabled: false
    websocket_use_tls: true
    backend_type: "slurm"
    backend_settings:
      default_account: "root"
      qos_default: "normal"
      enable_user_homedir_account_creation: true
      homedir_umask: "0700"
    backend_components:
      cpu:
        limit: 10
        measured_unit: "k-Hours"
        unit_factor: 60000
        accounting_type: "usage"
        label: "CPU"
      mem:
        limit: 10
        measured_unit: 'gb-Hours'
        unit_factor: 61440
        accounting_type: "usage"
        label: RAM
  - name: "Example MOAB Offering"
    waldur_api_url: "http://localhost:8081/api/"
    waldur_api_token: "\${env:TOKEN}"
    waldur_offering_uuid: "813c299671a14f5db9723a793291bc78"
    backend_type: "moab"
    backend_settings:
      default_account: root
    backend_components:
      deposit:
        measured_unit: 'EUR'
        accounting_type: limit
        label: Deposit (EUR)
`;

test("the reference agent's example loads unchanged and says what it ignores", () => {
  const options = { env: { TOKEN: 'f00dfeed' }, plugins: [foreign('slurm', 'cpu', 'mem'), foreign('moab', 'deposit')] };
  expect(load(REFERENCE_EXAMPLE, options).config?.offerings.map(({ name }) => name)).toEqual([
    'Example SLURM Offering',
    'Example MOAB Offering',
  ]);
  const { diagnostics } = load(REFERENCE_EXAMPLE, options);
  expect(diagnostics.map(({ severity, line, message }) => `${severity} ${line}: ${message}`)).toEqual([
    'warning 1: "sentry_dsn" has no effect: errors go to the log and to the metrics',
    'warning 8: "username_management_backend" has no effect: account names are built by the agent',
    'warning 9: "order_processing_backend" has no effect: orders are processed by backend_type',
    'warning 10: "membership_sync_backend" has no effect: storage accounts have no members',
    'warning 11: "reporting_backend" has no effect: usage is reported by backend_type, as metering says',
    'warning 12: "resource_import_enabled" has no effect: accounts that belong to no resource can always be imported, where the backend can list them',
    'warning 13: "mqtt_enabled" has no effect: Waldur announces events over STOMP',
  ]);
});

test('every other key of the reference agent is accepted', () => {
  const text = `elastic_apm_server_url: ""
global_proxy: ""
log_level: INFO
reporting_periods: 2
expose_backend_error_details: true
log_shipping:
  enabled: true
  ship_interval_seconds: 60
  buffer_size_mb: 1
  log_level: WARNING
offerings:
  - name: a
    waldur_api_url: https://waldur.example.com/api/
    oidc_token_url: https://idp.example.com/token
    oidc_client_id: site-agent
    oidc_client_secret: \${env:TOKEN}
    waldur_offering_uuid: 713c2996-71a1-4f5d-b972-3a793291bc78
    verify_ssl: true
    stomp_ws_host: rmq
    stomp_ws_port: 443
    stomp_ws_path: /rmqws-stomp
    stomp_membership_sync_enabled: null
    username_reconciliation_enabled: false
    preserve_unmanaged_backend_users: false
    omit_anomalous_usage_components: true
    order_processing_backend: slurm
    reporting_backend: ceph_s3
    backend_type: CROIT-S3
    backend_settings:
      api_url: https://croit
      token: \${env:TOKEN}
      check_backend_id_uniqueness: true
      check_all_offerings: true
      backend_id_max_retries: 5
      allocation_prefix: acme-
      project_prefix: p-
      customer_prefix: c-
      soft_delete: false
    backend_components:
      s3_storage:
        accounting_type: limit
        backend_name: storage
        measured_unit: GB
        unit_factor: 1.0e9
        unit_factor_reporting: 1000000000
        label: Storage
        limit: 10
        description: Space
        min_value: 1
        max_value: 100
        max_available_limit: 100
        default_limit: 10
        limit_period: month
        article_code: S3
        is_boolean: false
        is_prepaid: false
        min_prepaid_duration: 1
        max_prepaid_duration: 12
        prepaid_duration_step: 1
        min_renewal_duration: 1
        max_renewal_duration: 12
        renewal_duration_step: 1
`;
  const { config, diagnostics } = load(text, { env: { TOKEN: 'f00dfeed' } });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(config?.offerings[0]?.settings).not.toHaveProperty('check_all_offerings');
  expect(diagnostics.map(({ message }) => message)).toEqual(
    expect.arrayContaining([
      '"order_processing_backend" names another backend, but orders are processed by croit-s3',
      '"reporting_backend" has no effect: usage is reported by backend_type, as metering says',
    ]),
  );
});

const CROIT_USAGE = {
  backend_type: 'ceph_s3',
  backend_settings: { api_url: 'https://croit', token: '${env:TOKEN}' },
  backend_components: {
    s3_storage: { accounting_type: 'usage', backend_name: 'storage', measured_unit: 'GB-day', unit_factor: 1e9 },
  },
};

describe('a file that bills in another way here than it did there is refused with the line to write', () => {
  const errors = (more: Readonly<Record<string, unknown>>): readonly (readonly [string, string | undefined])[] =>
    load(fileWith({ ...CROIT_USAGE, ...more }), { env: ENV })
      .diagnostics.filter(({ severity }) => severity === 'error')
      .map(({ path, hint }) => [path.replace('/offerings/0/', ''), hint] as const);
  const settings = { ...CROIT_USAGE.backend_settings, metering: 'gb_days' };
  const line = 'write metering: gb_days under backend_settings';

  test('a reporting backend that integrates over the month', () => {
    expect(errors({ reporting_backend: 'croit_usage' })).toEqual([
      ['backend_components/s3_storage/measured_unit', line],
      ['reporting_backend', line],
    ]);
    expect(errors({ reporting_backend: 'croit_usage', backend_settings: settings })).toEqual([]);
  });

  test('a unit of byte days with the bytes of now', () => {
    expect(errors({})).toEqual([['backend_components/s3_storage/measured_unit', line]]);
  });

  test.each([
    ['TiB', 'TiB-days'],
    ['GB/month', 'GB-days'],
    ['%', 'GB-days'],
  ])('the unit %s with byte days', (measured_unit, unit) => {
    const s3_storage = { ...CROIT_USAGE.backend_components.s3_storage, measured_unit };
    expect(errors({ backend_settings: settings, backend_components: { s3_storage } })).toEqual([
      [
        'backend_components/s3_storage/measured_unit',
        `write measured_unit: ${unit}, or metering: current under backend_settings`,
      ],
    ]);
  });

  test.each(['', 'slurm', 7, null])('reporting_backend: %j', (reporting_backend) => {
    expect(errors({ reporting_backend, backend_settings: settings })).toEqual([
      ['reporting_backend', 'remove this line if usage is to be reported that way'],
    ]);
  });

  test.each(['ceph_s3', 'CROIT-S3', 'croit_s3'])('%s is a name of the backend itself', (name) => {
    const more = {
      ...CROIT_USAGE,
      reporting_backend: name,
      order_processing_backend: name,
      backend_settings: settings,
    };
    const { diagnostics } = load(fileWith(more), { env: ENV });
    expect(diagnostics.map(({ message }) => message)).toEqual([
      '"reporting_backend" has no effect: usage is reported by backend_type, as metering says',
      '"order_processing_backend" has no effect: orders are processed by backend_type',
    ]);
  });

  test.each([
    ['current', 'GB', []],
    ['current', 'GB/month', []],
    ['current', 'GB-hours', ['error']],
    ['gb_days', 'GB days', []],
    ['gb_days', 'TiB-day', []],
    ['gb_days', 'GB', ['error']],
    ['gb_days', 'GB/month', ['error']],
    ['gb_days', 'GB-hours', ['error']],
  ])('metering %s and the unit %s', (metering, measured_unit, severities) => {
    const s3_storage = { ...CROIT_USAGE.backend_components.s3_storage, measured_unit };
    const more = { ...CROIT_USAGE, backend_settings: { ...settings, metering }, backend_components: { s3_storage } };
    const { diagnostics } = load(fileWith(more), { env: ENV });
    expect(diagnostics.map(({ severity }) => severity)).toEqual(severities);
  });
});

test('environment variables that this agent does not read are named with the key that takes their place', () => {
  const env = { ...ENV, WALDUR_SITE_AGENT_REPORT_PERIOD_MINUTES: '15' };
  expect(load(fileWith(), { env }).diagnostics.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
    'warning: the environment variable WALDUR_SITE_AGENT_REPORT_PERIOD_MINUTES has no effect: the key "report_schedule" takes its place',
  ]);
});

test.each(['123456789012345678901234567890e1', '12345678901234567890123456789012', '0'.repeat(32)])(
  'a UUID that YAML reads as a number (%s) wants quotes',
  (uuid) => {
    const text = fileWith({ waldur_offering_uuid: 0 }).replace(
      'waldur_offering_uuid: 0',
      `waldur_offering_uuid: ${uuid}`,
    );
    const { diagnostics } = load(text, { env: ENV });
    expect(diagnostics.map(({ path, hint }) => [path, hint])).toEqual([
      ['/offerings/0/waldur_offering_uuid', 'put it in quotes'],
    ]);
  },
);

test('quotes are not advised where they would not help', () => {
  const { diagnostics } = load(fileWith({ waldur_offering_uuid: 713 }, { drain_timeout: 30 }), { env: ENV });
  expect(diagnostics.map(({ hint }) => hint)).toEqual([undefined, undefined]);
});
