import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OWN_TABLE, withPlugins } from '../../src/cli/command-table.ts';
import { complete } from '../../src/cli/complete.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { renderHelp } from '../../src/cli/help.ts';
import { renderManPage } from '../../src/cli/man.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { runPluginCommand } from '../../src/cli/run-plugin-command.ts';
import { createStyle } from '../../src/cli/style.ts';
import type { CommandCall, Plugin, PluginCommand } from '../../src/plugin/contract.ts';
import { createSqlStore } from '../../src/store/sql-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { fakeIo } from './fake-io.ts';

function command(changes: Partial<PluginCommand> = {}): PluginCommand {
  return {
    name: 'minio cleanup',
    summary: 'Delete versions that nothing refers to',
    description: 'Deletes them.',
    options: [{ name: 'older-than', placeholder: 'DAYS', help: 'Only those older than this' }],
    positionals: [{ name: 'BUCKET', help: 'The bucket' }],
    examples: ['agent minio cleanup scans --older-than 30'],
    json: true,
    run: async () => 0,
    ...changes,
  };
}

const plugin = (...commands: readonly PluginCommand[]): Plugin =>
  ({ id: 'minio', summary: 'Buckets of MinIO', commands }) as unknown as Plugin;

const table = withPlugins([plugin(command())]);
const OTHER_BACKEND = `
offerings:
  - name: lab
    waldur_api_url: https://waldur.example.com/api/
    waldur_api_token: '1234567890abcdef'
    waldur_offering_uuid: e2ef0000000000000000000000000001
    backend_type: ironbucket_local
    backend_settings: { storage_path: /s3 }
    backend_components:
      storage: { accounting_type: limit, unit_factor: 1073741824 }
`;

const plain = createStyle({ color: false, unicode: true });
const argv = ['minio', 'cleanup', 'scans', '--older-than', '30', '--json'];

