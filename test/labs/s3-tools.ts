import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts';

/** A bucket and the keys to it, as a consumer gets them. */
export interface S3Target {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
}

/** What Waldur tells a consumer, in the metadata of a resource. */
export function credentialsOf(metadata: JsonObject): Omit<S3Target, 'bucket'> {
  const stored = metadata['s3_credentials'];
  const { endpoint, region, access_key, secret_key } = isJsonObject(stored) ? stored : {};
  const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
  return { endpoint: text(endpoint), region: text(region), accessKey: text(access_key), secretKey: text(secret_key) };
}

export interface Told {
  readonly ok: boolean;
  readonly output: Buffer;
  /** What the program printed for a person. */
  readonly said: string;
}

/** What people do with a bucket, in the words of one program. Keys are of the target's bucket. */
export interface S3Tool {
  readonly name: string;
  makeBucket(): Promise<Told>;
  removeBucket(): Promise<Told>;
  put(file: string, key: string): Promise<Told>;
  get(key: string, file: string): Promise<Told>;
  /** The bytes `from` to `to`, both included, on `output`; undefined where the program cannot. */
  range?(key: string, from: number, to: number): Promise<Told>;
  copy(from: string, to: string): Promise<Told>;
  /** Makes what is below the prefix the same as the folder. */
  sync(folder: string, prefix: string): Promise<Told>;
  list(prefix: string): Promise<readonly string[]>;
  /** A URL that needs no keys. */
  presign(key: string): Promise<string>;
  remove(key: string): Promise<Told>;
  removeAll(prefix: string): Promise<Told>;
}

const PATIENCE_MS = 120_000;
const LONGEST_OUTPUT = 256 * 1024 * 1024;

/** Debian's own, whatever else is installed; it sees nothing of the machine's configuration. */
function runner(program: string, env: Readonly<Record<string, string>>): (...argv: readonly string[]) => Promise<Told> {
  const options = {
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', LC_ALL: 'C.UTF-8', ...env },
    timeout: PATIENCE_MS,
    maxBuffer: LONGEST_OUTPUT,
    encoding: 'buffer',
  } as const;
  return (...argv) =>
    new Promise((resolve) => {
      execFile(program, argv, options, (error, output, said) => {
        resolve({ ok: error === null, output, said: said.toString() });
      });
    });
}

