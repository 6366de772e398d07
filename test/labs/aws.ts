import { execFile } from 'node:child_process';
import type { JsonObject } from '../../src/lib/json.ts';
import { credentialsOf } from './s3-tools.ts';

export interface AwsAnswer {
  readonly ok: boolean;
  readonly text: string;
  /** What the gateway refused it with; of its own the program chokes on answers without a message. */
  readonly code: string | undefined;
}

/** The AWS command line with what Waldur tells a consumer, and nothing else. */
export function awsOf(metadata: JsonObject): (...argv: readonly string[]) => Promise<AwsAnswer> {
  const { accessKey, secretKey, endpoint, region } = credentialsOf(metadata);
  const env = {
    PATH: process.env['PATH'],
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_DEFAULT_REGION: region,
    AWS_MAX_ATTEMPTS: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    // Newer versions send checksums in trailers, which a gateway of 2021 does not know.
    AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
    AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
  };
  return (...argv) =>
    new Promise((resolve) => {
      const all = ['--debug', '--endpoint-url', endpoint, ...argv];
      execFile('aws', all, { env, timeout: 30_000, maxBuffer: LONGEST_DEBUG }, (error, stdout, stderr) => {
        resolve({ ok: error === null, text: stdout, code: /<Code>(\w+)<\/Code>/.exec(stderr)?.[1] });
      });
    });
}

const LONGEST_DEBUG = 256 * 1024 * 1024;
