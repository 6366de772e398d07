import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Job } from '../../../src/plugin/contract.ts';
import { plugin } from '../index.ts';
import type { Settings } from '../settings.ts';
import { type Site, signal, startSite } from './lab.ts';
import { fill, keeping, left } from './storage-lab.ts';

let site: Site;
beforeEach(async () => {
  site = await startSite();
  await site.clock.advance(Date.now() - site.clock.now().getTime());
});
afterEach(() => site.close());

const jobOf = (changes: Partial<Settings>): Job | undefined =>
  site.open(changes).jobs?.find(({ name }) => name === 'retention');

const problemsOf = (changes: Partial<Settings>): readonly string[] => {
  const common = { onTerminate: 'refuse', metering: 'current', credentials: 'metadata' } as const;
  return (plugin.problems?.(site.settings({ ...keeping(site), ...changes }), common) ?? []).map(
    ({ message }) => message,
  );
};

test('the job removes expired samples of the bucket of samples, and nothing else', async () => {
  fill(site);
  const job = jobOf({ ...keeping(site), retention_schedule: '0 3 * * *' });
  expect(job?.schedule).toBe('0 3 * * *');
  expect(await job?.run(signal)).toBe('1 expired samples removed, 0 failed, 0 unfinished uploads aborted');
  expect(left(site)).toEqual({
    'lab-samples': ['other/old', 'samples.old', 'samples/new'],
    'lab-tas': ['tas/new', 'tas/old'],
    'lab-debug': ['debug/new', 'debug/old'],
  });
  expect(await job?.run(signal)).toBeUndefined();
  expect(site.lines.join('\n')).toContain('log_sample_deleted');
});

test('there is no job without bucket_samples, so that nothing is ever looked for', () => {
  const { bucket_samples: _, ...others } = keeping(site);
  expect(jobOf(others)).toBeUndefined();
  expect(jobOf({})).toBeUndefined();
});

test('a job without the other buckets refuses before any request', async () => {
  const { bucket_tas: _, ...others } = keeping(site);
  await expect(jobOf(others)?.run(signal)).rejects.toMatchObject({ code: 'STORAGE_SETTINGS', disposition: 'operator' });
  expect(site.emulator.requests).toEqual([]);
});

test.each([{ bucket_tas: 'lab-samples' }, { bucket_debug: 'lab-samples' }, { bucket_debug: 'lab-tas' }])(
  'three buckets that are not three are refused: %j',
  async (same) => {
    expect(problemsOf(same)).toEqual([expect.stringContaining('must be three different buckets')]);
    await expect(jobOf({ ...keeping(site), ...same })?.run(signal)).rejects.toThrow('the three buckets must differ');
    expect(site.emulator.requests).toEqual([]);
  },
);

test('three different buckets are in order', () => {
  expect(problemsOf({})).toEqual([]);
});

test('the job goes through the proxy of the agent', async () => {
  const asked: string[] = [];
  const proxy = (url: string): string => {
    asked.push(url);
    return 'http://127.0.0.1:1';
  };
  const backend = plugin.create({ ...site.context(keeping(site)), proxy });
  const job = backend.jobs?.find(({ name }) => name === 'retention');
  await expect(job?.run(signal)).rejects.toMatchObject({ code: 'STORAGE_CONNECTION' });
  expect(asked).toEqual([site.emulator.endpoint]);
  expect(site.emulator.requests).toEqual([]);
  await backend.close();
});