function linesOf({ ok, output, said }: Told): readonly string[] {
  if (!ok) throw new Error(`a listing failed: ${said}`);
  return output
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

/** The AWS command line, Debian's 2.9, with these keys and nothing else. */
export function runAws(target: Omit<S3Target, 'bucket'>): (...argv: readonly string[]) => Promise<Told> {
  const { endpoint, region, accessKey, secretKey } = target;
  const aws = runner('aws', {
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_DEFAULT_REGION: region,
    AWS_MAX_ATTEMPTS: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  });
  return (...argv) => aws('--endpoint-url', endpoint, ...argv);
}

/** `folder` is for what it can only write to a file. */
export function awscli(target: S3Target, folder: string): S3Tool {
  const { bucket } = target;
  const aws = runAws(target);
  const s3 = (...argv: readonly string[]): Promise<Told> => aws('s3', ...argv);
  const api = (...argv: readonly string[]): Promise<Told> => aws('s3api', ...argv);
  const url = (key: string): string => `s3://${bucket}/${key}`;
  return {
    name: 'awscli',
    makeBucket: () => s3('mb', url('')),
    removeBucket: () => s3('rb', url('')),
    put: (file, key) => s3('cp', '--only-show-errors', file, url(key)),
    get: (key, file) => s3('cp', '--only-show-errors', url(key), file),
    range: async (key, from, to) => {
      const part = join(folder, 'awscli.part');
      const range = ['--range', `bytes=${from}-${to}`];
      const told = await api('get-object', '--bucket', bucket, '--key', key, ...range, part);
      return told.ok ? { ...told, output: readFileSync(part) } : told;
    },
    copy: (from, to) => s3('cp', '--only-show-errors', url(from), url(to)),
    sync: (folder, prefix) => s3('sync', '--only-show-errors', '--delete', folder, url(prefix)),
    list: async (prefix) => {
      const query = ['--query', 'Contents[].[Key]', '--output', 'text'];
      const lines = linesOf(await api('list-objects-v2', '--bucket', bucket, '--prefix', prefix, ...query));
      return lines.filter((line) => line !== 'None');
    },
    presign: async (key) => linesOf(await s3('presign', url(key), '--expires-in', '300')).join(''),
    remove: (key) => s3('rm', '--only-show-errors', url(key)),
    removeAll: (prefix) => s3('rm', '--only-show-errors', '--recursive', url(prefix)),
  };
}

/** s3cmd, Debian's 2.3. `folder` is for its configuration. */
export function s3cmd({ endpoint, region, accessKey, secretKey, bucket }: S3Target, folder: string): S3Tool {
  const config = join(folder, 's3cmd.conf');
  const { host } = new URL(endpoint);
  // A file, so that the secret is not in the list of processes.
  const lines = [
    '[default]',
    `access_key = ${accessKey}`,
    `secret_key = ${secretKey}`,
    `bucket_location = ${region}`,
    `host_base = ${host}`,
    `host_bucket = ${host}`,
    'use_https = False',
    'max_retries = 1',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 });
  const program = runner('s3cmd', {});
  const run = (...argv: readonly string[]): Promise<Told> => program('-c', config, '--no-progress', ...argv);
  const url = (key: string): string => `s3://${bucket}/${key}`;
  return {
    name: 's3cmd',
    makeBucket: () => run('mb', url('')),
    removeBucket: () => run('rb', url('')),
    put: (file, key) => run('put', file, url(key)),
    get: (key, file) => run('get', '--force', url(key), file),
    copy: (from, to) => run('cp', url(from), url(to)),
    sync: (from, prefix) => run('sync', '--delete-removed', `${from}/`, url(prefix)),
    list: async (prefix) =>
      linesOf(await run('ls', '--recursive', url(prefix))).map((line) =>
        line.slice(line.indexOf(url('')) + url('').length),
      ),
    presign: async (key) => linesOf(await run('signurl', url(key), '+300')).join(''),
    remove: (key) => run('del', url(key)),
    removeAll: (prefix) => run('del', '--recursive', '--force', url(prefix)),
  };
}

/** rclone, Debian's 1.60. */
export function rclone({ endpoint, region, accessKey, secretKey, bucket }: S3Target): S3Tool {
  const program = runner('rclone', {
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_SITE_TYPE: 's3',
    RCLONE_CONFIG_SITE_PROVIDER: 'Other',
    RCLONE_CONFIG_SITE_ENDPOINT: endpoint,
    RCLONE_CONFIG_SITE_REGION: region,
    RCLONE_CONFIG_SITE_ACCESS_KEY_ID: accessKey,
    RCLONE_CONFIG_SITE_SECRET_ACCESS_KEY: secretKey,
    RCLONE_CONFIG_SITE_FORCE_PATH_STYLE: 'true',
    // The bucket comes with the order; rclone would make sure of it by making it.
    RCLONE_CONFIG_SITE_NO_CHECK_BUCKET: 'true',
    RCLONE_RETRIES: '1',
    RCLONE_LOW_LEVEL_RETRIES: '1',
  });
  const url = (key: string): string => `site:${bucket}/${key}`;
  return {
    name: 'rclone',
    makeBucket: () => program('mkdir', '--s3-no-check-bucket=false', url('')),
    removeBucket: () => program('rmdir', url('')),
    put: (file, key) => program('copyto', file, url(key)),
    get: (key, file) => program('copyto', url(key), file),
    range: (key, from, to) => program('cat', '--offset', `${from}`, '--count', `${to - from + 1}`, url(key)),
    copy: (from, to) => program('copyto', url(from), url(to)),
    sync: (folder, prefix) => program('sync', folder, url(prefix)),
    list: async (prefix) => {
      const names = linesOf(await program('lsf', '--recursive', '--files-only', url(prefix)));
      return names.map((name) => prefix + name);
    },
    presign: async (key) => linesOf(await program('link', '--expire', '5m', url(key))).join(''),
    remove: (key) => program('deletefile', url(key)),
    removeAll: (prefix) => program('delete', url(prefix)),
  };
}
