import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../src/cli/version.ts';
import { builtinNames } from '../../src/plugin/registry.ts';

/** What `npm test` has built. */
const MAIN = new URL('../../dist/src/cli/main.js', import.meta.url).pathname;
const ENV = { PATH: process.env['PATH'], LANG: 'C.UTF-8' };

const PLUGINS = builtinNames.map(({ id }) => id);
const VERSION_TEXT = expect.stringMatching(
  new RegExp(
    `^waldur-storage-agent ${VERSION} [(]revision [^)]+[)]\nNode.js ${process.versions.node}\nplugins: ${PLUGINS.join(', ')}\n$`,
  ),
);

const agent = (...argv: string[]) => spawnSync(process.execPath, [MAIN, ...argv], { encoding: 'utf8', env: ENV });

describe('the program', () => {
  it('tells its version', () => {
    expect(agent('--version')).toMatchObject({ status: 0, stdout: VERSION_TEXT, stderr: '' });
    expect(JSON.parse(agent('--version', '--json').stdout)).toMatchObject({ version: VERSION, plugins: PLUGINS });
  });

  it('runs through a link, as npm installs it', () => {
    const link = join(mkdtempSync(join(tmpdir(), 'agent-bin-')), 'agent');
    symlinkSync(MAIN, link);
    expect(spawnSync(process.execPath, [link, '--version'], { encoding: 'utf8' }).stdout).toEqual(VERSION_TEXT);
  });

  it('loads every command of the table', () => {
    const { stdout, status } = agent('help');
    expect(status).toBe(0);
    expect(stdout).toContain('healthcheck');
  });

  it.each([
    [['reprot'], 64, /did you mean report/],
    [['validate', '-c', '/no/such/file'], 78, /cannot be read: there is no such file \(ENOENT\)/],
    [['schema', '--plugin', 'x'], 64, /there is no backend "x"/],
  ])('exits for %j with %d', (argv, status, message) => {
    const result = agent(...argv);
    expect(result.status).toBe(status);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toContain('\u001b');
  });

  it('has colour only when it is asked for', () => {
    const options = { encoding: 'utf8', env: { ...ENV, FORCE_COLOR: '1' } } as const;
    expect(spawnSync(process.execPath, [MAIN, '--help'], options).stdout).toContain('\u001b[1m');
    expect(spawnSync(process.execPath, [MAIN, '--help', '--no-color'], options).stdout).not.toContain('\u001b');
  });

  it('ends quietly when no one reads its output', () => {
    // The reader is gone before the first byte.
    const shell = 'exec 3> >(exec true); wait $!; exec "$0" "$1" schema >&3';
    const result = spawnSync('bash', ['--norc', '-c', shell, process.execPath, MAIN], { encoding: 'utf8', env: ENV });
    expect(result).toMatchObject({ status: 0, stderr: '' });
  });

  it('ends with 0 when a signal stops the sandbox', async () => {
    const child = spawn(process.execPath, [MAIN, 'sandbox', '--port', '0', '--json'], { env: ENV });
    await firstOutput(child);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('lets a second signal end it at once', async () => {
    const hang = `data:text/javascript,process.on('SIGUSR1', () => {}); setInterval(() => {}, 1e6)`;
    const child = spawn(process.execPath, ['--import', hang, MAIN, '--version'], { env: ENV });
    await firstOutput(child);
    child.kill('SIGINT');
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    expect([130, 143]).toContain(code);
  });
});

async function firstOutput(child: ChildProcess): Promise<void> {
  if (child.stdout !== null) await once(child.stdout, 'data');
}
