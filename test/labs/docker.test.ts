import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/*
 * Images cannot be built on every machine. This does by hand what the Dockerfile says, with the files it says: a file
 * that is missing from a COPY or a dependency that is cut away is found here.
 */
let folder: string;
const lines = readFileSync('Dockerfile', 'utf8').split('\n');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-'));
}, 10_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }), 120_000);

function copy(from: string, to: string, sources: readonly string[]): void {
  mkdirSync(to, { recursive: true });
  for (const source of sources) {
    const options = { recursive: true, filter: (path: string) => !/\/plugins\/[^/]+\/test(\/|$)/.test(path) };
    cpSync(join(from, source), join(to, basename(source)), options);
  }
}

test('the steps of the Dockerfile make an agent that runs without anything else', () => {
  const [build, app] = [join(folder, 'build'), join(folder, 'app')];
  const steps = lines.map((line) => line.split(/\s+/));
  const cut = lines.findLastIndex((line) => line.startsWith('FROM'));
  for (const [index, [keyword, ...words]] of steps.entries()) {
    const names = words.filter((word) => !word.startsWith('--')).slice(0, -1);
    const stage = index < cut ? build : app;
    if (keyword === 'COPY' && words.some((word) => word.startsWith('--from='))) {
      copy(
        build,
        stage,
        names.map((name) => name.replace(/^\/build\//, '')),
      );
    } else if (keyword === 'COPY') {
      copy('.', stage, names);
    } else if (keyword === 'RUN') {
      const command = words.filter((word) => !word.startsWith('--mount')).join(' ');
      execFileSync('sh', ['-ec', `cd ${stage} && ${command}`], {
        stdio: 'pipe',
        env: { ...process.env, npm_config_prefer_offline: 'true' },
      });
    }
  }
  expect(existsSync(join(app, 'node_modules/typescript'))).toBe(false);
  const main = join(app, 'dist/src/cli/main.js');
  const run = (...argv: readonly string[]): string =>
    execFileSync(process.execPath, [main, ...argv], { cwd: '/', encoding: 'utf8' });
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(run('--version')).toContain(version);
  expect(JSON.parse(run('schema'))).toHaveProperty('properties.offerings');
  expect(existsSync(join(app, 'dist/src/sandbox'))).toBe(false);
  const { status, stderr } = spawnSync(process.execPath, [main, 'sandbox'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, expect.stringContaining('not part of this installation')]);
}, 240_000);
