import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  type S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Client } from 'minio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GatewayWorld, openGatewayWorld } from './gateway-world.ts';
import type { S3Target } from './s3-tools.ts';

const MIB = 1_048_576;

let world: GatewayWorld;
beforeAll(async () => {
  world = await openGatewayWorld();
});
afterAll(() => world.close());

const refusal = (work: Promise<unknown>): Promise<S3ServiceException> =>
  work.then(
    () => expect.fail('it was not refused'),
    (error: S3ServiceException) => error,
  );

describe('@aws-sdk/client-s3', () => {
  let s3: S3Client;
  let Bucket: string;
  beforeAll(() => {
    s3 = clientOf(world.target);
    Bucket = world.target.bucket;
  });
  afterAll(() => s3.destroy());

  function clientOf({ endpoint, region, accessKey, secretKey }: S3Target): S3Client {
    const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
    return new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  }

  async function read(Key: string, Range?: string): Promise<Buffer> {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, Range }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  test.each(Object.values(ChecksumAlgorithm).filter((name) => /^(CRC|SHA1|SHA256)/.test(name)))(
    'stores a stream with a %s behind it, and gives both back',
    async (algorithm) => {
      const content = randomBytes(100_000);
      const Key = `sdk/${algorithm}`;
      const stored = await s3.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body: Readable.from([content.subarray(0, 7), content.subarray(7)]),
          ContentLength: content.length,
          ChecksumAlgorithm: algorithm,
          ContentType: 'application/x-test',
          Metadata: { colour: 'blue' },
        }),
      );
      const checksum = `Checksum${algorithm}` as const;
      const found = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      expect(found).toMatchObject({
        ContentLength: content.length,
        ContentType: 'application/x-test',
        Metadata: { colour: 'blue' },
        ETag: stored.ETag,
      });
      expect(found[checksum as 'ChecksumCRC32']).toBe(stored[checksum as 'ChecksumCRC32']);
      expect(found[checksum as 'ChecksumCRC32']).toMatch(/^[A-Za-z0-9+/]+=*$/);
      expect((await read(Key)).equals(content)).toBe(true);
      expect((await read(Key, 'bytes=-5')).equals(content.subarray(-5))).toBe(true);
    },
  );

  test('lists a thousand and more in pages, and deletes them at once', async () => {
    const keys = Array.from({ length: 1005 }, (_, index) => `pages/${String(index).padStart(4, '0')}`);
    for (let at = 0; at < keys.length; at += 50) {
      const some = keys.slice(at, at + 50);
      await Promise.all(some.map((Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))));
    }
    const listed: (string | undefined)[] = [];
    for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix: 'pages/' })) {
      for (const { Key } of page.Contents ?? []) listed.push(Key);
    }
    expect(listed).toEqual(keys);
    const Objects = keys.slice(0, 1000).map((Key) => ({ Key }));
    const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect([Deleted?.length, Errors ?? []]).toEqual([1000, []]);
  });

  test('uploads in parts, one of them copied, and sees what it uploaded before', async () => {
    const first = randomBytes(5 * MIB);
    const last = randomBytes(1234);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: randomBytes(6 * MIB) }));
    const source = await read('source');
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
    const of = { Bucket, Key: 'parts', UploadId };
    const one = await s3.send(new UploadPartCommand({ ...of, PartNumber: 1, Body: first }));
    const CopySource = `${Bucket}/source`;
    const range = `bytes=1-${5 * MIB}`;
    const two = await s3.send(new UploadPartCopyCommand({ ...of, PartNumber: 2, CopySource, CopySourceRange: range }));
    const three = await s3.send(new UploadPartCommand({ ...of, PartNumber: 3, Body: last }));
    const { Parts } = await s3.send(new ListPartsCommand(of));
    expect(Parts?.map(({ Size }) => Size)).toEqual([5 * MIB, 5 * MIB, 1234]);
    const tags = [one.ETag, two.CopyPartResult?.ETag, three.ETag];
    const MultipartUpload = { Parts: tags.map((ETag, index) => ({ ETag, PartNumber: index + 1 })) };
    const { ETag } = await s3.send(new CompleteMultipartUploadCommand({ ...of, MultipartUpload }));
    expect(ETag).toMatch(/-3"$/);
    const whole = Buffer.concat([first, source.subarray(1, 5 * MIB + 1), last]);
    expect((await read('parts')).equals(whole)).toBe(true);
  });

  test('writes only where nothing is, and only over what it knows', async () => {
    const put = (condition: object): Promise<{ ETag?: string | undefined }> =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body: 'x', ...condition }));
    const { ETag } = await put({ IfNoneMatch: '*' });
    expect(await refusal(put({ IfNoneMatch: '*' }))).toMatchObject({ name: 'PreconditionFailed' });
    expect(await refusal(put({ IfMatch: '"0123"' }))).toMatchObject({ name: 'PreconditionFailed' });
    await put({ IfMatch: ETag });
  });

  test('copies with other metadata, and is told what is not there', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'from', Body: 'x', Metadata: { a: '1' } }));
    const copy = { Bucket, Key: 'to', CopySource: `${Bucket}/from` };
    await s3.send(new CopyObjectCommand({ ...copy, MetadataDirective: 'REPLACE', Metadata: { b: '2' } }));
    const { Metadata } = await s3.send(new HeadObjectCommand({ Bucket, Key: 'to' }));
    expect(Metadata).toEqual({ b: '2' });
    expect(await refusal(s3.send(new GetObjectCommand({ Bucket, Key: 'nothing' })))).toMatchObject({
      name: 'NoSuchKey',
    });
    expect(await refusal(read('sdk', 'bytes=5-'))).toMatchObject({ name: 'NoSuchKey' });
  });

  test('is told that the quota is used up, and which bucket is not its own', async () => {
    const small = clientOf(world.small);
    const put = (Body: Buffer, of = world.small.bucket): Promise<unknown> =>
      small.send(new PutObjectCommand({ Bucket: of, Key: 'k', Body }));
    const { name, $metadata } = await refusal(put(randomBytes(5 * MIB)));
    expect([name, $metadata.httpStatusCode]).toEqual(['QuotaExceeded', 507]);
    expect(await refusal(put(Buffer.from('x'), Bucket))).toMatchObject({ name: 'AccessDenied' });
    small.destroy();
  });
});

