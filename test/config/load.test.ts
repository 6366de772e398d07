import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { renderDiagnostics } from '../../src/config/render-diagnostics.ts';
import type { OfferingConfig } from '../../src/config/types.ts';
import { ENV, fileWith, load, offeringOf, shown } from './load-text.ts';

describe('defaults', () => {
  test('of the agent', () => {
    const { config, diagnostics } = load(fileWith(), { env: ENV });
    expect(diagnostics).toEqual([]);
    const { offerings, ...agent } = config ?? { offerings: [] };
    expect(offerings).toHaveLength(1);
    expect(agent).toEqual({
      timezone: 'UTC',
      journalDays: 365,
      logLevel: 'info',
      http: { host: '127.0.0.1', port: 9464 },
      web: { origin: undefined, basePath: '', login: undefined },
      concurrency: 16,
      orderDeadlineMs: 1_800_000,
      drainMs: 30_000,
      reconcile: { intervalMs: 600_000, pollIntervalMs: 60_000 },
      upkeepIntervalMs: 1_800_000,
      report: { schedule: '0 * * * *', periods: 2, perUser: false },
      sampleIntervalMs: 3_600_000,
      shipLogs: false,
    });
  });

  test('of an offering', () => {
    const { plugin, ...offering } = offeringOf(fileWith(), { env: ENV });
    expect(plugin.id).toBe('local-disk');
    expect(offering).toEqual({
      name: 'disk',
      uuid: '713c299671a14f5db9723a793291bc78',
      waldur: {
        apiUrl: 'https://waldur.example.com/api/',
        credentials: { kind: 'token', token: ENV.TOKEN },
        verifySsl: true,
        ca: undefined,
        proxy: undefined,
      },
      stomp: {
        enabled: false,
        url: 'wss://waldur.example.com/rmqws-stomp',
        heartbeatMs: 10_000,
        connectTimeoutMs: 10_000,
      },
      settings: { path: '/srv' },
      components: [
        {
          type: 'storage',
          backendName: 'storage',
          unitFactor: 1073741824,
          accountingType: 'usage',
          enforceLimits: false,
          measuredUnit: undefined,
          label: undefined,
          defaultLimit: undefined,
          minLimit: undefined,
          maxLimit: undefined,
          options: ['storage_limit', 'max_storage_limit'],
          published: {},
        },
      ],
      backendLimits: { concurrency: 8, perSecond: undefined },
      backendCapacity: undefined,
      approval: 'auto',
      policy: 'full',
      onTerminate: 'refuse',
      metering: 'current',
      isSampled: false,
      credentials: 'metadata',
      allowDecrease: true,
    } satisfies Omit<OfferingConfig, 'plugin'>);
  });
});

test('every agent-wide key is taken over', () => {
  const { config } = load(
    fileWith(
      { approval: 'auto' },
      {
        timezone: 'Europe/Tallinn',
        log_level: 'WARNING',
        listen: '[::1]:9',
        concurrency: 3,
        order_deadline: '1h',
        drain_timeout: '10s',
        reconcile_interval: '1d',
        poll_interval: '2m',
        report_schedule: '*/15 * * * *',
        reporting_periods: 12,
        report_users: true,
        sample_interval: '15m',
        state: '${env:STATE_DIRECTORY}/agent.db',
        log_shipping: { enabled: true },
        approval: 'manual',
        policy: 'no-delete',
        global_proxy: 'http://proxy:3128',
      },
    ),
    { env: { ...ENV, STATE_DIRECTORY: '/var/lib/agent' } },
  );
  expect(config).toMatchObject({
    timezone: 'Europe/Tallinn',
    state: '/var/lib/agent/agent.db',
    sampleIntervalMs: 900_000,
    logLevel: 'warn',
    http: { host: '::1', port: 9 },
    concurrency: 3,
    orderDeadlineMs: 3_600_000,
    drainMs: 10_000,
    reconcile: { intervalMs: 86_400_000, pollIntervalMs: 120_000 },
    report: { schedule: '*/15 * * * *', periods: 12, perUser: true },
    shipLogs: true,
    offerings: [{ approval: 'auto', policy: 'no-delete', waldur: { proxy: 'http://proxy:3128' } }],
  });
});

test('what the backend may be asked for at once and in a second', () => {
  const { backendLimits } = offeringOf(fileWith({ backend_concurrency: 2, backend_rate: 0.5 }), { env: ENV });
  expect(backendLimits).toEqual({ concurrency: 2, perSecond: 0.5 });
});

