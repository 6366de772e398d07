import type { JsonSchema } from '../plugin/contract.ts';
import { CA_FILE, PROXY } from './peer-schema.ts';
import {
  IGNORED_AT_TOP,
  IGNORED_IN_LOG_SHIPPING,
  IGNORED_IN_OFFERING,
  ignoredProperties,
  PUBLISHED_IN_COMPONENT,
} from './reference-keys.ts';
import { WEB } from './web-schema.ts';

const DURATION: JsonSchema = {
  type: 'string',
  pattern: '^[1-9][0-9]{0,5}[smhd]$',
  'x-expected': 'a duration such as 30s, 5m, 1h or 1d',
};

const URL_SCHEMA: JsonSchema = { type: 'string', format: 'uri', 'x-expected': 'an http:// or https:// URL' };

const NAME: JsonSchema = { type: 'string', minLength: 1, maxLength: 150, pattern: '\\S', 'x-expected': 'a name' };

const LEVELS_OF_THE_REFERENCE_AGENT = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];
const APPROVAL = ['auto', 'manual'];
const POLICY = ['full', 'no-delete', 'observe-only'];

/** Keys of the whole agent. */
export const AGENT: Readonly<Record<string, JsonSchema>> = {
  timezone: {
    type: 'string',
    default: 'UTC',
    description: 'IANA name; decides in which month a measurement falls. Must be the zone Waldur bills in.',
  },
  state: {
    type: 'string',
    pattern: '^/',
    'x-expected': 'an absolute path such as ${env:STATE_DIRECTORY:-/var/lib/waldur-storage-agent}/agent.db',
    'x-restart': true,
    description:
      'SQLite file for what must outlive the process: samples of usage, documents of backends, the journal. Default: memory. A change needs a restart.',
  },
  journal_days: {
    type: 'integer',
    minimum: 1,
    maximum: 3650,
    default: 365,
    description: 'How long the journal keeps who ordered what and what was done about it.',
  },
  log_level: {
    enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', ...LEVELS_OF_THE_REFERENCE_AGENT],
    default: 'info',
    'x-expected': 'one of trace, debug, info, warn, error, fatal',
    description: 'trace, debug, info, warn, error or fatal.',
  },
  log_format: {
    enum: ['json', 'pretty', 'logfmt'],
    description: 'json, pretty or logfmt. Default: pretty on a terminal, json everywhere else.',
  },
  listen: {
    type: 'string',
    format: 'listen-address',
    default: '127.0.0.1:9464',
    'x-expected': 'an address and a port up to 65535, such as 127.0.0.1:9464',
    'x-restart': true,
    description: 'Where /metrics, /healthz, /readyz and the page are served. A change needs a restart.',
  },
  web: WEB,
  concurrency: {
    type: 'integer',
    minimum: 1,
    maximum: 256,
    default: 16,
    'x-restart': true,
    description:
      'Orders worked on at once, over all offerings; one gets half at most when there are several, and each may always work on one. A change needs a restart.',
  },
  order_deadline: { ...DURATION, default: '30m', description: 'Longest time one attempt at an order may take.' },
  drain_timeout: { ...DURATION, default: '30s', description: 'How long a stopping agent waits for running work.' },
  reconcile_interval: {
    ...DURATION,
    default: '10m',
    description: 'Between passes over open orders while events arrive.',
  },
  poll_interval: {
    ...DURATION,
    default: '60s',
    description: 'Between passes over open orders while no events arrive.',
  },
  upkeep_interval: {
    ...DURATION,
    default: '30m',
    description: 'Between comparisons of all resources with the backend.',
  },
  report_schedule: {
    type: 'string',
    default: '0 * * * *',
    description: 'Cron expression in `timezone`: when to look whether usage is due.',
  },
  sample_interval: {
    type: 'string',
    pattern: '^([1-9]|[1-5][0-9])m$|^[1-6]h$',
    'x-expected': 'a duration from 1m to 6h',
    default: '1h',
    description:
      'Between samples of usage, for `metering: gb_days` and `peak` of backends without a history of their own.',
  },
  reporting_periods: {
    type: 'integer',
    minimum: 1,
    maximum: 12,
    default: 2,
    description: 'Months reported: the current one and the ones before it.',
  },
  report_users: {
    type: 'boolean',
    default: false,
    description: 'Also report usage by user, where the backend can tell.',
  },
  log_shipping: {
    type: 'object',
    additionalProperties: false,
    description: "Ship warnings and errors to Waldur's agent log.",
    properties: { enabled: { type: 'boolean', default: false }, ...ignoredProperties(IGNORED_IN_LOG_SHIPPING) },
  },
  approval: { enum: APPROVAL, default: 'auto', description: 'For offerings that do not say otherwise.' },
  policy: { enum: POLICY, default: 'full', description: 'For offerings that do not say otherwise.' },
  strict_secrets: {
    type: 'boolean',
    default: false,
    description: 'Secrets written into this file are errors: they must be references.',
  },
  global_proxy: {
    ...PROXY,
    description: 'Proxy for Waldur, its broker and the login server, for those that do not say otherwise.',
  },
  plugins: {
    type: 'array',
    items: {
      type: 'string',
      pattern: '^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*$',
      'x-expected': 'the name of an npm package',
    },
    uniqueItems: true,
    description:
      'npm packages with further backends, installed beside this file. A newer version of one needs a restart.',
  },
  offerings: {
    type: 'array',
    minItems: 1,
    items: { $ref: '#/definitions/offering' },
    description: 'The offerings this agent serves.',
  },
  ...ignoredProperties(IGNORED_AT_TOP),
};

