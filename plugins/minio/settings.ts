import type { StorageSettings } from '../../src/object-storage/settings.ts';
import { settingsSchema as storageSchema } from '../../src/object-storage/settings-schema.ts';
import type { CommonSettings, JsonSchema, NamingRules, SettingProblem } from '../../src/plugin/contract.ts';
import { bucketNames, isBucketName } from './bucket-names.ts';

/** `backend_settings` after validation. */
export interface Settings extends Partial<StorageSettings> {
  /** Host and port, without a scheme. */
  readonly endpoint: string;
  readonly use_ssl: boolean;
  readonly region: string;
  readonly admin_access_key?: string;
  readonly admin_secret_key?: string;
  readonly admin_prefix: string;
  readonly encrypt_payload?: boolean;
  readonly public_endpoint?: string;
  readonly verify_ssl: boolean;
  readonly ca_file?: string;
  readonly timeout: number;
  readonly user_prefix: string;
  readonly slug_separator: string;
  readonly max_username_length: number;
  readonly buckets: readonly string[];
  readonly bucket_quota: 'divided' | 'whole';
  readonly enforce: 'server' | 'suspend-writes';
  readonly keep_schedule: string;
  readonly retention_schedule: string;
}

const HOST: JsonSchema = {
  type: 'string',
  pattern: '^(\\[[0-9A-Fa-f:]+\\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?$',
  'x-expected': 'a host and port without a scheme, such as minio.example.org:9000; TLS is set by use_ssl',
};

const SCHEDULE: JsonSchema = {
  type: 'string',
  pattern: '^\\S+( \\S+){4}$',
  'x-expected': 'a cron expression of five fields',
};

export const settingsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['endpoint'],
  properties: {
    ...storageSchema,
    endpoint: { ...HOST, examples: ['minio.example.org:9000'], description: 'Host and port of the server.' },
    use_ssl: { type: 'boolean', default: false },
    region: { type: 'string', pattern: '^[a-z0-9-]{1,40}$', default: 'us-east-1' },
    verify_ssl: { type: 'boolean', default: true, description: 'false accepts a self-signed certificate.' },
    ca_file: {
      type: 'string',
      pattern: '^/',
      'x-expected': 'an absolute path',
      description: 'PEM file of further CAs.',
    },
    timeout: { type: 'integer', minimum: 1, maximum: 110, default: 30, description: 'Seconds for one request.' },
    admin_access_key: {
      type: 'string',
      minLength: 3,
      examples: ['waldur-agent'],
      description: 'Of the admin user. Default: access_key.',
    },
    admin_secret_key: { type: 'string', minLength: 8, 'x-secret': true },
    admin_prefix: {
      type: 'string',
      pattern: '^/[a-z]+/admin/v3$',
      'x-expected': '/minio/admin/v3 or /rustfs/admin/v3',
      default: '/minio/admin/v3',
      description: 'Where the admin API is.',
    },
    encrypt_payload: {
      type: 'boolean',
      description: 'Whether bodies of the admin API are encrypted. Default: true under /minio, false elsewhere.',
    },
    public_endpoint: { ...HOST, description: 'What consumers connect to. Default: endpoint.' },
    user_prefix: {
      type: 'string',
      pattern: '^([A-Za-z0-9_][A-Za-z0-9._-]*)?$',
      'x-expected': 'a short name out of A-Z, a-z, 0-9, ".", "_" and "-"',
      default: 'waldur_',
      description: 'First part of every user name.',
    },
    slug_separator: { type: 'string', pattern: '^[A-Za-z0-9._-]+$', default: '_' },
    max_username_length: { type: 'integer', minimum: 12, maximum: 200, default: 64 },
    buckets: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      maxItems: 10,
      uniqueItems: true,
      default: ['{account}'],
      description: 'Templates of bucket names: {account} is the user name.',
    },
    bucket_quota: {
      enum: ['divided', 'whole'],
      default: 'divided',
      description: 'Of an account with several buckets: each gets its part of the limit, or all of it.',
    },
    enforce: {
      enum: ['server', 'suspend-writes'],
      default: 'server',
      description: 'suspend-writes takes the right to write away while an account is over its quota.',
    },
    keep_schedule: { ...SCHEDULE, default: '*/5 * * * *', description: 'When policies and overage are looked at.' },
    retention_schedule: { ...SCHEDULE, default: '0 2 * * *', description: 'When expired log samples are removed.' },
  },
};

export function naming(settings: Settings): NamingRules {
  return {
    prefix: settings.user_prefix,
    separator: settings.slug_separator,
    filler: '_',
    maxLength: settings.max_username_length,
  };
}

/** What the schema cannot say. */
export function problems(settings: Settings, _common: CommonSettings): readonly SettingProblem[] {
  return [...keyProblems(settings), ...bucketProblems(settings), ...retentionProblems(settings)];
}

function keyProblems(settings: Settings): readonly SettingProblem[] {
  const { accessKey, secretKey } = adminKeys(settings);
  const missing = [
    ...(accessKey === '' ? ['admin_access_key'] : []),
    ...(secretKey === '' ? ['admin_secret_key'] : []),
  ];
  return missing.map((setting) => ({ setting, message: `there is no ${setting}, which the admin API needs` }));
}

function bucketProblems({ buckets, user_prefix }: Settings): readonly SettingProblem[] {
  const names = bucketNames(buckets, `${user_prefix}organisation_project_01234567`);
  const wrong = buckets.filter((_, index) => !isBucketName(names[index] ?? ''));
  const found: SettingProblem[] = wrong.map((template) => ({
    setting: 'buckets',
    message: `"${template}" makes no bucket name of 3 to 63 characters out of a-z, 0-9 and "-"`,
  }));
  if (buckets.some((template) => !template.includes('{account}'))) {
    const message = 'a template without {account} gives every account the same bucket';
    found.push({ setting: 'buckets', message, hint: 'put {account} into each template' });
  }
  return found;
}

function retentionProblems(settings: Settings): readonly SettingProblem[] {
  const { bucket_samples, bucket_tas, bucket_debug } = settings;
  const named = [bucket_samples, bucket_tas, bucket_debug].filter((name) => name !== undefined);
  if (new Set(named).size === named.length) return [];
  const message = 'bucket_samples, bucket_tas and bucket_debug must be three different buckets';
  return [{ setting: 'bucket_samples', message, hint: 'retention would remove what must be kept' }];
}

export function adminKeys(settings: Settings): { readonly accessKey: string; readonly secretKey: string } {
  const { admin_access_key, admin_secret_key, access_key = '', secret_key = '' } = settings;
  if (admin_access_key !== undefined) return { accessKey: admin_access_key, secretKey: admin_secret_key ?? '' };
  return { accessKey: access_key, secretKey: secret_key };
}

/** URL of the server, without a trailing slash. */
export function endpointOf({ endpoint, use_ssl }: Settings): string {
  return `${use_ssl ? 'https' : 'http'}://${endpoint}`;
}

/** URL that consumers get. */
export function publicEndpointOf(settings: Settings): string {
  return endpointOf({ ...settings, endpoint: settings.public_endpoint ?? settings.endpoint });
}

/** By the prefix, and never by looking at bytes. */
export function isEncrypted({ encrypt_payload, admin_prefix }: Settings): boolean {
  return encrypt_payload ?? admin_prefix.startsWith('/minio');
}
