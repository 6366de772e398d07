import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.ts';
import { expireUploads } from '../../expire-uploads.ts';
import { ACCOUNT, openSite, type Site } from './lab.ts';

const signal = new AbortController().signal;
const DAY_MS = 86_400_000;

let site: Site;
afterEach(() => site.close());

it('an upload that no one completes is aborted after days, and its parts do not count any more', async () => {
  site = await openSite({ limit: 100n });
  const uploadId = (await site.s3({ method: 'POST', key: 'x', query: { uploads: '' } })).xml('UploadId') ?? '';
  const query = { partNumber: '1', uploadId };
  await site.s3({ method: 'PUT', key: 'x', query, body: 'x'.repeat(90) });
  const later = (days: number): typeof site.deps => ({
    ...site.deps,
    clock: { ...systemClock, now: () => new Date(Date.now() + days * DAY_MS) },
  });
  const put = (): ReturnType<typeof site.s3> => site.s3({ method: 'PUT', key: 'y', body: 'y'.repeat(90) });
  await expireUploads(later(6.9), ACCOUNT, signal);
  expect(await put()).toMatchObject({ status: 507 });
  await expireUploads(
    { ...later(9999), settings: { ...site.deps.settings, multipart_expiry_days: 0 } },
    ACCOUNT,
    signal,
  );
  expect(await put()).toMatchObject({ status: 507 });
  await expireUploads(later(7.1), ACCOUNT, signal);
  expect((await site.s3({ query: { uploads: '' } })).all('Key')).toEqual([]);
  expect(await put()).toMatchObject({ status: 200 });
});
