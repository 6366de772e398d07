import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../../src/lib/clock.ts';
import { createHttp } from '../../../../src/lib/http.ts';
import type { Backend, PluginContext } from '../../../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../../../src/plugin/memory-documents.ts';
import type { KeyPair } from '../../../../src/s3/sigv4.ts';
import { COMMON } from '../../../../test/fakes/common-settings.ts';
import { completeSettings } from '../../../../test/fakes/complete-settings.ts';
import { apply } from '../../apply.ts';
import { createDeps, type Deps, otherNodes, type Storage } from '../../deps.ts';
import { directDisk } from '../../direct-disk.ts';
import { nodeDisk } from '../../disk.ts';
import { createGateway, type Gateway } from '../../gateway/server.ts';
import { createBackend } from '../../index.ts';
import { directFiles } from '../../objects/direct-files.ts';
import { parseQuota } from '../../quota/quota-file.ts';
import { scan } from '../../quota/scan.ts';
import { serve } from '../../serve.ts';
import { type Settings, settingsSchema } from '../../settings.ts';
import { type Client, createClient } from './client.ts';

export const ACCOUNT = 'waldur-org-one-01234567';
export const OTHER = 'waldur-org-two-76543210';
export const ADMINISTRATOR: KeyPair = { accessKey: 'administrator', secretKey: 'administrator-secret' };
export const MIB = 1024 * 1024;
const signal = new AbortController().signal;

/** A gateway on a port of its own, with one account and its keys. */
export interface Site {
  readonly root: string;
  readonly deps: Deps;
  readonly port: number;
  readonly keys: KeyPair;
  /** With the keys of the account, on its bucket. */
  readonly s3: Client;
  /** With those of the administrator. */
  readonly admin: Client;
  readonly logged: string[];
  path(...parts: string[]): string;
  /** Another account. */
  order(account: string, bytes?: bigint | null): Promise<KeyPair>;
  client(keys: KeyPair, bucket?: string): Client;
  /** What `.quota` says after the last flush, and what is there. */
  counted(bucket?: string): Promise<{ readonly file: Usage; readonly scan: Usage }>;
  /** What the agent has of it in a process of its own. */
  backend(changes: Partial<Settings>): Backend;
  stop(): Promise<void>;
  /** Nothing it does from now on has an effect, as if the process had died; another one on the same directory follows. */
  kill(): Promise<Site>;
  /** Again on the same directory, perhaps with other settings. */
  restart(changes?: Partial<Settings>, storage?: Storage): Promise<Site>;
  close(): Promise<void>;
}

export interface Usage {
  readonly bytes: bigint;
  readonly objects: bigint;
}

export interface SiteOptions {
  readonly limit?: bigint | null;
  readonly settings?: Partial<Settings>;
  readonly storage?: Storage;
  readonly clock?: Clock;
}

export async function openSite(options: SiteOptions = {}): Promise<Site> {
  const root = await mkdtemp(join(tmpdir(), 'ironbucket-gateway-'));
  return openOn(root, options, undefined);
}

