import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { conformance, type Lab } from '../../src/plugin/conformance.ts';
import type { Backend, Plugin, PluginContext } from '../../src/plugin/contract.ts';
import { manualClock } from '../fakes/clock.ts';

interface Account {
  resource: string | undefined;
  files: number[];
  hidden: boolean;
}
type Servers = Map<string, Map<string, Account>>;

const folder = join(dirname(fileURLToPath(import.meta.url)), 'fixtures/waldur-plugin-memory');
const { plugin, servers } = (await import(join(folder, 'index.js'))) as { plugin: Plugin; servers: Servers };
const settings = { server: 'lab', token: 'a-very-secret-token', prefix: 'mem_' };

const attributes = { create: { tier: 'fast', note: 'first' }, change: { note: 'second' } };
conformance({ describe, it }, { plugin, settings, folder, attributes, lab: () => lab((backend) => backend) });

describe('the suite notices a backend that', () => {
  it.each<[string, (backend: Backend) => Partial<Backend>, string]>([
    [
      'calls an outage an absence',
      (backend) => ({
        observe: async function* (accounts, signal) {
          const seen = new Set<string>();
          for await (const observed of backend.observe(accounts, signal)) {
            seen.add(observed.account);
            yield observed;
          }
          if (accounts === 'all') return;
          for (const { account } of accounts) if (!seen.has(account)) yield { state: 'absent', account };
        },
      }),
      'never reads an outage as an absence',
    ],
    [
      'deletes data without being told to',
      (backend) => ({
        apply: (action, signal) =>
          backend.apply(action.kind === 'delete-account' ? { ...action, purge: true } : action, signal),
      }),
      'deletes an account that holds data only when told to',
    ],
    [
      'takes whatever it finds',
      (backend) => ({
        apply: (action, signal) => {
          const found = servers.get('lab')?.get(action.account);
          if (found !== undefined) found.resource = action.resource;
          return backend.apply(action, signal);
        },
      }),
      'leaves an account without a stamp alone',
    ],
    [
      'reads 0 as no limit',
      (backend) => ({
        observe: async function* (accounts, signal) {
          for await (const seen of backend.observe(accounts, signal)) {
            const none = seen.state === 'found' && seen.quota.bytes === 0n;
            yield none ? { ...seen, quota: { bytes: null, objects: null } } : seen;
          }
        },
      }),
      'tells no limit from nothing allowed, and reads back what it set',
    ],
    [
      'reports nothing stored for what it cannot read',
      (backend) => ({
        usage: async function* (accounts, query, signal) {
          yield* backend.usage(accounts, query, signal);
          const measuredAt = query.window.from;
          for (const account of accounts) yield { account, measuredAt, quantities: { storage: 0n, objects: 0n } };
        },
      }),
      'measures what is stored; what it cannot read is missing, not empty',
    ],
    [
      'does not look at the signal',
      (backend) => ({ apply: (action) => backend.apply(action, new AbortController().signal) }),
      'stops when told to, before it changes anything',
    ],
    [
      'puts its token into an error',
      (backend) => ({
        apply: (action, signal) =>
          backend.apply(action, signal).catch((error: Error) => {
            error.message += ` (token ${settings.token})`;
            throw error;
          }),
      }),
      'leaves the account of another resource alone',
    ],
    [
      'throws what is no AgentError',
      (backend) => ({
        apply: (action, signal) =>
          backend.apply(action, signal).catch((error: Error) => Promise.reject(new Error(error.message))),
      }),
      'leaves an account without a stamp alone',
    ],
    [
      'forgets what was to be changed',
      (backend) => ({
        apply: async (action, signal) =>
          action.kind === 'configure' ? { changed: true } : backend.apply(action, signal),
      }),
      'changes the attributes it has, and refuses others',
    ],
    [
      'gives the same key twice',
      (backend) => {
        const first = new Map<string, Awaited<ReturnType<Backend['apply']>>>();
        return {
          apply: async (action, signal) => {
            const applied = first.get(action.kind) ?? (await backend.apply(action, signal));
            if (action.kind === 'issue-key') first.set(action.kind, applied);
            return applied;
          },
        };
      },
      'issues another key every time, and revokes it once',
    ],
  ])('%s', async (_, broken, expected) => {
    expect(await failures((backend) => ({ ...backend, ...broken(backend) }))).toContain(expected);
  });

  it('has nothing wrong with it: nothing', async () => {
    expect(await failures((backend) => backend)).toEqual([]);
  });
});

/** Names of the tests that fail. */
async function failures(change: (backend: Backend) => Backend): Promise<readonly string[]> {
  const tests: { name: string; body: () => Promise<void> }[] = [];
  const runner = {
    describe: (_: string, body: () => void) => body(),
    it: (name: string, body: () => Promise<void>) => tests.push({ name, body }),
  };
  conformance(runner, { plugin, settings, folder, attributes, lab: () => lab(change) });
  const failed: string[] = [];
  for (const { name, body } of tests) await body().catch(() => failed.push(name));
  return failed;
}

async function lab(change: (backend: Backend) => Backend): Promise<Lab> {
  const accounts = new Map<string, Account>();
  servers.set('lab', accounts);
  let count = 0;
  const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(++count);
  const context = { settings, random, clock: manualClock() } as Partial<PluginContext<unknown>>;
  return {
    open: () => change(plugin.create(context as PluginContext<unknown>)),
    makeForeign: async (account) => {
      const quota = { bytes: null, objects: null };
      accounts.set(account, {
        resource: undefined,
        quota,
        attributes: {},
        keys: [],
        files: [],
        hidden: false,
        suspended: false,
      } as Account);
    },
    store: async (account, bytes) => {
      accounts.get(account)?.files.push(bytes);
    },
    hide: async (account) => {
      const found = accounts.get(account);
      if (found !== undefined) found.hidden = true;
    },
    secrets: [settings.token],
    close: async () => undefined,
  };
}
