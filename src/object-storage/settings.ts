import { AgentError } from '../lib/errors.ts';
import { settingsSchema } from './settings-schema.ts';

/** Settings by their names in a configuration file. */
export interface StorageSettings {
  readonly access_key: string;
  readonly secret_key: string;
  readonly bucket_samples: string;
  readonly bucket_tas: string;
  readonly bucket_debug: string;
  readonly sample_retention_enabled: boolean;
  readonly sample_retention_days: number;
  readonly max_upload_size_mb: number;
  readonly presigned_url_expiration: number;
  readonly multipart_threshold_mb: number;
  readonly multipart_chunk_size_mb: number;
  readonly connection_timeout: number;
  readonly read_timeout: number;
  readonly enable_audit_logging: boolean;
  readonly audit_log_retention_days: number;
}

/** Those, and where the server is. */
export interface ObjectStorageSettings extends Omit<StorageSettings, 'access_key' | 'secret_key'> {
  /** Host and port, without a scheme. */
  readonly endpoint: string;
  readonly use_ssl: boolean;
  readonly region: string;
  /** Host and port in presigned URLs, where clients know the server by another name. */
  readonly public_endpoint?: string;
  /** Without both, the credential chain of the SDK: roles, profiles, the metadata of a machine. */
  readonly access_key?: string;
  readonly secret_key?: string;
  readonly verify_ssl?: boolean;
  readonly ca_file?: string;
}

type Raw = Readonly<Record<string, unknown>>;

const DEFAULTS = {
  use_ssl: false,
  region: 'us-east-1',
  sample_retention_enabled: true,
  sample_retention_days: 30,
  max_upload_size_mb: 500,
  presigned_url_expiration: 3600,
  multipart_threshold_mb: 5,
  multipart_chunk_size_mb: 5,
  connection_timeout: 30,
  read_timeout: 60,
  enable_audit_logging: true,
  audit_log_retention_days: 365,
} as const;

/** Variables by setting. The first that is set wins. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  endpoint: ['MINIO_ENDPOINT'],
  access_key: ['MINIO_ACCESS_KEY'],
  secret_key: ['MINIO_SECRET_KEY'],
  bucket_samples: ['MINIO_BUCKET_SAMPLES'],
  bucket_tas: ['MINIO_BUCKET_TAS'],
  bucket_debug: ['MINIO_BUCKET_DEBUG'],
  use_ssl: ['MINIO_USE_SSL'],
  region: ['MINIO_REGION'],
  sample_retention_enabled: ['SAMPLE_RETENTION_ENABLED'],
  sample_retention_days: ['SAMPLE_RETENTION_DAYS'],
  max_upload_size_mb: ['MINIO_MAX_UPLOAD_SIZE_MB', 'MAX_SAMPLE_SIZE_MB'],
  presigned_url_expiration: ['MINIO_PRESIGNED_URL_EXPIRATION'],
  multipart_threshold_mb: ['MINIO_MULTIPART_THRESHOLD_MB'],
  multipart_chunk_size_mb: ['MINIO_MULTIPART_CHUNK_SIZE_MB'],
  connection_timeout: ['MINIO_CONNECTION_TIMEOUT'],
  read_timeout: ['MINIO_READ_TIMEOUT'],
  enable_audit_logging: ['ENABLE_AUDIT_LOGGING'],
  audit_log_retention_days: ['AUDIT_LOG_RETENTION_DAYS'],
};

/** What the environment says, by the names of the settings; texts that are no numbers or switches are told by `readSettings`. */
export function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Raw {
  const found = Object.entries(VARIABLES).flatMap(([setting, names]) => {
    const text = names.map((name) => env[name]).find((value) => value !== undefined && value !== '');
    return text === undefined ? [] : [[setting, typed(setting, text)] as const];
  });
  return Object.fromEntries(found);
}

/** @throws AgentError operator `STORAGE_SETTINGS` that names every setting and variable that is missing or wrong */
export function readSettings(raw: Raw): ObjectStorageSettings {
  const settings = { ...DEFAULTS, ...raw } as unknown as ObjectStorageSettings;
  const problems = [...missing(settings), ...wrong(settings)];
  if (problems.length > 0) {
    throw new AgentError(`the object storage is not configured: ${problems.join('; ')}`, {
      code: 'STORAGE_SETTINGS',
      disposition: 'operator',
      hint: 'Set them in backend_settings, or as variables of the environment.',
    });
  }
  return settings;
}

function typed(setting: string, text: string): unknown {
  if (/^(true|false)$/i.test(text) && isSwitch(setting)) return text.toLowerCase() === 'true';
  return isNumber(setting) && /^\d+$/.test(text) ? Number(text) : text;
}

function isSwitch(setting: string): boolean {
  return setting === 'use_ssl' || settingsSchema[setting]?.['type'] === 'boolean';
}

function isNumber(setting: string): boolean {
  return settingsSchema[setting]?.['type'] === 'integer';
}

function missing(settings: ObjectStorageSettings): readonly string[] {
  const needed = ['endpoint', 'bucket_samples', 'bucket_tas', 'bucket_debug'] as const;
  const absent = needed.filter((name) => settings[name] === undefined).map((name) => `${called(name)} is missing`);
  const keys = [settings.access_key, settings.secret_key].filter((key) => key !== undefined);
  return keys.length === 1
    ? [...absent, `${called('access_key')} and ${called('secret_key')} belong together`]
    : absent;
}

function wrong(settings: ObjectStorageSettings): readonly string[] {
  const { endpoint, public_endpoint, bucket_samples, bucket_tas, bucket_debug } = settings;
  const found: string[] = [];
  for (const [name, host] of [
    ['endpoint', endpoint],
    ['public_endpoint', public_endpoint],
  ] as const) {
    if (host === undefined || /^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/.test(host)) continue;
    const why = host.includes('://') ? 'has a scheme, which use_ssl says' : 'is no host and port';
    found.push(`${called(name)} ${why}: it must be like minio.example.org:9000`);
  }
  for (const [name, rule] of Object.entries(settingsSchema)) {
    const value = (settings as unknown as Raw)[name];
    if (value !== undefined && !satisfies(value, rule)) found.push(`${called(name)} must be ${expected(rule)}`);
  }
  if (typeof settings.use_ssl !== 'boolean') found.push(`${called('use_ssl')} must be true or false`);
  const buckets = [bucket_samples, bucket_tas, bucket_debug].filter((name) => name !== undefined);
  if (new Set(buckets).size < buckets.length)
    found.push('the three buckets must differ: retention works on one of them');
  return found;
}

function satisfies(value: unknown, rule: Raw): boolean {
  const { type, minimum, maximum, minLength, pattern } = rule;
  if (type === 'boolean') return typeof value === 'boolean';
  if (type === 'integer') {
    return Number.isInteger(value) && Number(value) >= Number(minimum) && Number(value) <= Number(maximum);
  }
  if (typeof value !== 'string' || value.length < Number(minLength ?? 0)) return false;
  return typeof pattern !== 'string' || new RegExp(pattern).test(value);
}

function expected({ type, minimum, maximum, minLength, 'x-expected': words }: Raw): string {
  if (type === 'boolean') return 'true or false';
  if (type === 'integer') return `a whole number from ${Number(minimum)} to ${Number(maximum)}`;
  return typeof words === 'string' ? words : `a text of at least ${Number(minLength)} characters`;
}

function called(setting: string): string {
  const [variable] = VARIABLES[setting] ?? [];
  return variable === undefined ? setting : `${setting} (${variable})`;
}