describe('minio', () => {
  let client: Client;
  let bucket: string;
  beforeAll(() => {
    const { endpoint, region, accessKey, secretKey } = world.target;
    const { hostname, port } = new URL(endpoint);
    client = new Client({ endPoint: hostname, port: Number(port), useSSL: false, region, accessKey, secretKey });
    bucket = world.target.bucket;
  });

  test('stores a stream of unknown length, reads a part of it, copies, lists and removes', async () => {
    const content = randomBytes(6 * MIB);
    await client.putObject(bucket, 'minio/stream', Readable.from([content]));
    expect((await buffer(await client.getObject(bucket, 'minio/stream'))).equals(content)).toBe(true);
    const part = await buffer(await client.getPartialObject(bucket, 'minio/stream', 100, 50));
    expect(part.equals(content.subarray(100, 150))).toBe(true);
    await client.copyObject(bucket, 'minio/copy', `/${bucket}/minio/stream`);
    const listed: (string | undefined)[] = [];
    for await (const { name } of client.listObjectsV2(bucket, 'minio/', true)) listed.push(name);
    expect(listed).toEqual(['minio/copy', 'minio/stream']);
    expect(await client.statObject(bucket, 'minio/copy')).toMatchObject({ size: content.length });
    const url = await client.presignedGetObject(bucket, 'minio/copy', 60);
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(content)).toBe(true);
    await client.removeObjects(bucket, ['minio/copy', 'minio/stream']);
    await expect(client.statObject(bucket, 'minio/copy')).rejects.toMatchObject({ code: 'NotFound' });
  });

  test('knows its own bucket, and is kept out of all others', async () => {
    expect(await client.bucketExists(bucket)).toBe(true);
    expect(await client.listBuckets()).toMatchObject([{ name: bucket }]);
    await expect(client.bucketExists('somebody-elses')).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});
