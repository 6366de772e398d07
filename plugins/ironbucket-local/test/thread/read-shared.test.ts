import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readHead } from '../../../../src/s3/request-head.ts';
import type { Reply } from '../../gateway/call.ts';
import type { Allowed, Perform } from '../../gateway/perform.ts';
import { readShared } from '../../thread/read-shared.ts';
import { createSharedBucket, type SharedBucket } from '../../thread/shared-bucket.ts';
import { createViews } from '../../thread/views.ts';
import { ACCOUNT, openSite, type Site } from '../gateway/lab.ts';

const USE = { usedBytes: 5n, objects: 1n, maxBytes: 100n, updated: new Date(0) };
const ASKED: Reply = { status: 299 };

let site: Site;
let shared: SharedBucket;
let perform: Perform;
beforeEach(async () => {
  site = await openSite();
  await site.s3({ method: 'PUT', key: 'k', body: 'hello' });
  const views = createViews();
  shared = createSharedBucket();
  views.add(ACCOUNT, shared.memory);
  shared.publish(USE, site.deps.clock.now());
  perform = readShared({ ...site.deps, owns: () => false }, views, async () => ASKED);
});
afterEach(() => site.close());

function request(method: string, path: string, key: string): Allowed {
  const incoming = { method, url: path, rawHeaders: ['host', 'h'] };
  return {
    head: readHead(incoming),
    incoming,
    requestId: 'ID',
    bucket: ACCOUNT,
    key,
    principal: { kind: 'account', account: ACCOUNT },
    payload: { kind: 'unsigned' },
    body: (async function* () {})(),
    signal: new AbortController().signal,
  };
}

const get = (key = 'k'): Promise<Reply> => perform(request('GET', `/${ACCOUNT}/${key}`, key));

describe('an object in a bucket of another thread', () => {
  it('is read here, with the numbers that the other thread wrote, and counted there', async () => {
    expect(await get()).toMatchObject({ status: 200, headers: { 'x-amz-bucket-usage': '5' } });
    expect(await perform(request('HEAD', `/${ACCOUNT}/k`, 'k'))).toMatchObject({
      status: 200,
      headers: { 'content-length': '5', 'x-amz-bucket-quota': '100' },
    });
    expect(await get('none')).toMatchObject({ status: 404 });
    expect(shared.collect()).toEqual({ get: 1, head: 1 });
  });

  it.each([
    ['PUT', `/${ACCOUNT}/k`, 'k'],
    ['DELETE', `/${ACCOUNT}/k`, 'k'],
    ['GET', `/${ACCOUNT}/k?tagging`, 'k'],
    ['GET', `/${ACCOUNT}/k?uploadId=1`, 'k'],
    ['GET', `/${ACCOUNT}/k?select`, 'k'],
    ['GET', `/${ACCOUNT}`, ''],
  ])('is left to the other thread for anything else: %s %s', async (method, path, key) => {
    expect(await perform(request(method, path, key))).toBe(ASKED);
  });

  it('is left to the other thread while that one changes it', async () => {
    const changed = shared.change('k');
    expect(await get()).toBe(ASKED);
    changed();
    expect(await get()).toMatchObject({ status: 200 });
  });

  it('is left to the other thread, and closed here, when it was changed while it was opened', async () => {
    let open = 0;
    const views = createViews();
    views.add(ACCOUNT, shared.memory);
    const objects = {
      ...site.deps.objects,
      open: async (bucket: string, key: string) => {
        const opened = await site.deps.objects.open(bucket, key);
        open++;
        shared.change('k')();
        const close = async (): Promise<void> => {
          open--;
          await opened?.close();
        };
        return opened && { ...opened, close };
      },
    };
    perform = readShared({ ...site.deps, objects }, views, async () => ASKED);
    expect(await get()).toBe(ASKED);
    expect(open).toBe(0);
  });

  it('is left to the other thread when the bucket is over, or its numbers are old', async () => {
    shared.publish(USE, new Date(site.deps.clock.now().getTime() - 3000));
    expect(await get()).toBe(ASKED);
    shared.publish(USE, site.deps.clock.now());
    expect(await get()).toMatchObject({ status: 200 });
    shared.end();
    expect(await get()).toBe(ASKED);
  });

  it('is refused here when its bucket is no more', async () => {
    await rm(site.path(), { recursive: true });
    expect(await get()).toMatchObject({ status: 404, body: expect.stringContaining('NoSuchBucket') as string });
  });
});
