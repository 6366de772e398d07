import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { neededSettings } from '../../src/admin/new-config.ts';
import { exampleSettings } from '../../src/admin/offering-body.ts';
import { run } from '../../src/cli/commands/config-init.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { writeFile } from '../../src/cli/write-file.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import { builtinPlugins } from '../fakes/builtin-plugins.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';

const UUID = '3fa85f6457174562b3fc2c963f66afa6';
const URL_OPTIONS = ['--url', 'https://waldur.example.com/api/', '--uuid', UUID];

/** The example of the backend, or what a person would type. */
function answerTo(name: string, example: unknown): string {
  if (typeof example === 'string' && example !== '') return example;
  return name === 'endpoint' ? 'storage.example.com:9000' : 'LON1';
}

async function init(argv: readonly string[], answers: string[] = []): Promise<FakeIo> {
  const parsed = parseCommandLine(['config', 'init', ...argv]);
  if (parsed.kind !== 'command') throw new Error(JSON.stringify(parsed));
  const io = fakeIo({ answers });
  await run(parsed.invocation, io);
  return io;
}

it.each(builtinPlugins.map((plugin) => [plugin.id, plugin] as const))(
  'writes a valid file for %s',
  async (id, plugin) => {
    const examples = exampleSettings(plugin);
    const asked = neededSettings(plugin).filter(({ secret }) => !secret);
    const io = await init(
      ['--backend', id, ...URL_OPTIONS],
      asked.map(({ name }) => answerTo(name, examples[name])),
    );
    const text = io.created.get('/work/config.yaml') ?? '';
    const loaded = loadConfig({
      file: '/work/config.yaml',
      text,
      plugins: builtinPlugins,
      env: {},
      readFile: () => ({ text: 'a-secret-of-some-length', mode: 0o600 }),
      secrets: createSecrets(),
    });
    expect(loaded.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(text).toContain('waldur_api_token: ${credential:waldur-token}');
    expect(io.err()).toContain('/work/waldur-token');
  },
);

it('takes everything from the options, too', async () => {
  const io = await init(
    `--backend ironbucket-local ${URL_OPTIONS.join(' ')} --name Disk --settings storage_path=/srv/s3 -o /etc/agent/config.yaml`.split(
      ' ',
    ),
  );
  expect(io.created.get('/etc/agent/config.yaml')).toMatch(/name: Disk\n[\s\S]*storage_path: \/srv\/s3\n/);
});

it.each([
  [['--backend', 'ironbucket-local', '--url', 'https://w/api/'], '--uuid is missing'],
  [['--backend', 'ironbucket-local', '--url', 'https://w/api/', '--uuid', 'x'], '"x" is not a UUID'],
  [['--backend', 'ironbucket'], 'there is no backend "ironbucket"'],
  [['--backend', 'ironbucket-local', ...URL_OPTIONS], '--settings storage_path=VALUE is missing'],
  [['--backend', 'ironbucket-local', ...URL_OPTIONS, '--settings', 'storage_path'], 'is not KEY=VALUE'],
  [['--backend', 'ironbucket-local', ...URL_OPTIONS, '--settings', 'storage_path=srv'], 'must be an absolute path'],
])('%j writes nothing', async (argv, message) => {
  await expect(init(argv)).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining(message) });
});

it('never replaces a file, and sets its permissions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'init-'));
  const file = join(folder, 'new/config.yaml');
  writeFile(file, 'a: 1\n', 0o600);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(() => writeFile(file, 'b: 2\n', 0o600)).toThrow(expect.objectContaining({ code: 'FILE_NOT_WRITTEN' }));
  rmSync(folder, { recursive: true });
});