/** Keys of an offering, but for what depends on the plugins. */
export const OFFERING: Readonly<Record<string, JsonSchema>> = {
  name: { ...NAME, description: 'Name in logs and metrics; unique in this file.' },
  waldur_api_url: { ...URL_SCHEMA, description: 'For example https://waldur.example.com/api/' },
  waldur_api_token: {
    type: 'string',
    'x-secret': true,
    description: 'Token of a user with a role on the provider organisation, or a personal access token.',
  },
  waldur_api_token_type: {
    enum: ['token', 'bearer'],
    default: 'token',
    description: 'bearer for a personal access token.',
  },
  oidc_token_url: { ...URL_SCHEMA, description: 'Client credentials grant, used when there is no waldur_api_token.' },
  oidc_client_id: { type: 'string', minLength: 1 },
  oidc_client_secret: { type: 'string', minLength: 1, 'x-secret': true },
  oidc_scope: { type: 'string', minLength: 1 },
  waldur_offering_uuid: {
    type: 'string',
    pattern: '^([0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$',
    'x-expected': 'a UUID: 32 hexadecimal digits, with or without dashes',
  },
  verify_ssl: { type: 'boolean', default: true, description: "Verify Waldur's certificate." },
  ca_file: CA_FILE,
  proxy: { ...PROXY, description: 'Proxy for Waldur and its broker; empty for none.' },
  stomp_enabled: { type: 'boolean', default: false, description: 'Hear of orders at once, over STOMP.' },
  stomp_ws_host: { type: 'string', pattern: '^(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9_.-]+)$', 'x-expected': 'a host name' },
  stomp_ws_port: { type: 'integer', minimum: 1, maximum: 65535 },
  stomp_ws_path: { type: 'string', pattern: '^[A-Za-z0-9._~/-]*$', 'x-expected': 'a path', default: '/rmqws-stomp' },
  websocket_use_tls: { type: 'boolean', description: 'Default: as waldur_api_url.' },
  backend_settings: { type: 'object', description: 'Settings of the backend, see its README.' },
  backend_concurrency: {
    type: 'integer',
    minimum: 1,
    maximum: 256,
    default: 8,
    description: 'Calls to the backend at once.',
  },
  backend_rate: {
    type: 'number',
    minimum: 0.1,
    maximum: 10000,
    description: 'Calls to the backend in a second, on average. Default: no limit.',
  },
  backend_capacity_gb: {
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000_000,
    description: 'What the backend can hold, in GB (10^9 bytes): readings above it are not believed. Default: 1 EiB.',
  },
  backend_components: {
    type: 'object',
    additionalProperties: { $ref: '#/definitions/component' },
    propertyNames: { pattern: '^[A-Za-z0-9_-]{1,50}$' },
    description: 'The components of the offering in Waldur, by type.',
  },
  approval: { enum: APPROVAL, description: 'manual leaves the approval of orders to a person in the portal.' },
  policy: { enum: POLICY, description: 'no-delete never deletes an account; observe-only changes nothing.' },
  allow_decrease: {
    type: 'boolean',
    description:
      'Report less usage than Waldur already has. Default: true with metering current, which measures what is there now.',
  },
  // What these name is compared with backend_type.
  order_processing_backend: { description: 'No effect: orders are processed by backend_type.' },
  reporting_backend: { description: 'No effect: usage is reported by backend_type.' },
  ...ignoredProperties(IGNORED_IN_OFFERING),
};

/** A component of an offering. */
export const COMPONENT: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['accounting_type'],
  properties: {
    accounting_type: { enum: ['usage', 'limit'] },
    backend_name: { type: 'string', description: 'What the backend calls it. Default: the type of the component.' },
    unit_factor: {
      type: 'number',
      exclusiveMinimum: 0,
      description: 'Base units in one unit of Waldur: 1073741824 when Waldur counts GiB and the backend bytes.',
    },
    unit_factor_reporting: { type: 'number', exclusiveMinimum: 0, description: 'Must equal unit_factor.' },
    enforce_limits: { type: 'boolean', description: 'Default: true with accounting_type limit, else false.' },
    measured_unit: { type: 'string' },
    label: { type: 'string' },
    limit: { type: 'number', minimum: 0, description: 'Limit when nothing else says one, in units of Waldur.' },
    min_value: { type: 'number', minimum: 0 },
    max_value: { type: 'number', minimum: 0 },
    options: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      description: 'Fields of the order form that carry the limit, in order of preference.',
    },
    ...PUBLISHED_IN_COMPONENT,
  },
};
