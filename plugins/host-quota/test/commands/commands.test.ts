import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.ts';
import { createHttp } from '../../../../src/lib/http.ts';
import type { JsonObject } from '../../../../src/lib/json.ts';
import { createMemoryDocuments } from '../../../../src/plugin/memory-documents.ts';
import { COMMON } from '../../../../test/fakes/common-settings.ts';
import { silentLog } from '../../../../test/fakes/log.ts';
import { commands } from '../../commands/commands.ts';
import { openRegistry } from '../../registry/registry.ts';
import { registryFiles } from '../../registry/registry-files.ts';
import type { Settings } from '../../settings.ts';
import { createLab, withDefaults } from '../lab.ts';
import { KEY, type RunningHost, startHost } from '../remote/rig.ts';

let host: RunningHost | undefined;
let folder: string | undefined;
afterEach(async () => {
  await host?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
  host = undefined;
  folder = undefined;
});

interface Called {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly asked: readonly string[];
}

interface Options {
  readonly says?: boolean;
  readonly document?: JsonObject;
  readonly remote?: string;
  readonly settings?: Partial<Settings>;
}

/** One command on a made-up host1, as a person on a terminal types it. */
async function agent(line: string, { says, document = {}, remote, settings: changes }: Options = {}): Promise<Called> {
  const words = line.split(' ');
  const command = commands.find(({ name }) => `quota ${words[0]}` === name);
  if (command === undefined) throw new Error(`there is no ${line}`);
  const values = new Map<string, string>();
  const flags = new Set<string>();
  const positionals: string[] = [];
  for (let at = 1; at < words.length; at++) {
    const [, name] = /^--(.+)$/.exec(words[at] ?? '') ?? [];
    const option = command.options.find((one) => one.name === name);
    if (name === undefined) positionals.push(words[at] ?? '');
    else if (option?.placeholder === undefined) flags.add(name);
    else values.set(name, words[++at] ?? '');
  }
  folder ??= await mkdtemp(join(tmpdir(), 'registry-'));
  const remotes = remote === undefined ? [] : [{ id: 'other', url: remote, api_key: KEY }];
  const settings = withDefaults({
    device: '/dev/sda1',
    MOCK_QUOTA: true,
    registry: folder,
    remote: remotes,
    ...changes,
  });
  const [out, err, asked]: string[][] = [[], [], []];
  const output = (lines: string[] = []) => ({
    write: (text: string) => void lines.push(text),
    isTTY: true,
    columns: 120,
  });
  const store = createMemoryDocuments(systemClock);
  const http = (options: Parameters<typeof createHttp>[0]) => createHttp(options, { clock: systemClock });
  const context = {
    settings,
    common: COMMON,
    log: silentLog(),
    clock: systemClock,
    store,
    http,
    random: (size: number) => new Uint8Array(size),
  };
  const code = await command.run({
    values,
    flags,
    positionals,
    stdout: output(out),
    stderr: output(err),
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
    confirm: async (question) => {
      asked?.push(question);
      return says;
    },
    document: async () => document,
    offering: async () => ({
      name: 'Home',
      context,
      resource: () => Promise.reject(new Error('no Waldur')),
      close: async () => undefined,
    }),
  });
  return { code, out: (out ?? []).join(''), err: (err ?? []).join(''), asked: asked ?? [] };
}