describe('a command of a plugin', () => {
  it('is a row of the table like any other', () => {
    expect(parseCommandLine(argv)).toMatchObject({ kind: 'error', unknown: true });
    const parsed = parseCommandLine(argv, table);
    expect(parsed).toMatchObject({ kind: 'command', invocation: { command: 'minio cleanup', positionals: ['scans'] } });
    expect(parseCommandLine(['minio', 'cleanup'], table)).toMatchObject({
      kind: 'error',
      message: 'BUCKET is missing',
    });
    expect(parseCommandLine(['minio', 'cleanap'], table)).toMatchObject({
      message: expect.stringContaining('did you mean'),
    });
  });

  it('has help, completion and a place in the manual page', () => {
    expect(renderHelp(undefined, plain, 80, table)).toContain('Buckets of MinIO');
    expect(renderHelp('minio', plain, 80, table)).toContain('Delete versions');
    expect(renderHelp('minio cleanup', plain, 80, table)).toContain('--offering NAME');
    expect(renderManPage('1', table)).toContain('minio cleanup');
    expect(complete(['minio', ''], table).candidates.map(({ word }) => word)).toEqual(['cleanup']);
    expect(complete(['minio', 'cleanup', '--offering', ''], table).dynamic).toBe('offering');
  });

  it.each([['report'], ['components purge'], ['minio cleanup']])('may not be called %s', (name) => {
    const make = (): unknown => withPlugins([plugin(command(), command({ name }))]);
    expect(make).toThrow(expect.objectContaining({ code: 'PLUGIN_UNUSABLE' }));
  });

  it('gets what was given, and its exit code is that of the process', async () => {
    let got: CommandCall<never> | undefined;
    const run = async (call: CommandCall<never>): Promise<number> => {
      got = call;
      return 2;
    };
    const parsed = parseCommandLine(argv, table);
    if (parsed.kind !== 'command') throw new Error('not understood');
    const origin = { plugin: plugin(), command: command({ run }) };
    expect(await runPluginCommand(origin, parsed.invocation, fakeIo())).toBe(EXIT.differences);
    expect(got?.values.get('older-than')).toBe('30');
    expect([...(got?.flags ?? [])]).toEqual(['json']);
  });

  it('may not invent exit codes', async () => {
    const origin = { plugin: plugin(), command: command({ run: async () => 3 }) };
    const parsed = parseCommandLine(argv, table);
    if (parsed.kind !== 'command') throw new Error('not understood');
    await expect(runPluginCommand(origin, parsed.invocation, fakeIo())).rejects.toMatchObject({ disposition: 'bug' });
  });

  it('keeps what it keeps where the agent beside it does', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'state-'));
    const state = join(folder, 'state.sqlite');
    const kept = createSqlStore(await openSqlite(state), fakeIo().clock);
    await kept.documents('plugin/e2ef0000000000000000000000000001').put('limit', 5);
    await kept.close();
    const io = fakeIo({ files: { '/etc/agent.yaml': `state: ${state}\n${OTHER_BACKEND}` } });
    const parsed = parseCommandLine([...argv, '-c', '/etc/agent.yaml'], table);
    if (parsed.kind !== 'command') throw new Error('not understood');
    let found: unknown;
    const run = async (call: CommandCall<never>): Promise<number> => {
      const { context, close } = await call.offering();
      found = [context.store.isDurable, await context.store.get('limit')];
      await close();
      return 0;
    };
    const local = { ...plugin(), id: 'ironbucket-local' };
    expect(await runPluginCommand({ plugin: local, command: command({ run }) }, parsed.invocation, io)).toBe(EXIT.ok);
    expect(found).toEqual([true, 5]);
    rmSync(folder, { recursive: true });
  });

  it.each([
    [[], /no offering of the backend minio/],
    [['--offering', 'nowhere'], /no offering of the backend minio/],
  ])('is told when the configuration has no offering of its backend: %j', async (more, message) => {
    const io = fakeIo({ files: { '/etc/agent.yaml': OTHER_BACKEND } });
    const parsed = parseCommandLine([...argv, ...more, '-c', '/etc/agent.yaml'], table);
    if (parsed.kind !== 'command') throw new Error('not understood');
    const run = async (call: CommandCall<never>): Promise<number> => {
      await call.offering();
      return 0;
    };
    const origin = { plugin: plugin(), command: command({ run }) };
    await expect(runPluginCommand(origin, parsed.invocation, io)).rejects.toThrow(message);
  });
});

describe('a YAML file that a command of a plugin reads', () => {
  const schema = { type: 'object', additionalProperties: false, properties: { size: { type: 'integer' } } };
  const read = async (files: Record<string, string>) => {
    const io = fakeIo({ files });
    let value: unknown;
    const run = async (call: CommandCall<never>): Promise<number> => {
      value = await call.document('/work/bucket.yaml', schema);
      return 0;
    };
    const parsed = parseCommandLine(argv, table);
    if (parsed.kind !== 'command') throw new Error('not understood');
    const failure: unknown = await runPluginCommand(
      { plugin: plugin(), command: command({ run }) },
      parsed.invocation,
      io,
    ).then(
      () => undefined,
      (error: unknown) => error,
    );
    return { value, failure, err: io.err() };
  };

  it('is checked like the configuration', async () => {
    expect(await read({ '/work/bucket.yaml': 'size: 1\n' })).toEqual({
      value: { size: 1 },
      failure: undefined,
      err: '',
    });
    const wrong = await read({ '/work/bucket.yaml': 'size: large\n' });
    expect(wrong.failure).toMatchObject({ code: 'DOCUMENT_INVALID', disposition: 'operator' });
    expect(wrong.err).toContain('/work/bucket.yaml:1:7: ');
    expect((await read({})).failure).toMatchObject({ code: 'DOCUMENT_UNREADABLE', disposition: 'operator' });
  });
});

it("the agent's own table needs no plugin", () => {
  expect(OWN_TABLE.plugins.size).toBe(0);
});
