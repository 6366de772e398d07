import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Clock, systemClock } from '../../../../src/lib/clock.ts';
import { nodeFiles } from '../../objects/files.ts';
import { MIB, openSite, type Site } from './lab.ts';

const real = nodeFiles({ fsync: false });
/** A thousand times faster. */
const clock: Clock = {
  ...systemClock,
  after: (ms, fire) =>
    systemClock.after(ms / 1000, () => {
      if (ms === 10_000) pauses++;
      fire();
    }),
};
/** How often the client was kept waiting. */
let pauses: number;

let site: Site;
/** Called instead of moving an object into its place. */
let arrive: (move: () => Promise<void>) => Promise<void>;
beforeEach(async () => {
  pauses = 0;
  const move = (from: string, to: string): Promise<void> => {
    const isObject = to.endsWith('/whole');
    return isObject ? arrive(() => real.move(from, to)) : real.move(from, to);
  };
  site = await openSite({ clock, storage: { files: { ...real, move } } });
});
afterEach(() => site.close());

async function complete(): ReturnType<Site['s3']> {
  const of = { key: 'whole' };
  const uploadId = (await site.s3({ ...of, method: 'POST', query: { uploads: '' } })).xml('UploadId') ?? '';
  const part = { ...of, method: 'PUT', query: { partNumber: '1', uploadId }, body: Buffer.alloc(MIB) };
  const { etag } = (await site.s3(part)).headers;
  const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${String(etag)}</ETag></Part></CompleteMultipartUpload>`;
  return site.s3({ ...of, method: 'POST', query: { uploadId }, body });
}

const BLANKS = /^<\?xml version="1.0" encoding="UTF-8"\?>\n {3,}</;

describe('an upload that takes long to complete', () => {
  const long = (): Promise<void> => vi.waitFor(() => expect(pauses).toBeGreaterThan(4), { timeout: 5000, interval: 2 });

  it('is answered at once and kept waiting, and then told of its object', async () => {
    arrive = async (move) => {
      await long();
      await move();
    };
    const answer = await complete();
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toMatch(BLANKS);
    expect(answer.xml('ETag')).toContain('-1&#34;');
    expect(await site.s3({ method: 'HEAD', key: 'whole' })).toMatchObject({ status: 200 });
  });

  it('is told in the document when it fails after all', async () => {
    arrive = async () => {
      await long();
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    };
    const answer = await complete();
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toMatch(BLANKS);
    expect(answer.xml('Code')).toBe('InsufficientStorage');
  });
});
