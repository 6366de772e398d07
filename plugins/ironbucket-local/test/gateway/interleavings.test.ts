import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ACCOUNT, openSite, type Site, waitFor } from './lab.ts';

const KEYS = ['a', 'dir/a', 'dir/b', 'dir', 'dir/'];
const key = fc.constantFrom(...KEYS);
const size = fc.integer({ min: 0, max: 60 });

type Step =
  | { readonly kind: 'put'; readonly key: string; readonly size: number }
  | { readonly kind: 'copy'; readonly from: string; readonly key: string }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'delete-many'; readonly keys: readonly string[] }
  | {
      readonly kind: 'upload';
      readonly key: string;
      readonly sizes: readonly number[];
      readonly end: 'complete' | 'abort' | 'leave';
    }
  | { readonly kind: 'kill' | 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), key, size }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('copy' as const), from: key, key }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('delete-many' as const),
      keys: fc.array(key, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('upload' as const),
      key,
      sizes: fc.array(size, { minLength: 1, maxLength: 2 }),
      end: fc.constantFrom('complete', 'abort', 'leave'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('kill' as const, 'restart' as const) }) },
);

it('any interleaving of requests and deaths leaves .quota equal to what is there, and within the limit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 4, maxLength: 24 }),
      fc.integer({ min: 1, max: 6 }),
      async (steps, width) => {
        let site = await openSite({ limit: 150n });
        try {
          for (let start = 0; start < steps.length; start += width) {
            const batch = steps.slice(start, start + width);
            const on = site;
            // Those of a batch overlap; a death comes into the middle of them.
            const requests = Promise.allSettled(batch.map((each) => run(on, each)));
            if (batch.some(({ kind }) => kind === 'kill')) site = await on.kill();
            await requests;
            if (batch.some(({ kind }) => kind === 'restart')) site = await site.restart();
          }
          await everyObjectIsWhole(site);
          await isCounted(site);
          await site.stop();
          const { file, scan } = await site.counted();
          expect(file).toEqual(scan);
          expect(scan.bytes).toBeLessThanOrEqual(150n);
          expect(await readdir(site.path('.uploads')).catch(() => [])).toEqual([]);
        } finally {
          await site.close();
        }
      },
    ),
    { numRuns: 40 },
  );
  // Files are made and renamed thousands of times: a busy disk takes minutes for it.
}, 240_000);

async function run(site: Site, step: Step): Promise<void> {
  const { s3 } = site;
  switch (step.kind) {
    case 'put':
      await s3({ method: 'PUT', key: step.key, body: bytes(step.size) });
      return;
    case 'copy':
      await s3({ method: 'PUT', key: step.key, headers: { 'x-amz-copy-source': `${ACCOUNT}/${step.from}` } });
      return;
    case 'delete':
      await s3({ method: 'DELETE', key: step.key });
      return;
    case 'delete-many': {
      const body = `<Delete>${step.keys.map((each) => `<Object><Key>${each}</Key></Object>`).join('')}</Delete>`;
      const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
      await s3({ method: 'POST', query: { delete: '' }, body, headers });
      return;
    }
    case 'upload':
      await upload(site, step);
      return;
    case 'kill':
    case 'restart':
  }
}

async function upload({ s3 }: Site, step: Extract<Step, { kind: 'upload' }>): Promise<void> {
  const target = { key: step.key };
  const uploadId = (await s3({ method: 'POST', ...target, query: { uploads: '' } })).xml('UploadId') ?? '';
  const parts: string[] = [];
  for (const [index, length] of step.sizes.entries()) {
    // The same number again: only the last part may be small.
    const query = { partNumber: '7', uploadId };
    const { headers } = await s3({ method: 'PUT', ...target, query, body: bytes(length + index) });
    parts[0] = `<Part><PartNumber>7</PartNumber><ETag>${headers.etag ?? ''}</ETag></Part>`;
  }
  const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
  if (step.end === 'complete') await s3({ method: 'POST', ...target, query: { uploadId }, body });
  if (step.end === 'abort') await s3({ method: 'DELETE', ...target, query: { uploadId } });
}

/** A count that a stop breaks off is made at the next start. */
async function isCounted({ deps }: Site): Promise<void> {
  const { signal } = new AbortController();
  await waitFor(async () => (await deps.quotas.state(ACCOUNT, signal))?.approximate !== true);
}

async function everyObjectIsWhole({ s3 }: Site): Promise<void> {
  for (const each of (await s3({})).all('Key')) {
    const { status, headers, body } = await s3({ key: each });
    expect(status).toBe(200);
    const md5 = createHash('md5').update(body).digest();
    const ofParts = createHash('md5').update(md5).digest('hex');
    expect([`"${md5.toString('hex')}"`, `"${ofParts}-1"`]).toContain(headers.etag);
  }
}

function bytes(size: number): string {
  return 'x'.repeat(size);
}