test.each(['croit-s3', 'croit_s3', 'Croit_S3'])('backend_type %s is one plugin', (backend_type) => {
  const backend_settings = {
    api_url: 'https://croit',
    token: '${env:TOKEN}',
    on_terminate: 'purge',
    metering: 'gb_days',
    credentials: 'metadata',
  };
  const offering = offeringOf(fileWith({ backend_type, backend_settings }), { env: ENV });
  expect(offering).toMatchObject({
    onTerminate: 'purge',
    metering: 'gb_days',
    credentials: 'metadata',
    allowDecrease: false,
  });
  expect(offering.plugin.id).toBe('croit-s3');
  expect(offering.settings).toEqual({
    flavour: 'croit',
    api_url: 'https://croit',
    token: ENV.TOKEN,
    s3_region: 'default',
    verify_ssl: true,
    timeout: 30,
    user_prefix: 'waldur_',
    slug_separator: '_',
    max_username_length: 64,
    default_tenant: '',
    default_placement: '',
    default_storage_class: '',
  });
});

test('settings shared by an alias get the defaults of their own backend', () => {
  const text = `offerings:
  - name: a
    waldur_api_url: &url https://waldur.example.com/api/
    waldur_api_token: &token \${env:TOKEN}
    waldur_offering_uuid: 713c299671a14f5db9723a793291bc78
    backend_type: croit-s3
    backend_settings: &settings { api_url: https://croit, token: *token }
  - name: b
    waldur_api_url: *url
    waldur_api_token: *token
    waldur_offering_uuid: 813c299671a14f5db9723a793291bc78
    backend_type: croit-s3
    backend_settings: *settings
`;
  const { config } = load(text, { env: ENV });
  const [a, b] = config?.offerings ?? [];
  expect(a?.settings).toEqual(b?.settings);
  expect(a?.settings).not.toBe(b?.settings);
  expect(b?.waldur).toEqual(a?.waldur);
});

describe('credentials', () => {
  const oidc = { oidc_token_url: 'https://idp/token', oidc_client_id: 'agent', oidc_client_secret: '${env:TOKEN}' };
  test.each<[Readonly<Record<string, unknown>>, unknown]>([
    [{ waldur_api_token: ' ${env:TOKEN} ' }, { kind: 'token', token: ENV.TOKEN }],
    [{ waldur_api_token_type: 'bearer' }, { kind: 'bearer', token: ENV.TOKEN }],
    [
      { waldur_api_token: '', ...oidc, oidc_scope: 'api' },
      { kind: 'oidc', tokenUrl: 'https://idp/token', clientId: 'agent', clientSecret: ENV.TOKEN, scope: 'api' },
    ],
    [oidc, { kind: 'token', token: ENV.TOKEN }],
  ])('%j', (keys, expected) => {
    expect(offeringOf(fileWith(keys), { env: ENV }).waldur.credentials).toEqual(expected);
  });

  test('what is not used is said', () => {
    expect(shown(fileWith(oidc), { env: ENV })).toContain('warning: the token is used, and the OIDC settings are not');
    const polled = fileWith({ ...oidc, waldur_api_token: undefined, stomp_enabled: true });
    expect(shown(polled, { env: ENV })).toContain(
      'warning: the broker takes no OIDC token: orders are found by polling',
    );
  });
});

describe('URLs', () => {
  test.each<[string, string]>([
    ['https://waldur.example.com/api/', 'https://waldur.example.com/api/'],
    ['https://waldur.example.com/api', 'https://waldur.example.com/api/'],
    ['https://waldur.ai/api//', 'https://waldur.ai/api/'],
    ['https://waldur.example.com', 'https://waldur.example.com/api/'],
    ['https://example.com:8443/waldur/', 'https://example.com:8443/waldur/api/'],
    ['http://localhost:8081/api/?a=b#c', 'http://localhost:8081/api/'],
  ])('of the API: %s', (waldur_api_url, expected) => {
    expect(offeringOf(fileWith({ waldur_api_url }), { env: ENV }).waldur.apiUrl).toBe(expected);
  });

  test('that were completed, or that leak the token, are warned of', () => {
    expect(shown(fileWith({ waldur_api_url: 'http://waldur.example.com' }), { env: ENV })).toMatchInlineSnapshot(`
      "a.yaml:3:21: warning: "waldur_api_url" does not end in /api/: using http://waldur.example.com/api/
          3 |     waldur_api_url: "http://waldur.example.com"
            |                     ^
      a.yaml:3:21: warning: the token crosses the network unencrypted
          3 |     waldur_api_url: "http://waldur.example.com"
            |                     ^
            = use https
      "
    `);
    expect(shown(fileWith({ waldur_api_url: 'http://127.0.0.1:1/api/' }), { env: ENV })).toBe('');
  });

  test.each<[Readonly<Record<string, unknown>>, string]>([
    [{}, 'wss://waldur.example.com/rmqws-stomp'],
    [{ waldur_api_url: 'https://w:8443/api/' }, 'wss://w:8443/rmqws-stomp'],
    [{ waldur_api_url: 'https://w:8443/api/', verify_ssl: false }, 'wss://w:8443/rmqws-stomp'],
    [{ waldur_api_url: 'http://w:8081/api/' }, 'ws://w:8081/rmqws-stomp'],
    [{ waldur_api_url: 'https://[::1]:8443/api/' }, 'wss://[::1]:8443/rmqws-stomp'],
    [{ websocket_use_tls: false }, 'ws://waldur.example.com/rmqws-stomp'],
    [{ waldur_api_url: 'https://w:8443/api/', websocket_use_tls: false }, 'ws://w/rmqws-stomp'],
    [{ waldur_api_url: 'https://w:8443/api/', stomp_ws_host: 'rmq' }, 'wss://rmq/rmqws-stomp'],
    [{ stomp_ws_host: 'rmq', stomp_ws_port: 15674, stomp_ws_path: 'ws' }, 'wss://rmq:15674/ws'],
    [{ stomp_ws_port: 15674, stomp_ws_path: '/ws', websocket_use_tls: false }, 'ws://waldur.example.com:15674/ws'],
  ])('of the broker: %j', (keys, expected) => {
    expect(offeringOf(fileWith({ stomp_enabled: true, ...keys }), { env: ENV }).stomp.url).toBe(expected);
  });
});

