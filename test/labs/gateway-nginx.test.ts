import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../../plugins/ironbucket-local/test/gateway/client.ts';
import { waitFor } from '../../plugins/ironbucket-local/test/gateway/lab.ts';
import { freePort } from '../../src/cli/demo/free-port.ts';
import { type GatewayWorld, openGatewayWorld } from './gateway-world.ts';
import { documentedNginx, startNginx } from './nginx.ts';

/** The gateway behind a real nginx, with the configuration of the README and with what it warns of. */

const MIB = 1_048_576;

let world: GatewayWorld;
let nginx: Awaited<ReturnType<typeof startNginx>>;
/** Through the documented configuration, and through one that rewrites a header. */
let documented: Client;
let rewriting: Client;

beforeAll(async () => {
  world = await openGatewayWorld();
  const location = documentedNginx(await readFile('plugins/ironbucket-local/README.md', 'utf8'));
  const own = location.replace('http://127.0.0.1:9000', world.target.endpoint);
  const [good, bad] = [await freePort(Math.random), await freePort(Math.random)];
  const rewritten = own.replace('proxy_http_version', 'proxy_set_header Accept-Encoding ""; proxy_http_version');
  nginx = await startNginx([
    { port: good, location: own },
    { port: bad, location: rewritten },
  ]);
  const { accessKey, secretKey, bucket } = world.target;
  const through = (port: number): Client => createClient(port, { accessKey, secretKey }, bucket, () => new Date());
  documented = through(good);
  rewriting = through(bad);
  // The limit of the hook ends what never comes.
  await waitFor(async () => (await documented({}).catch(() => undefined))?.status === 200);
});
afterAll(async () => {
  await nginx.close();
  await world.close();
});

describe('behind nginx as the README has it', () => {
  test('objects go up and come down, whole and in ranges', async () => {
    const body = randomBytes(20 * MIB);
    const md5 = createHash('md5').update(body).digest('hex');
    expect(await documented({ method: 'PUT', key: 'large', body })).toMatchObject({
      status: 200,
      headers: { etag: `"${md5}"` },
    });
    const got = await documented({ key: 'large' });
    expect(createHash('md5').update(got.body).digest('hex')).toBe(md5);
    const part = await documented({ key: 'large', headers: { range: 'bytes=5-9' } });
    expect([part.status, part.body]).toEqual([206, body.subarray(5, 10)]);
  });

  test('a client that signs Accept-Encoding is understood', async () => {
    const headers = { 'accept-encoding': 'identity' };
    expect(await documented({ method: 'PUT', key: 'signed', body: 'x', headers })).toMatchObject({ status: 200 });
    expect(await documented({ key: 'signed', headers })).toMatchObject({ status: 200 });
  });

  test('an upload that does not fit is refused in words, and not cut off', async () => {
    const { accessKey, secretKey, bucket } = world.small;
    const small = createClient(documented.port, { accessKey, secretKey }, bucket, () => new Date());
    const got = await small({ method: 'PUT', key: 'x', body: Buffer.alloc(8 * MIB) });
    expect(got).toMatchObject({ status: 507, headers: { 'x-amz-error-code': 'QuotaExceeded' } });
  });

  test('chunks that are signed one by one arrive as they were sent', async () => {
    const { accessKey, secretKey, region, bucket } = world.target;
    const s3 = new S3Client({
      endpoint: `http://127.0.0.1:${documented.port}`,
      region,
      credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
      forcePathStyle: true,
    });
    const Body = randomBytes(3 * MIB);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'sdk', Body, ChecksumAlgorithm: 'CRC32C' }));
    const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'sdk' }));
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(Body)).toBe(true);
    s3.destroy();
  });
});

describe('behind nginx that rewrites Accept-Encoding', () => {
  test('what signs it is refused, as the README says, and what does not is served', async () => {
    const headers = { 'accept-encoding': 'identity' };
    const refused = { status: 403, headers: { 'x-amz-error-code': 'SignatureDoesNotMatch' } };
    expect(await rewriting({ method: 'PUT', key: 'signed', body: 'x', headers })).toMatchObject(refused);
    expect(await rewriting({ method: 'PUT', key: 'unsigned', body: 'x' })).toMatchObject({ status: 200 });
  });
});
