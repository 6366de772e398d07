import type { CommonSettings, JsonSchema, NamingRules, SettingProblem } from '../../src/plugin/contract.ts';

/** `backend_settings` after validation; which of them belong together is checked by `problems`. */
export interface Settings {
  readonly flavour: 'croit' | 'radosgw';
  readonly api_url?: string;
  readonly token?: string;
  readonly username?: string;
  readonly password?: string;
  readonly s3_endpoint?: string;
  readonly s3_region: string;
  readonly admin_access_key?: string;
  readonly admin_secret_key?: string;
  readonly admin_path?: string;
  readonly verify_ssl: boolean;
  readonly ca_file?: string;
  readonly timeout: number;
  readonly user_prefix: string;
  readonly slug_separator: string;
  readonly max_username_length: number;
  readonly max_buckets?: number;
  readonly default_tenant: string;
  readonly default_placement: string;
  readonly default_storage_class: string;
}

const BASE_URL: JsonSchema = {
  type: 'string',
  format: 'uri',
  pattern: '^https?://[^?#@\\s]+$',
  'x-expected': 'an http:// or https:// URL without user name and query',
};

const ORIGIN: JsonSchema = {
  ...BASE_URL,
  pattern: '^https?://[^/?#@\\s]+/?$',
  'x-expected': 'an http:// or https:// URL without a path',
};

export const settingsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    flavour: {
      enum: ['croit', 'radosgw'],
      default: 'croit',
      description: "What the agent talks to: croit's management API, or the Admin Ops of a RADOS Gateway.",
    },
    api_url: { ...BASE_URL, description: 'croit: URL of the management; /api is appended.' },
    token: { type: 'string', minLength: 1, 'x-secret': true, description: 'croit: API token.' },
    username: { type: 'string', minLength: 1, description: 'croit: user name, instead of a token.' },
    password: { type: 'string', minLength: 1, 'x-secret': true, description: 'croit: password of that user.' },
    s3_endpoint: {
      ...ORIGIN,
      description: 'URL under which consumers reach the gateway. Default with croit: scheme, host and port of api_url.',
    },
    s3_region: { type: 'string', pattern: '^[a-zA-Z0-9-]{1,40}$', default: 'default' },
    admin_access_key: { type: 'string', minLength: 1, description: 'radosgw: key of the admin user.' },
    admin_secret_key: { type: 'string', minLength: 1, 'x-secret': true },
    admin_path: {
      type: 'string',
      pattern: '^[A-Za-z0-9._-]+$',
      description: 'radosgw: `rgw admin entry`, where the Admin Ops are. Default: admin.',
    },
    verify_ssl: { type: 'boolean', default: true, description: 'false accepts a self-signed certificate.' },
    ca_file: {
      type: 'string',
      pattern: '^/',
      'x-expected': 'an absolute path',
      description: 'PEM file of further CAs.',
    },
    timeout: { type: 'integer', minimum: 1, maximum: 110, default: 30, description: 'Seconds for one request.' },
    user_prefix: {
      type: 'string',
      pattern: '^([A-Za-z0-9_][A-Za-z0-9._-]*)?$',
      'x-expected': 'a short name out of A-Z, a-z, 0-9, ".", "_" and "-"',
      default: 'waldur_',
      description: 'First part of every user name.',
    },
    slug_separator: {
      type: 'string',
      pattern: '^[A-Za-z0-9._-]+$',
      'x-expected': 'one or more of A-Z, a-z, 0-9, ".", "_" and "-"',
      default: '_',
    },
    max_username_length: { type: 'integer', minimum: 12, maximum: 200, default: 64 },
    max_buckets: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      description: 'radosgw: how many buckets a user may have. Default: that of the gateway.',
    },
    default_tenant: {
      type: 'string',
      pattern: '^[A-Za-z0-9_]{0,40}$',
      'x-expected': 'letters, digits and "_"',
      default: '',
      description: 'radosgw: tenant of new users.',
    },
    default_placement: { type: 'string', default: '', description: 'Placement target of new users.' },
    default_storage_class: { type: 'string', default: '', description: 'Storage class of new users.' },
  },
};

/** A user of a tenant is `tenant$name` everywhere; the tenant does not take part in the length. */
export function naming(settings: Settings): NamingRules {
  const tenant = settings.default_tenant === '' ? '' : `${settings.default_tenant}$`;
  return {
    prefix: tenant + settings.user_prefix,
    separator: settings.slug_separator,
    filler: '_',
    maxLength: tenant.length + settings.max_username_length,
  };
}

/** What the schema cannot say: each flavour has settings of its own, and those of the other one are mistakes. */
export function problems(settings: Settings, common: CommonSettings): readonly SettingProblem[] {
  const { flavour } = settings;
  const other = flavour === 'croit' ? 'radosgw' : 'croit';
  const foreign = OWN[other].filter((setting) => settings[setting] !== undefined && settings[setting] !== '');
  return [
    ...foreign.map((setting) => ({
      setting,
      message: `"${setting}" is a setting of flavour ${other}, and the flavour is ${flavour}`,
      hint: `remove it, or set flavour: ${other}`,
    })),
    ...(flavour === 'croit' ? croitProblems(settings, common) : radosgwProblems(settings)),
  ];
}

/** URL that consumers get, without a trailing slash. */
export function endpointOf({ s3_endpoint, api_url = '' }: Settings): string {
  return s3_endpoint === undefined ? new URL(api_url).origin : s3_endpoint.replace(/\/$/, '');
}

const OWN = {
  croit: ['api_url', 'token', 'username', 'password'],
  radosgw: ['admin_access_key', 'admin_secret_key', 'admin_path', 'max_buckets', 'default_tenant'],
} as const satisfies Record<Settings['flavour'], readonly (keyof Settings)[]>;

function croitProblems(settings: Settings, { onTerminate }: CommonSettings): readonly SettingProblem[] {
  const { token, username, password } = settings;
  const found: SettingProblem[] = missing(settings, ['api_url'], 'croit');
  const hint = 'set token, or username and password';
  if (token !== undefined && (username ?? password) !== undefined) {
    found.push({ setting: 'token', message: 'there is a token, and a user name or password beside it', hint });
  } else if (token === undefined && (username === undefined || password === undefined)) {
    found.push({ setting: 'token', message: 'there is no complete credential for croit', hint });
  }
  if (onTerminate === 'suspend') {
    const message = 'croit has no call that suspends a user, so a terminate order could never be done';
    found.push({ setting: 'on_terminate', message, hint: 'use refuse or purge' });
  }
  return found;
}

function radosgwProblems(settings: Settings): readonly SettingProblem[] {
  const found = missing(settings, ['s3_endpoint', 'admin_access_key', 'admin_secret_key'], 'radosgw');
  if (settings.default_storage_class !== '' && settings.default_placement === '') {
    const message = '"default_storage_class" needs a "default_placement" that has it';
    found.push({ setting: 'default_storage_class', message });
  }
  return found;
}

function missing(
  settings: Settings,
  needed: readonly (keyof Settings)[],
  flavour: Settings['flavour'],
): SettingProblem[] {
  return needed
    .filter((setting) => settings[setting] === undefined)
    .map((setting) => ({ setting, message: `flavour ${flavour} needs "${setting}"` }));
}
