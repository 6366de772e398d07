import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.ts';
import type { Documents } from '../../../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../../../src/plugin/memory-documents.ts';
import { COMMON } from '../../../../test/fakes/common-settings.ts';
import { silentLog } from '../../../../test/fakes/log.ts';
import { commands } from '../../commands/commands.ts';
import type { Settings } from '../../settings.ts';
import { type SocketServer, startRecordedEngine } from '../docker/socket-server.ts';
import { withDefaults } from '../lab.ts';

const UID = 8123;
let engine: SocketServer;
let folder: string;
let store: Documents;
beforeEach(async () => {
  engine = await startRecordedEngine();
  folder = await mkdtemp(join(tmpdir(), 'registry-'));
  store = createMemoryDocuments(systemClock);
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

/** `agent quota docker …` beside the engine of the recording. */
async function agent(line: string, { says, ...changes }: { says?: boolean } & Partial<Settings> = {}) {
  const command = commands.find(({ name }) => name === 'quota docker');
  const words = line.split(' ');
  const [out, err]: [string[], string[]] = [[], []];
  const output = (lines: string[]) => ({ write: (text: string) => void lines.push(text), isTTY: true, columns: 120 });
  const docker = { socket: engine.path, audit_log: join(folder, 'audit.log'), mode: 'remove', grace: 0 } as const;
  const settings = withDefaults({ device: 'docker', registry: folder, docker, ...changes });
  const context = {
    settings,
    common: COMMON,
    log: silentLog(),
    clock: systemClock,
    store,
    http: () => {
      throw new Error('nothing here speaks HTTP');
    },
    random: (size: number) => new Uint8Array(size),
  };
  const code = await command?.run({
    values: new Map(),
    flags: new Set(words.filter((word) => word.startsWith('--')).map((word) => word.slice(2))),
    positionals: words.filter((word) => !word.startsWith('--')),
    stdout: output(out),
    stderr: output(err),
    env: {},
    cwd: folder,
    signal: new AbortController().signal,
    confirm: async () => says,
    document: async () => ({}),
    offering: async () => ({
      name: 'x',
      context,
      resource: () => Promise.reject(new Error('none')),
      close: async () => undefined,
    }),
  });
  return { code, out: out.join(''), err: err.join('') };
}

describe('agent quota docker', () => {
  it('usage says who takes what, what is no one’s, and what else is on the disk', async () => {
    await agent(`attribute container:c2 ${UID}`);
    const { code, out } = await agent('usage');
    expect(code).toBe(0);
    expect(out.split('\n')[1]).toMatch(/^#8123 +- +3 MiB +3 MiB +0 B +0 B$/);
    expect(out).toMatch(/Unattributed \(no qman\.user\) +6\.9 MiB +0 B +4\.9 MiB +2 MiB/);
    const json = JSON.parse((await agent('usage --json')).out) as { users: unknown };
    expect(json.users).toMatchObject([{ uid: UID, docker_container_bytes: 3_145_728 }]);
  });

  it('attribute decides and forgets; review shows what waits', async () => {
    expect((await agent('review')).out).toMatch(/container:c2 +3 MiB +unattributed/);
    expect((await agent(`attribute container:d21a2f143278 ${UID}`)).out).toContain('counts for 8123');
    expect((await agent('review')).out).not.toContain('container:c2');
    expect((await agent('attribute container:c2 --forget')).code).toBe(0);
    expect(JSON.parse((await agent('review --json')).out)).toMatchObject([
      { name: 'c2', reason: 'unattributed' },
      {},
      {},
      {},
    ]);
    for (const line of [
      'attribute',
      'attribute c2 8123',
      'attribute container:c2',
      `attribute container:c2 ${UID} --forget`,
    ]) {
      expect((await agent(line)).code, line).toBe(64);
    }
    await expect(agent('attribute container:none 8123')).rejects.toMatchObject({ code: 'HOST_QUOTA_DOCKER_NOT_FOUND' });
    await expect(agent('attribute container:c2 0')).rejects.toMatchObject({ code: 'HOST_QUOTA_BAD_NAME' });
    await expect(agent('attribute container:c2 no-such-user-here')).rejects.toMatchObject({
      code: 'HOST_QUOTA_NO_USER',
    });
  });

  it('plan shows what enforce does, which asks first', async () => {
    await agent(`attribute container:c2 ${UID}`);
    await store.put(`docker/limit/${UID}`, { kib: 1024 });
    const id = 'd21a2f14327864eb32d52cf34cd1187fe76ebcbfc4f0746fc9c977536f99aaab';
    engine.answers.set(`DELETE /v1.41/containers/${id}`, { status: 204, body: '' });
    const plan = await agent('plan');
    expect(plan.out).toMatch(/#8123 +3 MiB +1 MiB +act[^\n]*\n +3 MiB +remove +c2 \(bb:1\)/);
    expect(JSON.parse((await agent('plan --json')).out)).toMatchObject([
      { verdict: 'act', steps: [{ action: 'remove', name: 'c2' }] },
    ]);
    expect((await agent('enforce', { says: false })).code).toBe(1);
    expect((await agent('enforce')).err).toContain('add --yes');
    expect(engine.calls.some((call) => call.startsWith('DELETE'))).toBe(false);
    // The recording still lists what was removed; it is not removed again.
    const done = await agent('enforce --yes');
    expect([done.code, done.out]).toEqual([
      0,
      expect.stringContaining('1 user above the limit of Docker, 1 container stopped or removed.'),
    ]);
    expect(engine.calls.filter((call) => call.startsWith('DELETE'))).toEqual([`DELETE /v1.41/containers/${id}`]);
  });

  it('needs Docker among the devices', async () => {
    await expect(agent('usage', { device: '/srv/data' })).rejects.toMatchObject({ code: 'HOST_QUOTA_DOCKER_OFF' });
  });
});
