import { expect, it } from 'vitest';
import { describeLive } from './minio/live-suite.ts';

/** A real server, given by three variables. */
const {
  MINIO_TEST_ENDPOINT: endpoint,
  MINIO_TEST_ADMIN_KEY: accessKey,
  MINIO_TEST_ADMIN_SECRET: secretKey,
} = process.env;

if (endpoint === undefined || accessKey === undefined || secretKey === undefined) {
  it('a real MinIO server is not tested: MINIO_TEST_ENDPOINT, MINIO_TEST_ADMIN_KEY and MINIO_TEST_ADMIN_SECRET name none', () => {
    expect(endpoint ?? '').toBe('');
  });
} else {
  describeLive(`MinIO at ${new URL(endpoint).host}`, endpoint, { accessKey, secretKey });
}
