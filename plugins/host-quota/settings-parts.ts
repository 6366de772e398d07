import type { JsonSchema } from '../../src/plugin/contract.ts';

/** Parts of the schema of the settings. */

export const HOST_ID: JsonSchema = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
  'x-expected': 'a name of letters, digits, ".", "_" and "-"',
};
export const PATH: JsonSchema = {
  type: 'string',
  pattern: '^(/[A-Za-z0-9._@+:-]+)+$',
  'x-expected': 'an absolute path',
};
export const UID: JsonSchema = { type: 'integer', minimum: 1, maximum: 4_294_967_294 };
export const SECRET: JsonSchema = { type: 'string', minLength: 8, 'x-secret': true };
const URL_OF_HTTP: JsonSchema = {
  type: 'string',
  pattern: '^https?://[^?#@\\s]+$',
  'x-expected': 'an http:// or https:// URL without user name and query',
};

export const REMOTE: JsonSchema = {
  type: 'array',
  default: [],
  description: 'Hosts without a Waldur token that this agent manages through their remote API.',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'url', 'api_key'],
    properties: {
      id: HOST_ID,
      url: { ...URL_OF_HTTP, description: 'Of the host; /remote-api is appended.' },
      api_key: { type: 'string', minLength: 1, 'x-secret': true },
      ca_file: PATH,
      verify_ssl: { type: 'boolean', default: true },
    },
  },
};

export const API_KEYS: JsonSchema = {
  type: 'array',
  default: [],
  description:
    'Keys of programs that use /api on the address in serve: a bearer with the role of a user or an administrator.',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'role', 'key'],
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 255 },
      role: { enum: ['user', 'admin'] },
      key: SECRET,
    },
  },
};

export const SERVE: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['listen'],
  description: 'A listener of its own for the APIs, beside the one of the agent.',
  properties: {
    listen: {
      type: 'string',
      pattern: '^(unix:/.+|(\\[[0-9A-Fa-f:]+\\]|[A-Za-z0-9.-]+):[0-9]{1,5})$',
      'x-expected': 'an address and a port such as 0.0.0.0:8436, or unix:/run/host-quota.sock',
    },
    tls_cert: PATH,
    tls_key: PATH,
  },
};

export const NOTIFICATIONS: Readonly<Record<string, JsonSchema>> = {
  MASTER_EVENT_CALLBACK_URL: {
    ...URL_OF_HTTP,
    description:
      'Where events of quotas are sent. The address of a central side is enough: /api/internal/slave-events is added to it.',
  },
  MASTER_EVENT_CALLBACK_SECRET: { ...SECRET, description: 'With which they are signed.' },
  SLAVE_HOST_ID: { ...HOST_ID, description: 'Another word for host_id.' },
  SLAVE_EVENT_SECRET: { ...SECRET, description: 'What hosts must show that send events here.' },
  SMTP_HOST: { type: 'string', pattern: '^[A-Za-z0-9.:-]+$', 'x-expected': 'a host name' },
  SMTP_PORT: { type: 'integer', minimum: 1, maximum: 65_535, default: 587 },
  SMTP_USER: { type: 'string', minLength: 1 },
  SMTP_PASSWORD: { type: 'string', minLength: 1, 'x-secret': true },
  SMTP_SECURITY: { enum: ['tls', 'starttls', 'none'], default: 'starttls' },
  NOTIFICATION_FROM: { type: 'string', pattern: '^[^@\\s<>]+@[^@\\s<>]+$', 'x-expected': 'an e-mail address' },
  NOTIFICATION_OAUTH_ACCESS_TOKEN: { type: 'string', minLength: 1, 'x-secret': true },
};