describe('agent quota', () => {
  it('lists who has a limit, as a table and as JSON', async () => {
    const { out } = await agent('list --device /dev/sda1');
    expect(out.split('\n').slice(0, 2)).toEqual([
      'WHO      DEVICE     USED       SOFT       HARD       FILES  LIMIT   STATUS',
      'alice    /dev/sda1  439.5 MiB  390.6 MiB  488.3 MiB  85000  100000  in grace',
    ]);
    expect(out).not.toContain('diana');
    const json = JSON.parse((await agent('list --device /dev/sda1 --json')).out) as unknown;
    expect(json).toMatchObject([
      { subject: 'user', device: '/dev/sda1', uid: 1000, block_hard_limit: 500_000 },
      {},
      {},
      {},
    ]);
  });

  it('shows one on every device, and devices', async () => {
    expect((await agent('show diana')).out.trimEnd().split('\n')).toHaveLength(3);
    expect((await agent('show 1003')).out).toBe((await agent('show diana')).out);
    expect((await agent('devices')).out).toContain('/dev/nvme0n1p1  ext4');
  });

  it('shows limits before and after, and sets nothing without a yes', async () => {
    const asked = await agent('set alice --space 20G --inodes 5000', { says: false });
    expect(asked.code).toBe(1);
    expect(asked.asked).toEqual(['Set these limits on storage1?']);
    expect(asked.out).toMatch(/before .* 488\.3 MiB/);
    expect(asked.out).toMatch(/after .* 20 GiB .* 5000/);
    expect(asked.out).not.toContain('Set, and read back');
    expect((await agent('set alice --space 20G')).err).toContain('--yes');
    const done = await agent('set alice --space 20G --yes');
    expect(done).toMatchObject({ code: 0, asked: [], out: expect.stringContaining('Set, and read back.') });
  });

  it('sets many from a file, and tells who failed', async () => {
    const document = {
      device: '/dev/sda1',
      quotas: [
        { who: 'alice', space: '1G' },
        { who: 'nobody', space: '1G' },
        { who: 1001, inodes: 7 },
      ],
    };
    const { code, out, err } = await agent('batch many.yaml --yes', { document });
    expect([code, out]).toEqual([1, '2 of 3 changed.\n']);
    expect(err).toMatch(/^nobody: There is no user "nobody"/);
  });

  it('sets the defaults of a device after showing them before and after', async () => {
    host = await startHost('host1');
    const remote = host.url;
    const on = async (line: string, options: Options = {}) => agent(`${line} --host other`, { remote, ...options });
    expect((await on('defaults')).out.trimEnd().split('\n')).toHaveLength(1);
    const asked = await on('defaults /dev/sda1 --space 20G --soft 18G', { says: false });
    expect(asked).toMatchObject({ code: 1, asked: ['Give these limits to users of /dev/sda1 without any?'] });
    expect(asked.out).toMatch(/before .* - +- +-\n.*after .* 18 GiB +20 GiB/s);
    expect((await on('defaults')).out.trimEnd().split('\n')).toHaveLength(1);
    expect((await on('defaults /dev/sda1 --space 20G --soft 18G --yes')).code).toBe(0);
    // What is not named stays, but for a soft limit above the new hard one.
    await on('defaults /dev/sda1 --inodes 500 --space 10G --yes');
    expect((await on('defaults')).out).toMatch(/\/dev\/sda1 +10 GiB +10 GiB +500/);
    await expect(on('defaults /dev/sda1 --soft 30G --yes')).rejects.toMatchObject({ code: 'HOST_QUOTA_BAD_LIMIT' });
    const here = await agent('defaults /dev/sda1 --space 1G --yes --json');
    expect(JSON.parse(here.out)).toMatchObject({ device_name: '/dev/sda1', block_hard_limit: 1_048_576 });
    expect(here.err).toContain('durable');
  });

  it('works on a host behind its remote API', async () => {
    host = await startHost('host3');
    const remote = host.url;
    expect((await agent('list --host other', { remote })).out).toContain('tank/scratch');
    const set = await agent('set bob --host other --device tank/home --space 12G --yes', { remote });
    expect(set.code).toBe(0);
    expect((await agent('show bob --host other', { remote })).out).toContain('12 GiB');
    expect(await agent('hosts', { remote })).toMatchObject({ code: 0, out: expect.stringMatching(/other +ok/) });
  });

  it('lists what it can when one device cannot be read, and says on stderr which and why', async () => {
    // Docker beside the file systems of the machine that runs the test.
    const settings = { MOCK_QUOTA: false, USE_DOCKER_QUOTA: true, docker: { socket: '/nonexistent' } };
    for (const line of ['list', 'show alice']) {
      const { code, out, err } = await agent(line, { settings });
      expect([code, out.split('\n')[0], err]).toEqual([
        1,
        expect.stringMatching(/^WHO +DEVICE/),
        'docker: the Docker engine at /nonexistent does not answer: ENOENT\n',
      ]);
    }
    expect(await agent('devices', { settings })).toMatchObject({ code: 0, out: expect.stringContaining('docker') });
  });

  it('has the made-up Docker of host4, which nothing enforces', async () => {
    const settings = withDefaults({ device: 'docker', MOCK_QUOTA: true, MOCK_HOST_ID: 'host4' });
    const { out } = await agent('docker usage', { settings });
    expect(out).toMatch(/charlie +5 GiB +6 GiB/);
    const lab = await createLab(settings);
    const backend = lab.open();
    expect(backend.jobs?.map(({ name }) => name)).toEqual(['events', 'enforcement', 'defaults']);
    await backend.close();
    await lab.close();
  });

  it('says yes for an existing user that an order names', async () => {
    folder = await mkdtemp(join(tmpdir(), 'registry-'));
    const registry = openRegistry({
      directory: folder,
      files: registryFiles,
      token: 'test',
      store: createMemoryDocuments(systemClock),
    });
    const resource = '0123456789abcdef0123456789abcdef';
    const record = {
      resource,
      asked: 'x',
      account: 'storage1/user/1000@/dev/sda1',
      subject: 'user',
      name: 'alice',
      id: 1000,
      made: 'nothing',
      bytes: null,
      objects: null,
    } as const;
    await registry.update(record, () => ({ ...record, requestedAt: '2026-11-28T10:00:00.000Z' }));
    expect((await agent('approve')).out).toContain('alice');
    expect((await agent('approve alice', { says: false })).code).toBe(1);
    expect((await registry.all())[0]?.requestedAt).toBeDefined();
    expect((await agent('approve alice', { says: true })).code).toBe(0);
    expect((await registry.all())[0]?.requestedAt).toBeUndefined();
    // The agent writes at the same time.
    await registry.update(record, () => ({ ...record, requestedAt: '2026-11-28T10:00:00.000Z' }));
    const others = Array.from({ length: 20 }, (_, index) => ({
      ...record,
      resource: index.toString(16).padStart(32, '0'),
      account: `storage1/user/${2000 + index}@/dev/sda1`,
    }));
    const writing = Promise.all(others.map((other) => registry.update(other, () => other)));
    expect((await agent('approve alice', { says: true })).code).toBe(0);
    await writing;
    const all = await registry.all();
    expect(all).toHaveLength(21);
    expect(all.filter(({ requestedAt }) => requestedAt !== undefined)).toEqual([]);
  });
});
