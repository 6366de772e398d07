import { describe, expect, it } from 'vitest';
import { fromEnvironment, readSettings } from '../../src/object-storage/index.ts';

const ENV = {
  MINIO_ENDPOINT: 'localhost:9000',
  MINIO_ACCESS_KEY: 'minioadmin',
  MINIO_SECRET_KEY: 'minioadmin',
  MINIO_BUCKET_SAMPLES: 'log-samples',
  MINIO_BUCKET_TAS: 'ta-artifacts',
  MINIO_BUCKET_DEBUG: 'debug-bundles',
};

const problems = (changes: Record<string, string | undefined>): string => {
  try {
    readSettings(fromEnvironment({ ...ENV, ...changes }));
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe('settings of the object storage', () => {
  it('come from the environment by the names of the integrations, with their defaults', () => {
    expect(readSettings(fromEnvironment(ENV))).toEqual({
      endpoint: 'localhost:9000',
      access_key: 'minioadmin',
      secret_key: 'minioadmin',
      bucket_samples: 'log-samples',
      bucket_tas: 'ta-artifacts',
      bucket_debug: 'debug-bundles',
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
    });
  });

  it('read every variable', () => {
    const env = {
      ...ENV,
      MINIO_USE_SSL: 'true',
      MINIO_REGION: 'eu-west-1',
      SAMPLE_RETENTION_ENABLED: 'False',
      SAMPLE_RETENTION_DAYS: '7',
      MAX_SAMPLE_SIZE_MB: '20',
      MINIO_PRESIGNED_URL_EXPIRATION: '60',
      MINIO_MULTIPART_THRESHOLD_MB: '8',
      MINIO_MULTIPART_CHUNK_SIZE_MB: '6',
      MINIO_CONNECTION_TIMEOUT: '3',
      MINIO_READ_TIMEOUT: '4',
      ENABLE_AUDIT_LOGGING: 'false',
      AUDIT_LOG_RETENTION_DAYS: '10',
    };
    expect(readSettings(fromEnvironment(env))).toMatchObject({
      use_ssl: true,
      region: 'eu-west-1',
      sample_retention_enabled: false,
      sample_retention_days: 7,
      max_upload_size_mb: 20,
      presigned_url_expiration: 60,
      multipart_threshold_mb: 8,
      multipart_chunk_size_mb: 6,
      connection_timeout: 3,
      read_timeout: 4,
      enable_audit_logging: false,
      audit_log_retention_days: 10,
    });
  });

  it('let the file win over the environment', () => {
    expect(readSettings({ ...fromEnvironment(ENV), endpoint: 'minio:9000' }).endpoint).toBe('minio:9000');
  });

  it('do without keys, and not with one of them', () => {
    expect(problems({ MINIO_ACCESS_KEY: undefined, MINIO_SECRET_KEY: undefined })).toBe('');
    expect(problems({ MINIO_SECRET_KEY: undefined })).toContain('belong together');
  });

  it.each([
    [{ MINIO_ENDPOINT: 'https://minio:9000' }, 'endpoint (MINIO_ENDPOINT) has a scheme, which use_ssl says'],
    [{ MINIO_ENDPOINT: undefined }, 'endpoint (MINIO_ENDPOINT) is missing'],
    [{ MINIO_BUCKET_SAMPLES: undefined }, 'bucket_samples (MINIO_BUCKET_SAMPLES) is missing'],
    [{ MINIO_BUCKET_TAS: 'log-samples' }, 'the three buckets must differ'],
    [{ MINIO_USE_SSL: 'maybe' }, 'use_ssl (MINIO_USE_SSL) must be true or false'],
    [{ SAMPLE_RETENTION_DAYS: '0' }, 'sample_retention_days (SAMPLE_RETENTION_DAYS) must be a whole number from 1'],
    [{ MINIO_MULTIPART_CHUNK_SIZE_MB: '4' }, 'must be a whole number from 5'],
    [{ MINIO_BUCKET_DEBUG: 'Upper' }, 'bucket_debug (MINIO_BUCKET_DEBUG) must be a bucket name'],
  ])('are refused in words: %j', (changes, words) => {
    expect(problems(changes)).toContain(words);
  });

  it('never show the secret', () => {
    expect(problems({ MINIO_SECRET_KEY: 'secret1', MINIO_ENDPOINT: undefined })).not.toContain('secret1');
  });
});
