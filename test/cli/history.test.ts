import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { run } from '../../src/cli/commands/history.ts';
import { run as orphans } from '../../src/cli/commands/orphans.ts';
import { EXIT, type ExitCode } from '../../src/cli/exit-codes.ts';
import { openJournal } from '../../src/cli/open-journal.ts';
import { osUser } from '../../src/cli/os-user.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import type { Config } from '../../src/config/types.ts';
import type { JournalEvent } from '../../src/store/journal-entry.ts';
import { openStore } from '../../src/store/open-store.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';

const FILE = '/work/agent.yaml';
const OFFERING = 'e2ef0000000000000000000000000001';
const ORDER = 'b'.repeat(32);
const RESOURCE = 'c'.repeat(32);
const TOKEN = 'a-token-that-nobody-may-see';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-history-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const state = (): string => join(folder, 'agent.db');
const yaml = (withState = true): string => `${withState ? `state: ${state()}\n` : ''}offerings:
  - name: s3
    waldur_api_url: http://127.0.0.1:9/api/
    waldur_api_token: ${TOKEN}
    waldur_offering_uuid: ${OFFERING}
    backend_type: ironbucket-local
    backend_settings: { storage_path: ${folder} }
    backend_components:
      storage: { accounting_type: limit, unit_factor: 1073741824 }
`;

function invoke(argv: readonly string[], text = yaml()): { readonly io: FakeIo; readonly code: Promise<ExitCode> } {
  const io = fakeIo({ files: { [FILE]: text } });
  const parsed = parseCommandLine([...argv, '-c', FILE]);
  if (parsed.kind !== 'command') throw new Error(`not a command: ${argv.join(' ')}`);
  const command = argv[0] === 'orphans' ? orphans : run;
  return { io, code: command(parsed.invocation, io) };
}

async function history(
  argv: readonly string[] = [],
  text = yaml(),
): Promise<{ readonly io: FakeIo; readonly code: ExitCode }> {
  const { io, code } = invoke(['history', ...argv], text);
  return { io, code: await code };
}

const order = (stage: 'read' | 'ended'): JournalEvent => ({
  kind: 'order',
  stage,
  type: 'Create',
  state: 'executing',
  name: 'Reads \u001b[31m',
  ...(stage === 'ended' && { ending: 'done', ms: 5 }),
});

/** What an agent wrote two days, one day and no time ago. */
async function written(): Promise<void> {
  await (await openStore(state(), fakeIo().clock)).close();
  const io = fakeIo();
  const opened = await openJournal({ state: state(), journalDays: 365 } as Config, io);
  const at = (days: number): Date => new Date(io.clock.now().getTime() - days * 86_400_000);
  const about = { offering: OFFERING, order: ORDER, resource: RESOURCE };
  opened?.journal.record({ ...about, at: at(2) }, order('read'));
  opened?.journal.record(
    { ...about, at: at(1) },
    {
      kind: 'backend',
      action: 'set-quota',
      account: 'waldur-x',
      changed: true,
      ms: 3,
      details: { to: { bytes: '7' } },
    },
  );
  opened?.journal.record({ ...about, at: at(0) }, order('ended'));
  opened?.journal.record(
    { offering: OFFERING, at: at(0) },
    { kind: 'lost', count: 2, from: 'a', to: 'b', reason: 'full' },
  );
  await opened?.close();
}