async function openOn(root: string, options: SiteOptions, known: KeyPair | undefined): Promise<Site> {
  const logged: string[] = [];
  const context = contextOf(root, options, logged);
  const life = { dead: false };
  const disk = mortal(options.storage?.disk ?? directDisk, life);
  const files = mortal(options.storage?.files ?? directFiles(systemClock), life);
  const deps = createDeps(context, { disk, files, others: otherNodes(context) });
  const gateway = createGateway(deps);
  const running = new AbortController();

  const order = async (account: string, bytes: bigint | null = null): Promise<KeyPair> => {
    const ref = { account, resource: account.slice(-8).repeat(4) };
    const quota = { bytes, objects: null };
    await apply(deps, { ...ref, kind: 'create-account', displayName: account, quota, attributes: {} }, signal);
    const { credentials } = await apply(deps, { ...ref, kind: 'issue-key' }, signal);
    if (credentials === undefined) throw new Error('no credentials');
    return credentials;
  };
  const keys = known ?? (await order(ACCOUNT, options.limit));
  const served = serve(deps, gateway, running.signal);
  await untilListening(served, gateway);
  const port = gateway.address()?.port ?? 0;
  const now = (): Date => context.clock.now();
  const client = (pair: KeyPair, bucket = ACCOUNT): Client => createClient(port, pair, bucket, now);
  const path = (...parts: string[]): string => join(root, ACCOUNT, ...parts);

  const stop = async (): Promise<void> => {
    running.abort();
    await served;
    await deps.trash.close();
  };
  return {
    root,
    deps,
    port,
    keys,
    s3: client(keys),
    admin: client(ADMINISTRATOR),
    logged,
    path,
    order,
    client,
    counted: async (bucket = ACCOUNT) => {
      const record = parseQuota((await nodeDisk.read(join(root, bucket, '.quota'))) ?? '');
      if (record === undefined) throw new Error('no .quota');
      const found = await scan(join(root, bucket), systemClock, signal);
      return { file: { bytes: record.usedBytes, objects: record.objects }, scan: found };
    },
    backend: (changes) => createBackend(contextOf(root, { settings: { ...options.settings, ...changes } }, logged)),
    stop,
    kill: async () => {
      life.dead = true;
      await stop();
      return openOn(root, options, keys);
    },
    restart: async (changes, storage) => {
      await stop();
      return openOn(
        root,
        { ...options, settings: { ...options.settings, ...changes }, ...(storage && { storage }) },
        keys,
      );
    },
    close: async () => {
      await stop();
      execFileSync('rm', ['-rf', root]);
    },
  };
}

function contextOf(
  root: string,
  { settings, clock = systemClock }: SiteOptions,
  logged: string[],
): PluginContext<Settings> {
  const write = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    const { err } = fields;
    logged.push(`${message}: ${err instanceof Error ? err.message : ''}`);
  };
  const log = { debug: () => undefined, info: () => undefined, warn: write, error: write, child: () => log };
  const { accessKey: access_key, secretKey: secret_key } = ADMINISTRATOR;
  const own = { storage_path: root, listen: '127.0.0.1:0', access_key, secret_key, quota_flush_interval_ms: 100 };
  return {
    settings: { ...completeSettings<Settings>(settingsSchema, own), ...settings },
    log,
    http: (options) => createHttp(options, { clock }),
    clock,
    common: COMMON,
    store: createMemoryDocuments(clock),
    random: (bytes) => randomBytes(bytes),
  };
}

/** The dead have no effects. */
function mortal<T extends object>(effects: T, life: { readonly dead: boolean }): T {
  const wrapped = Object.entries(effects).map(([name, effect]: [string, unknown]) => {
    if (typeof effect !== 'function' || name === 'entries' || name === 'names') return [name, effect];
    return [
      name,
      async (...args: unknown[]): Promise<unknown> => {
        if (life.dead) throw new Error('the process died');
        const result: unknown = await effect(...args);
        return name === 'create' ? mortal(result as object, life) : result;
      },
    ];
  });
  return Object.fromEntries(wrapped) as T;
}

/** Until it is so; the runner's own limit ends what never is. */
export async function waitFor(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

/** Until it listens, or what serves it has ended: a wait that went on would take a core from all tests in the process. */
export async function untilListening(served: Promise<unknown>, gateway: Pick<Gateway, 'address'>): Promise<void> {
  let hasEnded = false;
  const ended = served.finally(() => {
    hasEnded = true;
  });
  await Promise.race([ended, waitFor(() => hasEnded || gateway.address() !== undefined)]);
}

/** What is staged and not an object. */
export async function staged(site: Site): Promise<readonly string[]> {
  return readdir(site.path('.uploads')).catch(() => []);
}
