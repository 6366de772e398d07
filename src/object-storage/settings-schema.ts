/** Schema of the settings by their names in a configuration file; those of the environment are the same in upper case. */
const bucket = (content: string): Readonly<Record<string, unknown>> => ({
  type: 'string',
  pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
  'x-expected': 'a bucket name of 3 to 63 characters out of a-z, 0-9, "." and "-"',
  description: `Bucket of ${content}.`,
});

const number = (minimum: number, maximum: number, description: string): Readonly<Record<string, unknown>> => ({
  type: 'integer',
  minimum,
  maximum,
  description,
});

export const settingsSchema: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  access_key: { type: 'string', minLength: 3, description: 'Key for the buckets of samples, bundles and artefacts.' },
  secret_key: { type: 'string', minLength: 8, 'x-secret': true },
  bucket_samples: bucket('log samples'),
  bucket_tas: bucket('TA bundles'),
  bucket_debug: bucket('debug bundles'),
  sample_retention_enabled: { type: 'boolean', description: 'Whether expired log samples are removed. Default: true.' },
  sample_retention_days: number(1, 36_500, 'Age at which log samples expire. Default: 30.'),
  max_upload_size_mb: number(1, 5_000_000, 'Largest upload in MiB. Default: 500.'),
  presigned_url_expiration: number(1, 604_800, 'Seconds a presigned URL is good for. Default: 3600.'),
  multipart_threshold_mb: number(1, 5_000, 'MiB from which uploads go in parts. Default: 5.'),
  multipart_chunk_size_mb: number(5, 5_000, 'MiB of one part. Default: 5.'),
  connection_timeout: number(1, 600, 'Seconds until a connection must stand. Default: 30.'),
  read_timeout: number(1, 3_600, 'Seconds an answer may take. Default: 60.'),
  enable_audit_logging: { type: 'boolean', description: 'Whether uploads and removals are recorded. Default: true.' },
  audit_log_retention_days: number(1, 36_500, 'How long audit records are kept. Default: 365.'),
};
