import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readHead } from '../../../../src/s3/request-head.ts';
import { silentLog } from '../../../../test/fakes/log.ts';
import type { Reply, Stream } from '../../gateway/call.ts';
import type { Allowed, Perform } from '../../gateway/perform.ts';
import { type Files, nodeFiles } from '../../objects/files.ts';
import { askStorage } from '../../thread/ask-storage.ts';
import { batched } from '../../thread/batched.ts';
import { ownerOf } from '../../thread/owner-of.ts';
import { serveRequests } from '../../thread/serve-requests.ts';
import { createSharedBucket } from '../../thread/shared-bucket.ts';
import { createViews } from '../../thread/views.ts';

let channel: MessageChannel;
beforeEach(() => {
  channel = new MessageChannel();
});
afterEach(() => channel.port1.close());

/** Both ends, as if there were a thread between them. */
function performedBy(perform: Perform, files = nodeFiles({ fsync: false })): Perform {
  const share = async (): Promise<SharedArrayBuffer> => createSharedBucket().memory;
  serveRequests(batched(channel.port2), { perform, share, log: silentLog() });
  return askStorage(batched(channel.port1), { files, views: createViews() });
}

function allowed(headers: Readonly<Record<string, string>>, more: Partial<Allowed> = {}): Allowed {
  const incoming = { method: 'PUT', url: '/bucket/a%20b?partNumber=1', rawHeaders: Object.entries(headers).flat() };
  return {
    head: readHead(incoming),
    incoming,
    requestId: 'ID',
    bucket: 'bucket',
    key: 'a b',
    principal: { kind: 'account', account: 'bucket' },
    payload: { kind: 'unsigned' },
    body: of(),
    signal: new AbortController().signal,
    ...more,
  };
}

async function* of(...pieces: readonly string[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece);
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const piece of body) text += Buffer.from(piece).toString();
  return text;
}

function streamOf(reply: Reply): Stream {
  if (typeof reply.body !== 'object' || Buffer.isBuffer(reply.body)) throw new Error('no stream');
  return reply.body;
}

