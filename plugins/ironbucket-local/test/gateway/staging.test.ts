import { lstat, readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.ts';
import { directFiles } from '../../objects/direct-files.ts';
import type { Files, NewFile } from '../../objects/files.ts';
import { openSite, type Site, staged, waitFor } from './lab.ts';

const LIMIT = 1_000_000;
const HALF = LIMIT / 2;

let site: Site;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await site.close();
});

/** A PUT that stops before its last byte; `answered` is what came back so far. */
function unfinished(key: string, bytes: number): { answered(): string } {
  const { path, headers } = site.s3.sign({
    method: 'PUT',
    key,
    headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  });
  const socket = connect(site.port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('data', (data: Buffer) => {
    text += data.toString('latin1');
  });
  socket.on('error', () => undefined);
  const lines = Object.entries({ ...headers, 'content-length': String(bytes) }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.write(`PUT ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  socket.write(Buffer.alloc(bytes - 1));
  return { answered: () => text };
}

async function bytesStaged(): Promise<number> {
  const sizes = await Promise.all(
    (await readdir(site.path('.uploads'))).map(async (name) => (await lstat(site.path('.uploads', name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Whatever is written waits until it is released. */
function holdingWrites(): { readonly files: Files; release(): void } {
  const real = directFiles(systemClock);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const create: Files['create'] = async (path) => {
    const file = await real.create(path);
    const write: NewFile['write'] = async (chunks) => {
      await released;
      await file.write(chunks);
    };
    return { ...file, write };
  };
  return { files: { ...real, create }, release };
}

describe('uploads that replace an object', () => {
  it('never take more of the disk than the limit and the allowance, and are told to come later', async () => {
    site = await openSite({ limit: BigInt(LIMIT) });
    await site.s3({ method: 'PUT', key: 'big', body: Buffer.alloc(HALF) });
    const puts = Array.from({ length: 20 }, () => unfinished('big', HALF));
    const refused = (): number => puts.filter(({ answered }) => answered() !== '').length;
    await waitFor(async () => refused() + (await staged(site)).length === puts.length);
    for (const { answered } of puts) expect(answered()).toMatch(/^$|^HTTP\/1.1 503 .*<Code>SlowDown</s);
    // The object, and 1.5 times the limit: the allowance of a small bucket is the limit.
    expect(refused()).toBe(17);
    expect(await bytesStaged()).toBeLessThanOrEqual(3 * HALF);
    for (const socket of sockets) socket.destroy();
    await waitFor(async () => (await staged(site)).length === 0);
    expect((await site.s3({ method: 'PUT', key: 'big', body: Buffer.alloc(HALF, 1) })).status).toBe(200);
    expect(site.logged).toEqual([]);
  });

  it('work one at a time however full the bucket is', async () => {
    site = await openSite({ limit: BigInt(LIMIT) });
    expect((await site.s3({ method: 'PUT', key: 'all', body: Buffer.alloc(LIMIT) })).status).toBe(200);
    expect((await site.s3({ method: 'PUT', key: 'all', body: Buffer.alloc(LIMIT, 1) })).status).toBe(200);
  });

  it('made from themselves, many at once, take no more either', async () => {
    const { files, release } = holdingWrites();
    site = await openSite({ limit: BigInt(LIMIT) });
    await site.s3({ method: 'PUT', key: 'big', body: Buffer.alloc(HALF) });
    site = await site.restart({}, { files });
    const statuses: number[] = [];
    const copies = Array.from({ length: 30 }, async (_, index) => {
      const { status } = await site.s3({
        method: 'PUT',
        key: 'big',
        headers: {
          'x-amz-copy-source': `${site.path().split('/').at(-1)}/big`,
          'x-amz-metadata-directive': 'REPLACE',
          'x-amz-meta-i': String(index),
        },
      });
      statuses.push(status);
    });
    await waitFor(async () => statuses.length + (await staged(site)).length === copies.length);
    release();
    await Promise.all(copies);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(3);
    const { file, scan } = await site.restart().then(async (again) => {
      site = again;
      return again.counted();
    });
    expect(file).toEqual(scan);
  });
});

describe('uploads that are given up', () => {
  it('leave nothing in the staging area and the numbers exact, however many there are', async () => {
    site = await openSite({ limit: BigInt(LIMIT) });
    const post = { method: 'POST', key: 'parts', query: { uploads: '' } };
    const uploadId = (await site.s3(post)).xml('UploadId') ?? '';
    for (let turn = 0; turn < 10; turn++) {
      for (let index = 0; index < 30; index++) unfinished(`k${index % 7}`, 5000 + index);
      // Some are staged, and some have not begun.
      await waitFor(async () => (await staged(site)).length > turn % 5);
      for (const socket of sockets.splice(0)) socket.destroy();
      const query = { partNumber: String(turn + 1), uploadId };
      expect((await site.s3({ method: 'PUT', key: 'parts', query, body: Buffer.alloc(1000) })).status).toBe(200);
      expect((await site.s3({ method: 'PUT', key: `k${turn % 7}`, body: Buffer.alloc(100 + turn) })).status).toBe(200);
    }
    expect((await site.s3({ method: 'DELETE', key: 'parts', query: { uploadId } })).status).toBe(204);
    await waitFor(async () => (await staged(site)).length === 0);
    // What nothing holds any more can be used, to the byte.
    const used = Number((await site.s3({})).headers['x-amz-bucket-usage']);
    expect((await site.s3({ method: 'PUT', key: 'rest', body: Buffer.alloc(LIMIT - used) })).status).toBe(200);
    expect((await site.s3({ method: 'PUT', key: 'more', body: 'x' })).status).toBe(507);
    await site.stop();
    const { file, scan } = await site.counted();
    expect(file).toEqual(scan);
    expect(scan.bytes).toBe(BigInt(LIMIT));
  });
});
