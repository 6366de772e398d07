import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegistryFiles } from '../../registry/registry-files.ts';
import { createVersionedFile } from '../../registry/versioned-file.ts';

const DIRECTORY = '/registry';

/** A directory in memory; `step` comes before each effect. */
function memoryFiles(step: () => Promise<unknown> = async () => undefined) {
  const all = new Map<string, string>();
  const files: RegistryFiles = {
    names: async () => {
      await step();
      return [...all.keys()].map((path) => path.slice(DIRECTORY.length + 1));
    },
    read: async (path) => {
      await step();
      return all.get(path);
    },
    makeDirectory: async () => undefined,
    write: async (path, text) => {
      await step();
      if (all.has(path)) throw new Error(`${path} exists`);
      all.set(path, text);
    },
    link: async (from, to) => {
      await step();
      const text = all.get(from);
      if (text === undefined || all.has(to)) return false;
      all.set(to, text);
      return true;
    },
    remove: async (path) => {
      await step();
      all.delete(path);
    },
  };
  return { all, files };
}

const open = (files: RegistryFiles, token: string) =>
  createVersionedFile({ files, directory: DIRECTORY, name: 'accounts', token });

function memoryFilesOf(all: ReadonlyMap<string, string>): RegistryFiles {
  const { all: copy, files } = memoryFiles();
  for (const [path, text] of all) copy.set(path, text);
  return files;
}

describe('a file of several writers', () => {
  it('loses no change, in whatever order their steps come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const { all, files } = memoryFiles(() => scheduler.schedule(Promise.resolve()));
        const writers = ['a', 'b', 'c'].map(async (token) => {
          const file = open(files, token);
          for (let turn = 0; turn < 2; turn++) await file.change((text = '') => `${text}${token}`);
        });
        await scheduler.waitFor(Promise.all(writers));
        const { text = '' } = await open(memoryFilesOf(all), 'd').read();
        expect([...text].sort().join('')).toBe('aabbcc');
        expect([...all.keys()].filter((path) => !path.endsWith('.json'))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('is as before or as after when a writer dies at any step, and the next one goes on', async () => {
    for (let steps = 0; ; steps++) {
      let left = steps;
      const { all, files } = memoryFiles(async () => {
        if (left-- <= 0) throw new Error('dead');
      });
      all.set(`${DIRECTORY}/accounts-7.json`, 'old');
      const isDead = await open(files, 'a')
        .change((text) => `${text} new`)
        .then(
          () => false,
          () => true,
        );
      left = 1000;
      const next = open(files, 'b');
      expect(['old', 'old new']).toContain((await next.read()).text);
      await next.change((text) => `${text} newer`);
      expect((await next.read()).text).toMatch(/^old( new)? newer$/);
      if (!isDead) return;
    }
  });

  it('keeps a few old versions, and nothing of dead writers', async () => {
    const { all, files } = memoryFiles();
    all.set(`${DIRECTORY}/accounts-1.tmp-dead`, 'half');
    for (let turn = 0; turn < 20; turn++) await open(files, 'a').change((text = '') => `${text}a`);
    expect([...all.keys()].sort()).toEqual(
      [13, 14, 15, 16, 17, 18, 19, 20].map((version) => `${DIRECTORY}/accounts-${version}.json`),
    );
  });

  it('a writer that slept through many versions does not bring an old one back', async () => {
    const { all, files } = memoryFiles();
    let isAsleep = true;
    const sleepy = open(
      {
        ...files,
        link: async (from, to) => {
          if (isAsleep) {
            isAsleep = false;
            for (let turn = 0; turn < 20; turn++) await open(files, 'b').change((text = '') => `${text}b`);
            all.set(from, all.get(from) ?? 'a');
          }
          return files.link(from, to);
        },
      },
      'a',
    );
    await sleepy.change((text = '') => `${text}a`);
    expect((await sleepy.read()).text).toBe(`${'b'.repeat(20)}a`);
  });

  it('stays as it is where nothing changes', async () => {
    const { all, files } = memoryFiles();
    await open(files, 'a').change(() => undefined);
    expect(all.size).toBe(0);
    expect(await open(files, 'a').read()).toMatchObject({ text: undefined });
  });
});