/** Answers with `bcd`, out of a file that has it open. */
async function answeringFile(files?: Files) {
  const folder = await mkdtemp(join(tmpdir(), 'ironbucket-requests-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'object');
  await writeFile(path, 'abcde');
  const { inode, placedMs } = (await nodeFiles({ fsync: false }).facts(path)) ?? { inode: 0, placedMs: 0 };
  const events: string[] = [];
  async function* chunks(): AsyncGenerator<Buffer> {
    events.push('sent');
    yield Buffer.from('bcd');
  }
  const file = { path, inode, placedMs, start: 1, end: 4 };
  const [wasRead, close] = [
    (): void => void events.push('read'),
    async (): Promise<void> => void events.push('closed'),
  ];
  const perform = performedBy(
    async () => ({ status: 200, body: { length: 3, chunks: chunks(), file, wasRead, close } }),
    files,
  );
  return { perform, events, path };
}

async function ended(events: readonly string[]): Promise<void> {
  while (events.at(-1) !== 'closed') await new Promise((resolve) => setImmediate(resolve));
}

describe('a request that another thread performs', () => {
  it('is the same there, and its answer the same here', async () => {
    const seen: Allowed[] = [];
    const perform = performedBy(async (request) => {
      seen.push(request);
      return { status: 201, headers: { etag: '"e"' }, body: await textOf(request.body) };
    });
    const form = { fields: new Map([['key', 'k']]), filename: 'f' };
    const asked = allowed({ 'x-amz-meta-a': '1', 'content-length': '4' });
    expect(await perform({ ...asked, body: of('ab', 'cd') })).toEqual({
      status: 201,
      headers: { etag: '"e"' },
      body: 'abcd',
    });
    expect(seen[0]).toMatchObject({ head: asked.head, requestId: 'ID', bucket: 'bucket', key: 'a b' });
    expect(await perform(allowed({}, { form, body: of('file') }))).toMatchObject({ body: 'file' });
    expect(seen[1]).toMatchObject({ form, payload: { kind: 'unsigned' } });
  });

  it('has its body read only when it is wanted, if its sender waits for that', async () => {
    let read = false;
    async function* body(): AsyncGenerator<Buffer> {
      read = true;
      yield Buffer.from('x');
    }
    const perform = performedBy(async () => ({ status: 403 }));
    const reply = await perform(allowed({ 'content-length': '1', expect: '100-continue' }, { body: body() }));
    expect(reply).toMatchObject({ status: 403 });
    expect(read).toBe(false);
  });

  it('is told when the client is gone', async () => {
    const client = new AbortController();
    const perform = performedBy(async ({ signal }) => {
      client.abort();
      await once(signal, 'abort');
      return { status: 499 };
    });
    expect(await perform(allowed({}, { signal: client.signal }))).toMatchObject({ status: 499 });
  });

  it('does not wait for a body whose client is gone', async () => {
    const client = new AbortController();
    async function* silent(): AsyncGenerator<Buffer> {
      yield Buffer.from('x');
      client.abort();
      await new Promise(() => undefined);
    }
    const perform = performedBy(async ({ body }) => ({ status: 200, body: await textOf(body).catch(String) }));
    const more = { body: silent(), signal: client.signal };
    expect(await perform(allowed({ 'content-length': '100000' }, more))).toMatchObject({
      body: 'Error: the client is gone',
    });
  });

  it('fails as the body of its client does', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('x');
      throw new Error('reset');
    }
    const perform = performedBy(async ({ body }) => ({ status: 200, body: await textOf(body).catch(String) }));
    expect(await perform(allowed({ 'content-length': '100000' }, { body: broken() }))).toMatchObject({
      body: 'Error: reset',
    });
    await expect(perform(allowed({ 'content-length': '2' }, { body: broken() }))).rejects.toMatchObject({
      code: 'IncompleteBody',
    });
  });

  it('sends a long answer in pieces, and closes it when the client has enough', async () => {
    const ends: string[] = [];
    const stream = (chunks: AsyncIterable<Buffer>, length: number | undefined): Reply => {
      const close = async (): Promise<void> => void ends.push('closed');
      return { status: 200, body: { length, chunks, close } };
    };
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) yield Buffer.alloc(1000);
    }
    const perform = performedBy(async ({ key }) =>
      key === 'endless' ? stream(endless(), undefined) : stream(of('one', 'two'), 6),
    );
    const whole = streamOf(await perform(allowed({})));
    expect(whole.length).toBe(6);
    expect(await textOf(whole.chunks)).toBe('onetwo');
    await whole.close();
    const part = streamOf(await perform(allowed({}, { key: 'endless' })));
    await part.chunks[Symbol.asyncIterator]().next();
    expect(ends).toEqual(['closed']);
    await part.close();
    // Twice, for whoever sends it may do so at the end and at once.
    await part.close();
    while (ends.length < 2) await new Promise((resolve) => setImmediate(resolve));
  });

  it('reads a file itself, says when it has the end of it, and lets the other thread close it', async () => {
    const { perform, events } = await answeringFile();
    const stream = streamOf(await perform(allowed({})));
    expect(await textOf(stream.chunks)).toBe('bcd');
    await stream.close();
    await ended(events);
    expect(events).toEqual(['read', 'closed']);
  });

  it('has the bytes sent when there is another file by now', async () => {
    const { perform, events, path } = await answeringFile();
    await rm(path);
    await writeFile(path, 'other');
    const stream = streamOf(await perform(allowed({})));
    expect(await textOf(stream.chunks)).toBe('bcd');
    await ended(events);
    expect(events).toEqual(['sent', 'closed']);
  });

  it('leaves a file to the other thread when it cannot open it', async () => {
    const files: Files = { ...nodeFiles({ fsync: false }), open: () => Promise.reject(new Error('EMFILE')) };
    const { perform, events } = await answeringFile(files);
    expect(await textOf(streamOf(await perform(allowed({}))).chunks)).toBe('bcd');
    await ended(events);
    expect(events).toEqual(['sent', 'closed']);
  });

  it('has a file closed when the client goes before it has the end of it', async () => {
    const { perform, events } = await answeringFile();
    const stream = streamOf(await perform(allowed({})));
    await stream.close();
    await ended(events);
    expect(events).toEqual(['closed']);
  });

  it('fails when the thread is gone', async () => {
    const perform = askStorage(batched(channel.port1), { files: nodeFiles({ fsync: false }), views: createViews() });
    const reply = perform(allowed({}));
    channel.port2.close();
    await expect(reply).rejects.toThrow('the thread that stores is gone');
    await expect(perform(allowed({}))).rejects.toThrow('the thread that stores is gone');
  });

  it('is given up when the thread of its client is gone', async () => {
    let ended = false;
    const perform = performedBy(async ({ signal }) => {
      channel.port1.close();
      await once(signal, 'abort');
      ended = true;
      return { status: 200 };
    });
    await expect(perform(allowed({}))).rejects.toThrow('gone');
    while (!ended) await new Promise((resolve) => setImmediate(resolve));
  });
});

it('a bucket is always of the same thread, and every thread has buckets', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 64 }), (bucket, count) => {
      const owner = ownerOf(bucket, count);
      return owner >= 0 && owner < count && owner === ownerOf(bucket, count);
    }),
  );
  for (const name of [(index: number) => `bucket-${index}`, (index: number) => `waldur-project-${index * 7919}`]) {
    const owners = Array.from({ length: 400 }, (_, index) => ownerOf(name(index), 4));
    for (let owner = 0; owner < 4; owner++) expect(owners.filter((one) => one === owner).length).toBeGreaterThan(60);
  }
});