test('an empty proxy takes the global one back, a CA is read', () => {
  const ca = '-----BEGIN CERTIFICATE-----\n';
  const text = fileWith({ proxy: '', ca_file: '/ca.pem' }, { global_proxy: 'env' });
  expect(offeringOf(text, { env: ENV, files: { '/ca.pem': ca } }).waldur).toMatchObject({ proxy: undefined, ca });
});

test('components: what limits them, what carries the limit, and what only Waldur uses', () => {
  const { components } = offeringOf(
    fileWith({
      backend_components: {
        disk: {
          accounting_type: 'limit',
          backend_name: 'storage',
          unit_factor: 1e9,
          limit: 5,
          min_value: 1,
          max_value: 9,
          label: 'Disk',
          measured_unit: 'GB',
          article_code: 'D1',
          limit_period: 'month',
        },
        objects: { accounting_type: 'usage' },
        files: { accounting_type: 'limit', backend_name: 'inodes', enforce_limits: false, options: ['f'] },
        inodes: { accounting_type: 'limit', default_limit: 7 },
      },
    }),
    { env: ENV },
  );
  expect(components).toMatchObject([
    {
      type: 'disk',
      enforceLimits: true,
      unitFactor: 1e9,
      defaultLimit: 5,
      minLimit: 1,
      maxLimit: 9,
      label: 'Disk',
      measuredUnit: 'GB',
      options: ['storage_limit', 'max_storage_limit'],
      published: { article_code: 'D1', limit_period: 'month' },
    },
    { type: 'objects', enforceLimits: false, unitFactor: 1, options: ['object_limit', 'max_object_limit'] },
    { type: 'files', enforceLimits: false, options: ['f'] },
    {
      type: 'inodes',
      enforceLimits: true,
      defaultLimit: 7,
      options: ['inodes_limit'],
      published: { default_limit: 7 },
    },
  ]);
});

describe('any text', () => {
  const never = (text: string): void => {
    const { config, diagnostics } = load(text);
    expect(renderDiagnostics(diagnostics)).toEqual(expect.any(String));
    expect(config === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'));
    const lines = text.split('\n').length;
    for (const { line, col } of diagnostics) {
      expect(line).toBeGreaterThan(0);
      expect(line).toBeLessThanOrEqual(lines);
      expect(col).toBeGreaterThan(0);
    }
  };
  const word = fc.oneof(
    fc.constantFrom(
      'offerings',
      'name',
      'backend_type',
      'backend_settings',
      'backend_components',
      'storage',
      'api_url',
    ),
    fc.constantFrom(
      'waldur_api_token',
      '__proto__',
      'constructor',
      'croit-s3',
      '${env:X}',
      '${',
      '$$',
      'https://w',
      '',
      '/~',
    ),
    fc.string({ maxLength: 5 }),
  );
  const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      word,
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(word, tie('tree'), { maxKeys: 5 }),
    ),
  })).tree;

  test('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), never), { numRuns: 60 });
  });

  test('of the characters YAML uses never throws', () => {
    const unit = fc.constantFrom(...' \n\t:-{}[],#&*!|>\'"%@`?$~<=.0x'.split(''), 'name', 'a', '  ', 'offerings:\n');
    fc.assert(fc.property(fc.string({ unit, maxLength: 60 }), never), { numRuns: 200 });
  });

  test('that is YAML never throws', () => {
    fc.assert(
      fc.property(value, (tree) => never(stringify({ offerings: [tree] }))),
      { numRuns: 60 },
    );
    fc.assert(
      fc.property(fc.dictionary(word, value), (more) => never(fileWith(more))),
      { numRuns: 60 },
    );
  });
});
