import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/commands/orphans.ts';
import { confirm } from '../../src/cli/confirm.ts';
import { EXIT, type ExitCode } from '../../src/cli/exit-codes.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';

const FILE = '/work/agent.yaml';
const TOKEN = ['$', '{env:WALDUR_API_TOKEN}'].join('');
const GONE = '0123456789abcdef0123456789abcdef';

describe('agent orphans', () => {
  let sandbox: Sandbox;
  let storage: string;
  let ended: { readonly uuid: string; readonly account: string };
  const unlinked = `waldur-acme-genomics-${GONE.slice(0, 8)}`;
  beforeEach(async () => {
    sandbox = await startSandbox();
    storage = mkdtempSync(join(tmpdir(), 'agent-orphans-'));
    const { resource } = sandbox.placeOrder({});
    const living = sandbox.placeOrder({}).resource;
    ended = { uuid: resource.uuid, account: `waldur-acme-genomics-${resource.uuid.slice(0, 8)}` };
    sandbox.store.resources.change(resource, (row) => {
      row.state = 'Terminated';
    });
    make(ended.account, resource.uuid);
    make(`waldur-acme-genomics-${living.uuid.slice(0, 8)}`, living.uuid);
    make(unlinked, GONE);
    mkdirSync(join(storage, 'somebody-elses'));
  });
  afterEach(async () => {
    await sandbox.close();
    rmSync(storage, { recursive: true });
  });

  function make(account: string, resource: string): void {
    mkdirSync(join(storage, account));
    writeFileSync(join(storage, account, '.bucket_metadata'), JSON.stringify({ waldur_resource: resource }));
  }

  async function orphans(
    argv: readonly string[],
    options: {
      readonly answer?: boolean;
      readonly extra?: string;
      readonly settings?: string;
      readonly user?: string;
    } = {},
  ): Promise<{ readonly code: ExitCode; readonly io: FakeIo }> {
    const text = `offerings:
  - name: s3
    waldur_api_url: ${sandbox.url}
    waldur_api_token: ${TOKEN}
    waldur_offering_uuid: e2ef0000000000000000000000000001
    backend_type: ironbucket-local
${options.extra ?? ''}    backend_settings: { storage_path: ${storage}${options.settings ?? ''} }
    backend_components:
      storage: { accounting_type: limit, unit_factor: 1073741824 }
`;
    const answer = options.answer === undefined ? {} : { answer: options.answer };
    const env = { WALDUR_API_TOKEN: sandbox.token(options.user ?? 'provider-owner') };
    const io = fakeIo({ env, files: { [FILE]: text }, ...answer });
    const parsed = parseCommandLine(['orphans', ...argv, '-c', FILE]);
    if (parsed.kind !== 'command') throw new Error(`not a command: ${argv.join(' ')}`);
    return { code: await run(parsed.invocation, io), io };
  }

  const there = (account: string): boolean => existsSync(join(storage, account));

  it('lists them, and deletes nothing', async () => {
    const { code, io } = await orphans([]);
    expect(code).toBe(EXIT.ok);
    const lines = io.out().split('\n').slice(1, 3).sort();
    expect(lines).toEqual(
      [
        expect.stringMatching(new RegExp(`^  ${unlinked} +unknown to Waldur`)),
        expect.stringMatching(new RegExp(`^  ${ended.account} +resource terminated`)),
      ].sort((a, b) => String(a).localeCompare(String(b))),
    );
    expect(io.out()).toContain('2 orphans. Nothing was deleted.\n');
    expect((await orphans(['--exit-code'])).code).toBe(EXIT.differences);
    expect([there(ended.account), there(unlinked)]).toEqual([true, true]);
  });

  it('says the same as JSON', async () => {
    const { io } = await orphans(['--json']);
    const [offering] = JSON.parse(io.out()).offerings;
    expect(offering.orphans).toContainEqual({
      account: ended.account,
      resource: ended.uuid,
      reason: 'terminated',
      suspended: false,
      bytes: null,
      objects: null,
      outcome: 'listed',
      error: null,
    });
  });

  it('deletes after a yes, and keeps what holds data, with the reason', async () => {
    writeFileSync(join(storage, unlinked, 'reads.bam'), 'x');
    const { code, io } = await orphans(['--delete'], { answer: true });
    expect(code).toBe(EXIT.failed);
    expect(io.err()).toBe('Delete 2 orphans, if they are empty?\n');
    expect(io.out()).toContain(`✓ ${ended.account} deleted`);
    expect(io.out()).toContain(`${unlinked} is kept:`);
    expect([there(ended.account), there(unlinked), there('somebody-elses')]).toEqual([false, true, true]);
  });

  it('purges where the offering purges', async () => {
    writeFileSync(join(storage, unlinked, 'reads.bam'), 'x');
    const { code } = await orphans(['--delete', '--yes'], { settings: ', on_terminate: purge' });
    expect(code).toBe(EXIT.ok);
    expect(there(unlinked)).toBe(false);
  });

  it('deletes nothing after a no', async () => {
    const { code, io } = await orphans(['--delete'], { answer: false });
    expect(code).toBe(EXIT.ok);
    expect(io.out()).toContain('Nothing was deleted.');
    expect(there(ended.account)).toBe(true);
  });

  it.each<[string, readonly string[], Parameters<typeof orphans>[1], string]>([
    ['there is no one to ask', ['--delete'], {}, 'USAGE'],
    ['a script forgot to say yes', ['--delete', '--json'], { answer: true }, 'USAGE'],
    ['the policy is no-delete', ['--delete', '--yes'], { extra: '    policy: no-delete\n' }, 'POLICY'],
    ['the policy is observe-only', ['--delete', '--yes'], { extra: '    policy: observe-only\n' }, 'POLICY'],
  ])('deletes nothing when %s', async (_, argv, options, code) => {
    await expect(orphans(argv, options)).rejects.toMatchObject({ code });
    expect([there(ended.account), there(unlinked)]).toEqual([true, true]);
  });

  it('finds nothing for a user who may see nothing', async () => {
    const { code, io } = await orphans(['--delete', '--yes'], { user: 'other-provider' });
    expect(code).not.toBe(EXIT.ok);
    expect(io.out()).toContain('WALDUR_');
    expect([there(ended.account), there(unlinked)]).toEqual([true, true]);
  });
});

describe('confirm', () => {
  function terminal(isTTY: boolean) {
    const input = Object.assign(new PassThrough(), { isTTY });
    return { input, output: Object.assign(new PassThrough(), { isTTY }) };
  }
  const { signal } = new AbortController();

  it.each([
    ['y\n', true],
    ['YES\n', true],
    ['n\n', false],
    ['\n', false],
    ['yesterday\n', false],
  ])('takes %j for %s', async (typed, meant) => {
    const here = terminal(true);
    here.input.write(typed);
    expect(await confirm(here, 'Delete?', signal)).toBe(meant);
  });

  it('takes the end of the input for a no, and no terminal for no one', async () => {
    const here = terminal(true);
    here.input.end();
    expect(await confirm(here, 'Delete?', signal)).toBe(false);
    expect(await confirm(terminal(false), 'Delete?', signal)).toBeUndefined();
  });
});