describe('agent history', () => {
  beforeEach(written);

  it('shows everything, the oldest first, and no control characters of others', async () => {
    const { io, code } = await history();
    expect(code).toBe(EXIT.ok);
    expect(
      io.out(),
    ).toBe(`2026-08-23T10:00:00.000Z  s3  order bbbbbbbb, resource cccccccc  Create order of "Reads \\u001b[31m" read, it is executing
2026-08-24T10:00:00.000Z  s3  order bbbbbbbb, resource cccccccc  set-quota waldur-x (to {"bytes":"7"}) in 3 ms
2026-08-25T10:00:00.000Z  s3  order bbbbbbbb, resource cccccccc  Create order of "Reads \\u001b[31m" ended after 5 ms: done
2026-08-25T10:00:00.000Z  s3  2 entries from a to b could not be written: full
`);
  });

  it.each([
    [['--order', ORDER], 3],
    [['--order', 'b'.repeat(31)], 'is not a UUID'],
    [['--resource', RESOURCE], 3],
    [['--resource', 'waldur-x'], 3],
    [['--resource', 'Reads \u001b[31m'], 3],
    [['--resource', 'waldur-y'], 0],
    [['--since', '36h'], 3],
    [['--since', '2026-08-25'], 2],
    [['--since', '2026-08-24T10:00:00Z'], 3],
    [['--since', 'yesterday'], 'is not a time'],
    [['--limit', '1'], 1],
    [['--limit', '0'], 'is not a number'],
  ] as const)('%j', async (argv, expected) => {
    if (typeof expected === 'string') return expect(history(argv)).rejects.toThrow(expected);
    const { io } = await history(['--json', ...argv]);
    expect(JSON.parse(io.out()).entries).toHaveLength(expected);
  });

  it('has a document for programs', async () => {
    const { io } = await history(['--json', '--limit', '3']);
    expect(JSON.parse(io.out())).toMatchObject({
      version: 1,
      entries: [
        {
          offering: OFFERING,
          seq: 2,
          order: ORDER,
          resource: RESOURCE,
          kind: 'backend',
          at: '2026-08-24T10:00:00.000Z',
        },
        { seq: 3, kind: 'order', stage: 'ended', ending: 'done' },
        { seq: 4, kind: 'lost', hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ],
    });
  });

  it('verifies the chain, and shows what was changed', async () => {
    const sound = await history(['--verify']);
    expect(sound.code).toBe(EXIT.ok);
    expect(sound.io.out()).toMatch(/^s3: 4 entries, unchanged\n {2}last entry 4, hash [0-9a-f]{64}\n$/);
    const { default: Libsql } = await import('libsql');
    const file = new Libsql(state());
    file.exec(`UPDATE journal SET body = replace(body, 'waldur-x', 'waldur-y') WHERE seq = 2`);
    file.close();
    const changed = await history(['--verify']);
    expect(changed.code).toBe(EXIT.failed);
    expect(changed.io.out()).toContain('s3: the journal was changed\n  entry 2 was changed, or the one before it\n');
  });

  it('follows what happens, from where it is', async () => {
    const { io, code } = invoke(['history', '--follow', '--limit', '1', '--json']);
    const lines = () =>
      io
        .out()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).seq as number);
    const until = (count: number): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => (lines().length >= count ? resolve() : io.onWrite(look));
        look();
      });
    await until(1);
    expect(lines()).toEqual([4]);
    const opened = await openJournal({ state: state(), journalDays: 365 } as Config, fakeIo());
    opened?.journal.record({ offering: OFFERING }, order('read'));
    await opened?.close();
    await (io.clock as ReturnType<typeof import('../fakes/clock.ts').manualClock>).advance(1000);
    await until(2);
    expect(lines()).toEqual([4, 5]);
    io.abort.abort(new Error('stopped'));
    expect(await code).toBe(EXIT.ok);
  });
});

test('without a state file there is nothing to read, and the hint says why', async () => {
  await expect(history()).rejects.toMatchObject({
    code: 'JOURNAL_ABSENT',
    message: expect.stringContaining('does not exist'),
  });
  await expect(history([], yaml(false))).rejects.toMatchObject({ hint: expect.stringContaining('state') });
  expect(existsSync(state())).toBe(false);
});

describe('a command that may change something', () => {
  const entries = async () => {
    const { io } = await history(['--json']);
    return JSON.parse(io.out()).entries as readonly Record<string, unknown>[];
  };

  it('is in the journal with its user, and without secrets', async () => {
    await (await openStore(state(), fakeIo().clock)).close();
    expect(await invoke(['orphans', '--delete', '--yes']).code).toBe(EXIT.ok);
    const account = join(folder, 'waldur-acme-genomics-01234567');
    mkdirSync(account);
    writeFileSync(join(account, '.bucket_metadata'), JSON.stringify({ waldur_resource: RESOURCE }));
    // Waldur has to be asked now, and is down.
    expect(await invoke(['orphans', '--delete', '--yes']).code).toBe(EXIT.unavailable);
    const [entry, failed, ...others] = await entries();
    expect(others).toEqual([]);
    expect(failed).toMatchObject({ outcome: 'failed', user: 'alice' });
    expect(entry).toMatchObject({
      kind: 'command',
      command: 'orphans',
      user: 'alice',
      source: 'cli',
      options: { delete: true, yes: true },
      outcome: 'done',
    });
    expect(JSON.stringify(entry)).not.toContain(TOKEN);
  });

  it('is not kept where it only looks, and makes no file', async () => {
    await invoke(['orphans']).code;
    await invoke(['orphans', '--delete', '--yes']).code;
    expect(existsSync(state())).toBe(false);
  });

  it('is carried out all the same when the journal cannot be written', async () => {
    await (await openStore(state(), fakeIo().clock)).close();
    const { default: Libsql } = await import('libsql');
    const file = new Libsql(state());
    file.exec('DROP TABLE journal');
    file.close();
    const { code, io } = invoke(['orphans', '--delete', '--yes']);
    expect(await code).toBe(EXIT.ok);
    expect(io.err()).toContain('warning: this command is not in the journal: ');
  });
});

test('the user is the one of the system, with the one behind sudo', () => {
  const user = osUser({});
  expect(user).not.toBe('');
  expect(osUser({ SUDO_USER: user })).toBe(user);
  expect(osUser({ SUDO_USER: 'carol' })).toBe(`carol as ${user}`);
});
