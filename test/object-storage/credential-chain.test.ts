import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { createObjectStorage, fromEnvironment, readSettings } from '../../src/object-storage/index.ts';
import { type Emulator, startEmulator } from '../labs/minio/emulator.ts';

const { signal } = new AbortController();
const TOKEN = 'token-of-the-container';
const SECRET = 'secret-of-the-role-0123456789';

let emulator: Emulator;
let role: Server;
let asked: string[];
beforeEach(async () => {
  emulator = await startEmulator();
  const policy = {
    document: { Version: '2012-10-17', Statement: [ALLOWED] },
    created: new Date(),
    updated: new Date(),
  };
  emulator.state.policies.set('role', policy);
  emulator.state.users.set('ROLEKEY0000000000001', { secret: SECRET, enabled: true });
  emulator.state.mappings.set('ROLEKEY0000000000001', { names: ['role'], updated: new Date() });
  asked = [];
  // Answers as the endpoint of a container does, and as that of a machine.
  role = createServer((request, response) => {
    const { method, url = '', headers } = request;
    asked.push(`${method} ${url}`);
    if (url === '/latest/api/token') return void response.end('token-of-the-machine');
    if (url === '/latest/meta-data/iam/security-credentials/') return void response.end('reader');
    const isKnown = headers.authorization === TOKEN || headers['x-aws-ec2-metadata-token'] === 'token-of-the-machine';
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    const keys = { AccessKeyId: 'ROLEKEY0000000000001', SecretAccessKey: SECRET, Token: 'session', Code: 'Success' };
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...keys, Expiration }));
  });
  role.listen(0, '127.0.0.1');
  await once(role, 'listening');
  for (const name of Object.keys(process.env).filter((each) => each.startsWith('AWS_'))) vi.stubEnv(name, undefined);
  // Nothing of whoever runs the tests.
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent/config');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent/credentials');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  role.close();
  await emulator.close();
});

const ALLOWED = { Effect: 'Allow', Action: ['s3:*'], Resource: ['arn:aws:s3:::*'] };

/** As the integrations set the environment, without keys. */
function initialise() {
  const settings = readSettings(
    fromEnvironment({
      MINIO_ENDPOINT: new URL(emulator.endpoint).host,
      MINIO_BUCKET_SAMPLES: 'chain-samples',
      MINIO_BUCKET_TAS: 'chain-tas',
      MINIO_BUCKET_DEBUG: 'chain-debug',
    }),
  );
  return createObjectStorage(settings, { clock: systemClock });
}

const urlOf = (path: string): string => `http://127.0.0.1:${(role.address() as AddressInfo).port}${path}`;

test('without keys the role of a container gives them', async () => {
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', urlOf('/role'));
  vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', TOKEN);
  await using storage = initialise();
  const results = await storage.initializeBuckets({}, signal);
  expect(results.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created']);
  // Asked once, not for every request.
  expect(asked).toEqual(['GET /role']);
});

test('without keys the role of a machine gives them', async () => {
  vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', urlOf(''));
  await using storage = initialise();
  expect(await storage.initializeBuckets({ verifyOnly: true }, signal)).toHaveLength(3);
  expect(asked).toContain('GET /latest/meta-data/iam/security-credentials/reader');
});

test('without keys anywhere it is said what is missing', async () => {
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  await using storage = initialise();
  await expect(storage.initializeBuckets({}, signal)).rejects.toMatchObject({
    code: 'STORAGE_CONNECTION',
    hint: expect.stringContaining('access_key'),
  });
});

test('a role that refuses shows no secret', async () => {
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', urlOf('/role'));
  vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', 'another-token');
  await using storage = initialise();
  const error = await storage.initializeBuckets({}, signal).then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason as Error,
  );
  expect(error).toMatchObject({ code: 'STORAGE_CONNECTION' });
  expect(JSON.stringify([error, error.message, error.stack])).not.toMatch(/another-token|secret-of-the-role/);
});
