import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSite, type Site } from './lab.ts';

/** What a bucket may take of the disk for what is counted in it, whatever a tenant sends. */
const INODES = { object: 18, piece: 2, fixed: 30 };
const BLOCKS = { object: 18 + 8, piece: 9, fixed: 40 };
const BLOCK = 4096;

type Step =
  | { readonly kind: 'put' | 'delete'; readonly key: string; readonly bytes: number; readonly metadata: number }
  | { readonly kind: 'upload' | 'part' | 'abort' | 'complete'; readonly which: number; readonly bytes: number };

const key = fc.oneof(
  fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 400 })).map(([n, depth]) => `d${n}/${'e/'.repeat(depth)}`),
  fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 400 })).map(([n, depth]) => `d${n}/${'e/'.repeat(depth)}f`),
  fc.constantFrom('a', 'a/', 'a/b', '.git/config', 'x//y', `${'l'.repeat(1000)}`, 'q/.metadata'),
);
const bytes = fc.constantFrom(0, 1, 4096, 10_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('put' as const), key, bytes, metadata: fc.nat({ max: 1900 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key, bytes, metadata: fc.constant(0) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('upload' as const, 'part' as const, 'part' as const, 'abort' as const, 'complete' as const),
      which: fc.nat({ max: 5 }),
      bytes,
    }),
  },
);

describe('the disk that a bucket takes', () => {
  it('is bounded by what is counted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        const site = await openSite({ limit: 10_000_000n });
        try {
          const pieces = await perform(site, steps);
          const objects = (await site.s3({ query: { 'list-type': '2' } })).all('Key').length;
          const { headers } = await site.s3({ method: 'HEAD' });
          expect(headers['x-amz-bucket-objects']).toBe(String(objects));
          const stored = Number(headers['x-amz-bucket-usage']) + pieces.bytes;
          expect(du(site, '--inodes')).toBeLessThanOrEqual(
            objects * INODES.object + pieces.count * INODES.piece + INODES.fixed,
          );
          expect(du(site, '--block-size=1')).toBeLessThanOrEqual(
            stored + (objects * BLOCKS.object + pieces.count * BLOCKS.piece + BLOCKS.fixed) * BLOCK,
          );
          for (const name of (await site.s3({ query: { 'list-type': '2', 'encoding-type': 'url' } })).all('Key'))
            await site.s3({ method: 'DELETE', key: decodeURIComponent(name) });
          // Nothing of them is left.
          expect(du(site, '--inodes')).toBeLessThanOrEqual(pieces.count * INODES.piece + INODES.fixed);
        } finally {
          await site.close();
        }
      }),
      { numRuns: 15 },
    );
  }, 120_000);

  it('never has more entries than there are blocks in the limit and the allowance', async () => {
    const site = await openSite({ limit: 0n });
    try {
      // As many as the allowance has: 64 MiB.
      await site.deps.quotas.state(site.path().split('/').at(-1) ?? '', new AbortController().signal);
      const entries = 16_384;
      await site.stop();
      execFileSync('sh', [
        '-c',
        `cd ${site.path()} && mkdir many && cd many && seq ${entries} | xargs touch && rm ../.quota`,
      ]);
    } finally {
      const again = await site.restart({ bucket_quota_bytes: 0 });
      expect((await again.s3({ method: 'PUT', key: 'one-more', body: '' })).xml('Code')).toBe('QuotaExceeded');
      expect((await again.s3({ method: 'PUT', key: 'folder/', body: '' })).xml('Code')).toBe('QuotaExceeded');
      expect((await again.s3({ method: 'POST', key: 'u', query: { uploads: '' } })).xml('Code')).toBe('QuotaExceeded');
      expect((await again.s3({ method: 'PUT', key: 'many/1', body: '' })).status).toBe(200);
      await again.s3({ method: 'DELETE', key: 'many/1' });
      expect((await again.s3({ method: 'PUT', key: 'one-more', body: '' })).status).toBe(200);
      await again.close();
    }
  });
});

function du(site: Site, unit: string): number {
  return Number(execFileSync('du', ['-s', unit, site.path()], { encoding: 'utf8' }).split('\t')[0]);
}

/** Returns what open uploads and their parts count. */
async function perform({ s3 }: Site, steps: readonly Step[]): Promise<{ count: number; bytes: number }> {
  const uploads: { id: string; parts: Map<number, { size: number; etag: string }> }[] = [];
  for (const one of steps) {
    if ('key' in one) {
      if (one.kind === 'delete') {
        await s3({ method: 'DELETE', key: one.key });
        continue;
      }
      const headers = { 'x-amz-meta-m': 'z'.repeat(one.metadata) };
      await s3({ method: 'PUT', key: one.key, body: Buffer.alloc(one.bytes), headers });
    } else if (one.kind === 'upload') {
      const id = (await s3({ method: 'POST', key: 'up', query: { uploads: '' } })).xml('UploadId');
      if (id !== undefined) uploads.push({ id, parts: new Map() });
    } else {
      const upload = uploads[one.which];
      if (upload === undefined) continue;
      const query = { uploadId: upload.id };
      if (one.kind === 'part') {
        const number = upload.parts.size % 3 === 2 ? 1 : upload.parts.size + 1;
        const part = { ...query, partNumber: String(number) };
        const { headers } = await s3({ method: 'PUT', key: 'up', query: part, body: Buffer.alloc(one.bytes) });
        if (headers.etag !== undefined) upload.parts.set(number, { size: one.bytes, etag: headers.etag });
      } else if (one.kind === 'abort' || upload.parts.size === 0) {
        await s3({ method: 'DELETE', key: 'up', query });
        uploads.splice(one.which, 1);
      } else {
        const [[number, { etag }] = [0, { etag: '' }]] = upload.parts;
        const body = `<CompleteMultipartUpload><Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;
        if ((await s3({ method: 'POST', key: 'up', query, body })).status === 200) uploads.splice(one.which, 1);
      }
    }
  }
  const parts = uploads.flatMap((upload) => [...upload.parts.values()]);
  return { count: uploads.length + parts.length, bytes: parts.reduce((sum, { size }) => sum + size, 0) };
}
