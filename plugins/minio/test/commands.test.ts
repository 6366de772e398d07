import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commands } from '../commands.ts';
import { failure, type Site, startSite } from './lab.ts';
import { BUCKETS, commandCall, environment, fill, keeping, left } from './storage-lab.ts';

let site: Site;
let cwd: string;
beforeEach(async () => {
  site = await startSite();
  await site.clock.advance(Date.now() - site.clock.now().getTime());
  cwd = mkdtempSync(join(tmpdir(), 'minio-commands-'));
});
afterEach(async () => {
  await site.close();
  rmSync(cwd, { recursive: true });
});

async function run(name: string, given: Parameters<typeof commandCall>[1] = {}) {
  const command = commands.find((each) => each.name === `minio ${name}`);
  const call = commandCall(site, { env: environment(site), cwd, ...given });
  return { code: await command?.run(call), out: call.out() };
}

const writes = (): readonly string[] => site.emulator.requests.filter((line) => !/^(GET|HEAD) /.test(line));

describe('agent minio init', () => {
  it('--verify-only looks and writes nothing', async () => {
    const { code, out } = await run('init', { flags: ['verify-only'] });
    expect([code, writes()]).toEqual([2, []]);
    expect(out).toBe('lab-samples: is missing\nlab-tas: is missing\nlab-debug: is missing\n');
  });

  it('makes what is missing with nothing but the environment, once', async () => {
    expect((await run('init')).code).toBe(0);
    expect([...site.emulator.store.buckets.keys()]).toEqual(Object.values(BUCKETS));
    expect((await run('init')).out).toContain('lab-samples: is there');
    expect((await run('init', { flags: ['verify-only'] })).code).toBe(0);
  });

  it.each(['an object', 'an old version', 'a delete marker', 'an unfinished upload'])(
    '--force leaves a bucket that holds nothing but %s, and makes the empty ones anew',
    async (what) => {
      await run('init');
      const { store, requests } = site.emulator;
      const bucket = store.bucket('lab-tas');
      const nothing = { content: undefined, etag: 'e', modified: site.clock.now(), type: '', metadata: {}, size: 1 };
      if (what === 'an unfinished upload') {
        bucket.uploads.set('u', { key: 'k', started: site.clock.now(), type: '', metadata: {}, parts: new Map() });
      } else {
        bucket.versioning = 'Enabled';
        store.put('lab-tas', 'k', nothing);
        if (what !== 'an object') store.delete('lab-tas', 'k', undefined, site.clock.now());
        if (what === 'a delete marker') bucket.objects.set('k', (bucket.objects.get('k') ?? []).slice(0, 1));
      }
      requests.length = 0;
      const { code, out } = await run('init', { flags: ['force'] });
      expect(code).toBe(1);
      expect(out).toBe(
        'lab-samples: made anew\nlab-tas: holds something, so it was not made anew\nlab-debug: made anew\n',
      );
      expect(writes().filter((line) => line.includes('lab-tas'))).toEqual([]);
    },
  );

  it('takes the settings of the offering before those of the environment', async () => {
    const env = { ...environment(site), MINIO_BUCKET_SAMPLES: 'from-the-environment' };
    await run('init', { env, settings: keeping(site) });
    expect(site.emulator.store.buckets.has('from-the-environment')).toBe(false);
    expect(site.emulator.store.buckets.has('lab-samples')).toBe(true);
  });

  it.each([
    [{ MINIO_BUCKET_SAMPLES: '' }, 'bucket_samples (MINIO_BUCKET_SAMPLES) is missing'],
    [{ MINIO_BUCKET_TAS: 'lab-samples' }, 'the three buckets must differ'],
  ])('refuses %j before any request', async (changes, words) => {
    for (const name of ['init', 'cleanup', 'stats']) {
      await expect(run(name, { env: { ...environment(site), ...changes } })).rejects.toThrow(words);
    }
    expect(site.emulator.requests).toEqual([]);
  });
});

describe('agent minio cleanup', () => {
  it('--dry-run finds the same as the real one, and removes nothing', async () => {
    fill(site);
    const report = (name: string) =>
      JSON.parse(readFileSync(join(cwd, name), 'utf8')) as { objects: { key: string }[]; summary: object };
    const dry = await run('cleanup', { flags: ['dry-run'], values: { report: 'dry.json' } });
    expect([dry.code, writes()]).toEqual([0, []]);
    const real = await run('cleanup', { values: { report: 'real.json' } });
    expect(real.code).toBe(0);
    expect(report('real.json').objects).toEqual(report('dry.json').objects);
    expect(report('real.json').summary).toMatchObject({ deleted: 1, failed: 0, dry_run: false });
    expect(statSync(join(cwd, 'real.json')).mode & 0o077).toBe(0);
    expect(left(site)).toEqual({
      'lab-samples': ['other/old', 'samples.old', 'samples/new'],
      'lab-tas': ['tas/new', 'tas/old'],
      'lab-debug': ['debug/new', 'debug/old'],
    });
  });

  it('says that nothing expires while retention is off', async () => {
    fill(site);
    const { code, out } = await run('cleanup', { env: { ...environment(site), SAMPLE_RETENTION_ENABLED: 'false' } });
    expect([code, out]).toEqual([0, 'sample_retention_enabled is false: nothing expires\n']);
    expect(left(site)['lab-samples']).toContain('samples/old');
  });

  it('ends with 1 when something could not be removed, and goes on with the rest', async () => {
    fill(site);
    site.emulator.intercept = ({ method, url = '' }, response) => {
      const isIt = method === 'POST' && url.includes('delete');
      if (isIt) response.end('<DeleteResult></DeleteResult>');
      return isIt;
    };
    const { code, out } = await run('cleanup');
    expect(code).toBe(1);
    expect(out).toMatch(/^0 samples .* 1 failed/);
  });
});

describe('agent minio stats', () => {
  it('counts as JSON what every bucket holds', async () => {
    fill(site);
    const { out } = await run('stats', { flags: ['json'] });
    const [samples] = JSON.parse(out) as { newest: object }[];
    expect(samples).toMatchObject({ bucket: 'lab-samples', total_objects: 4, total_size: 40 });
    expect(out).toContain('"total_size_formatted": "40 B"');
  });
});

it('no command shows a secret', async () => {
  const { secretKey } = site.emulator.root;
  const wrong = { ...environment(site), MINIO_SECRET_KEY: 'not-the-secret-key' };
  const error = await failure(run('stats', { env: wrong }));
  const { out } = await run('init');
  const shown = [out, error.message, JSON.stringify(error), error.stack, ...site.lines].join('\n');
  for (const secret of [secretKey, 'not-the-secret-key']) expect(shown).not.toContain(secret);
});
