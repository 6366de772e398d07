import { createHash, randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { Agent, createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyPair } from '../../../../src/s3/sigv4.ts';
import { observe } from '../../observe.ts';
import { ownerOf } from '../../thread/owner-of.ts';
import { canSharePort, rolesOf } from '../../thread/roles.ts';
import { usage } from '../../usage.ts';
import { type Client, createClient } from '../gateway/client.ts';
import { waitFor } from '../gateway/lab.ts';
import { ACCOUNT, openThreaded, signal, type Threaded } from './lab.ts';

let site: Threaded;
let keys: KeyPair;
let s3: Client;
afterEach(() => site.close());

async function order(bytes: bigint | null = null): Promise<void> {
  await site.apply({ kind: 'create-account', displayName: 'One', quota: { bytes, objects: null }, attributes: {} });
  const { credentials } = await site.apply({ kind: 'issue-key' });
  if (credentials === undefined) throw new Error('no credentials');
  keys = credentials;
  s3 = site.client(keys);
}

async function holds(): Promise<unknown> {
  for await (const found of observe(site.deps, [ACCOUNT], signal)) return 'holds' in found ? found.holds : found.state;
  return undefined;
}

describe.each([
  ['a thread of its own', 1],
  ['three threads', 3],
])('a gateway in %s', (_, gateway_workers) => {
  beforeEach(async () => {
    site = await openThreaded({ gateway_workers });
  });

  it('serves what is ordered while it runs, and says at once what it counted', async () => {
    await site.start();
    await order(100n);
    expect(await s3({ method: 'PUT', key: 'a/b', body: 'twelve bytes' })).toMatchObject({ status: 200 });
    expect((await s3({ key: 'a/b' })).body.toString()).toBe('twelve bytes');
    const large = randomBytes(3_000_000);
    expect(await s3({ method: 'PUT', key: 'large', body: large })).toMatchObject({ status: 507 });
    expect(await holds()).toEqual({ bytes: 12n, objects: 1n });
    for await (const { quantities } of usage(site.deps, [ACCOUNT], signal)) {
      expect(quantities).toEqual({ storage: 12n, objects: 1n });
    }
  });

  it('passes objects of any size on, and what a client breaks off leaves nothing', async () => {
    await site.start();
    await order();
    const sizes = [0, 1, 65_536, 65_537, 600_000, 5_000_001];
    for (const size of sizes) {
      const body = randomBytes(size);
      expect(await s3({ method: 'PUT', key: `of-${size}`, body })).toMatchObject({ status: 200 });
      expect((await s3({ key: `of-${size}` })).body.equals(body)).toBe(true);
      const part = await s3({ key: `of-${size}`, headers: { range: `bytes=${Math.floor(size / 2)}-` } });
      if (size > 1) expect(part.body.equals(body.subarray(Math.floor(size / 2)))).toBe(true);
    }
    const { path, headers } = s3.sign({ method: 'PUT', key: 'broken', body: 'x' });
    const lines = Object.entries({ ...headers, 'content-length': '2000000' }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const socket = connect(site.port, '127.0.0.1');
    socket.write(`PUT ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    socket.write(Buffer.alloc(1_000_000));
    await waitFor(async () => (await site.staged()).length > 0);
    socket.destroy();
    await waitFor(async () => (await site.staged()).length === 0);
    const bytes = BigInt(sizes.reduce((sum, size) => sum + size, 0));
    expect(await holds()).toEqual({ bytes, objects: BigInt(sizes.length) });
  });

  it('refuses a suspended account, a revoked key and what is beyond a new limit at once', async () => {
    await site.start();
    await order(100n);
    await site.apply({ kind: 'suspend' });
    expect(await s3({})).toMatchObject({ status: 403 });
    await site.apply({ kind: 'resume' });
    expect(await s3({})).toMatchObject({ status: 200 });
    const to = { bytes: 10n, objects: null };
    await site.apply({ kind: 'set-quota', from: { bytes: 100n, objects: null }, to });
    expect(await s3({ method: 'PUT', key: 'x', body: 'twelve bytes' })).toMatchObject({ status: 507 });
    const another = (await site.apply({ kind: 'issue-key' })).credentials;
    await site.apply({ kind: 'revoke-key', accessKey: keys.accessKey });
    expect(await s3({})).toMatchObject({ status: 403 });
    expect(another && (await site.client(another)({}))).toMatchObject({ status: 200 });
  });

  it('stores nothing in a bucket that is being removed', async () => {
    await site.start();
    await order();
    await s3({ method: 'PUT', key: 'x', body: 'x' });
    await expect(site.apply({ kind: 'delete-account', purge: false })).rejects.toThrow('still holds');
    expect(await s3({ method: 'PUT', key: 'y', body: 'y' })).toMatchObject({ status: 200 });
    let during: Promise<unknown> | undefined;
    await site.deps.objects.close(ACCOUNT, async () => {
      during = s3({ method: 'PUT', key: 'z', body: 'z' });
      await s3({ key: 'x' });
      expect((await site.counted()).objects).toBe(2n);
    });
    expect(await during).toMatchObject({ status: 200 });
    await site.apply({ kind: 'delete-account', purge: true });
    expect(await s3({ method: 'PUT', key: 'y', body: 'y' })).toMatchObject({ status: 403 });
    expect(await holds()).toBe('absent');
  });

  it('keeps a bucket closed that is being removed when the thread is started again', async () => {
    await site.start();
    await order();
    let stored: Promise<unknown> | undefined;
    await site.deps.objects.close(ACCOUNT, async () => {
      await site.terminate();
      await site.start();
      stored = s3({ method: 'PUT', key: 'z', body: 'z' });
      await s3({});
      expect((await site.counted()).objects).toBe(0n);
    });
    expect(await stored).toMatchObject({ status: 200 });
  });

  it('says why it cannot listen', async () => {
    const other = createServer().listen(site.port, '127.0.0.1');
    await site.start();
    expect(await site.ended()).toMatchObject({ code: 'IRONBUCKET_LISTEN', disposition: 'operator' });
    expect(site.side.gateway.failure()).toMatchObject({ code: 'IRONBUCKET_LISTEN' });
    await new Promise((resolve) => other.close(resolve));
    await site.start();
    expect(site.side.gateway.failure()).toBeUndefined();
    expect(site.side.gateway.address()).toMatchObject({ port: site.port });
  });

  it('shares its address with no other agent', async () => {
    await site.start();
    const other = await openThreaded({ gateway_workers, listen: `127.0.0.1:${site.port}` });
    await other.start();
    expect(await other.ended()).toMatchObject({ code: 'IRONBUCKET_LISTEN', disposition: 'operator' });
    await other.close();
    expect(site.side.gateway.address()).toMatchObject({ port: site.port });
  });

  it('leaves everything written when it is stopped, and the agent reads it without the thread', async () => {
    await site.start();
    await order();
    await s3({ method: 'PUT', key: 'x', body: 'twelve bytes' });
    await site.stop();
    expect(await site.ended()).toBeUndefined();
    expect(await holds()).toEqual({ bytes: 12n, objects: 1n });
  });
});

describe('a copy between buckets of two threads', () => {
  const administrator = { accessKey: 'administrator', secretKey: 'administrator-secret' };
  const count = rolesOf(3, canSharePort(process.platform, process.versions.node)).filter(
    ({ index }) => index >= 0,
  ).length;
  /** A bucket of the first thread that stores, and one of the second. */
  const names = [0, 1].map((owner) => {
    const name = Array.from({ length: 20 }, (_, index) => `bucket-${index}`).find(
      (one) => ownerOf(one, count) === owner,
    );
    if (name === undefined) throw new Error('all names have the same owner');
    return name;
  });

  it('has the bytes and the description of one object, never those of two', async () => {
    site = await openThreaded({ gateway_workers: 3 });
    await site.start();
    const [from, to] = names.map((name) => createClient(site.port, administrator, name, () => new Date()));
    if (from === undefined || to === undefined) throw new Error('no clients');
    for (const client of [from, to]) expect(await client({ method: 'PUT' })).toMatchObject({ status: 200 });
    await from({ method: 'PUT', key: 'a', body: 'old', headers: { 'content-type': 'text/old' } });
    const copy = { method: 'PUT', key: 'b', headers: { 'x-amz-copy-source': `${names[0]}/a` } };
    expect(await to(copy)).toMatchObject({ status: 200 });
    expect(await to({ key: 'b' })).toMatchObject({ headers: { 'content-type': 'text/old' } });
    // As it is for a moment while the other thread replaces the object.
    await writeFile(join(site.root, names[0] ?? '', 'a'), 'new');
    expect(await to(copy)).toMatchObject({ status: 409, headers: { 'x-amz-error-code': 'OperationAborted' } });
    expect((await to({ key: 'b' })).body.toString()).toBe('old');
    expect(await readdir(join(site.root, names[1] ?? '', '.uploads'))).toEqual([]);
  });
});

describe('a bucket that all threads read', () => {
  beforeEach(async () => {
    site = await openThreaded({ gateway_workers: 3 });
    await site.start();
    await order(1_000_000n);
  });

  /** Each on a connection of its own, and so in any of the threads. */
  const agent = new Agent();

  it('has right numbers and counts, whichever of them answers', async () => {
    let usage = 0;
    for (const [objects, key] of ['a', 'b', 'c'].entries()) {
      await s3({ method: 'PUT', key, body: key.repeat(100 + objects) });
      usage += 100 + objects;
      const ask = async (index: number): Promise<void> => {
        const method = index % 4 === 0 ? 'HEAD' : 'GET';
        expect(await s3({ method, key, agent })).toMatchObject({
          status: 200,
          headers: {
            'x-amz-bucket-usage': String(usage),
            'x-amz-bucket-objects': String(objects + 1),
            'x-amz-bucket-quota': '1000000',
          },
        });
      };
      await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index)));
      await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index)));
    }
    const counts = JSON.parse((await s3({ query: { stats: '' } })).body.toString()) as Record<string, number>;
    expect(counts).toMatchObject({ get_count: 180, head_count: 60, put_count: 3 });
    expect(await s3({ key: 'none', agent })).toMatchObject({ status: 404 });
    await site.stop();
    await site.start();
    expect(JSON.parse((await s3({ query: { stats: '' } })).body.toString())).toMatchObject(counts);
  });

  it('shows the limit that was set a moment ago, and nothing of a bucket that was removed', async () => {
    await s3({ method: 'PUT', key: 'x', body: 'x' });
    const limits = async (): Promise<ReadonlySet<unknown>> => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => s3({ key: 'x', agent })));
      return new Set(answers.map(({ headers }) => headers['x-amz-bucket-quota']));
    };
    expect(await limits()).toEqual(new Set(['1000000']));
    const to = { bytes: 2_000_000n, objects: null };
    await site.apply({ kind: 'set-quota', from: { bytes: 1_000_000n, objects: null }, to });
    expect(await limits()).toEqual(new Set(['2000000']));
    await site.apply({ kind: 'delete-account', purge: true });
    await order();
    await s3({ method: 'PUT', key: 'y', body: 'yy' });
    expect(await limits()).toEqual(new Set([undefined]));
    expect(await s3({ method: 'HEAD', key: 'y', agent })).toMatchObject({ headers: { 'x-amz-bucket-usage': '2' } });
    const { get_count } = JSON.parse((await s3({ query: { stats: '' } })).body.toString()) as Record<string, number>;
    expect(get_count).toBe(0);
  });

  it('has the bytes and the description of one object, never those of two, while it is written', async () => {
    const stop = { now: false };
    const put = (turn: number): Promise<unknown> => {
      const letter = 'abcd'[turn % 4] ?? '';
      return s3({ method: 'PUT', key: 'k', body: letter.repeat(2000), headers: { 'content-type': `text/${letter}` } });
    };
    await put(0);
    const writer = async (): Promise<void> => {
      for (let turn = 1; !stop.now; turn++) await put(turn);
    };
    const reader = async (): Promise<void> => {
      for (let turn = 0; turn < 150; turn++) {
        const { status, headers, body } = await s3({ key: 'k', agent });
        expect(status).toBe(200);
        const etag = createHash('md5').update(body).digest('hex');
        expect(headers).toMatchObject({ 'content-type': `text/${body.toString('utf8', 0, 1)}`, etag: `"${etag}"` });
      }
    };
    const writing = writer();
    await Promise.all(Array.from({ length: 8 }, reader));
    stop.now = true;
    await writing;
  });
});

describe.each([1, 3])('one of %i threads that ends in the middle of its work', (gateway_workers) => {
  beforeEach(async () => {
    site = await openThreaded({ gateway_workers });
  });

  it('loses nothing that it acknowledged, holds nothing that it did not, and counts what is there', async () => {
    await order(400_000n);
    const acknowledged = new Map<string, string>();
    for (let round = 0; round < 4; round++) {
      await site.start();
      const stop = { now: false };
      const writer = async (name: number): Promise<void> => {
        for (let turn = 0; !stop.now; turn++) {
          const key = `${name % 2 === 0 ? 'dir/' : ''}${name}-${turn % 3}`;
          const body = `${round}.${turn}.`.repeat(100 + ((turn * 31 + name) % 900));
          const answer = await s3({ method: 'PUT', key, body }).catch(() => undefined);
          // Without an answer it is not known which one is there.
          if (answer?.status === 200) acknowledged.set(key, body);
          else acknowledged.delete(key);
        }
      };
      const writers = Array.from({ length: 6 }, (_, name) => writer(name));
      await waitFor(() => acknowledged.size >= 6);
      await site.terminate();
      stop.now = true;
      await Promise.all(writers);
      expect(await site.ended()).toMatchObject({ code: 'IRONBUCKET_SERVING_ENDED', disposition: 'transient' });
    }
    await site.start();
    await waitFor(async () => !(await s3({ query: { quota: '' } })).body.toString().includes('approximate'));
    for (const [key, body] of acknowledged) expect((await s3({ key })).body.toString()).toBe(body);
    expect(await holds()).toEqual(await site.counted());
    expect(await site.staged()).toEqual([]);
    const free = 400_000 - Number((await site.counted()).bytes);
    expect(await s3({ method: 'PUT', key: 'rest', body: 'x'.repeat(free) })).toMatchObject({ status: 200 });
    expect(await s3({ method: 'PUT', key: 'more', body: 'x' })).toMatchObject({ status: 507 });
    // Threads are started again and again: a busy machine takes minutes for it.
  }, 240_000);
});
