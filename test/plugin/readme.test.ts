import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadExternal } from '../../src/plugin/registry.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const name = 'waldur-plugin-example';
let site: string;
let folder: string;

beforeAll(async () => {
  const text = await readFile(join(root, 'plugins/README.md'), 'utf8');
  site = await mkdtemp(join(tmpdir(), 'agent-readme-'));
  folder = join(site, 'node_modules', name);
  await mkdir(folder, { recursive: true });
  for (const [, file = '', contents = ''] of text.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)) {
    await writeFile(join(folder, file), contents);
  }
  await symlink(root, join(site, 'node_modules/waldur-storage-agent'));
});
afterAll(() => rm(site, { recursive: true }));

it('shows a plugin that can be loaded', async () => {
  expect((await loadExternal(name, site)).id).toBe('example');
});

it('shows a test that passes, with nothing but Node and the built package', async () => {
  const run = promisify(execFile);
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', 'example.test.js'], {
    cwd: folder,
    env,
  });
  expect(stdout).toMatch(/^# fail 0$/m);
  expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(15);
}, 20_000);
