import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { freePort } from '../../../../src/cli/demo/free-port.ts';
import { systemClock } from '../../../../src/lib/clock.ts';
import type { Step } from '../../../../src/plugin/conformance/world.ts';
import type { Applied } from '../../../../src/plugin/contract.ts';
import type { KeyPair } from '../../../../src/s3/sigv4.ts';
import { completeSettings } from '../../../../test/fakes/complete-settings.ts';
import { apply } from '../../apply.ts';
import { createDeps, type Deps } from '../../deps.ts';
import { scan } from '../../quota/scan.ts';
import { type Settings, settingsSchema } from '../../settings.ts';
import { type AgentSide, openAgentSide } from '../../thread/agent-side.ts';
import type { ThreadStart } from '../../thread/calls.ts';
import { ownerOf } from '../../thread/owner-of.ts';
import { canSharePort } from '../../thread/roles.ts';
import { startThread } from '../../thread/start-thread.ts';
import { type Client, createClient } from '../gateway/client.ts';
import { untilListening } from '../gateway/lab.ts';

export const signal = new AbortController().signal;
export const ACCOUNT = 'waldur-org-one-01234567';
const OF = { account: ACCOUNT, resource: '01234567'.repeat(4) };

/** A gateway in a thread, and the side of it that the agent has. */
export interface Threaded {
  readonly root: string;
  readonly port: number;
  readonly deps: Deps;
  readonly side: AgentSide;
  readonly logged: string[];
  /** Serves until `stop`, or until the thread ends by itself: `ended` says how. */
  start(): Promise<void>;
  readonly ended: () => Promise<unknown>;
  stop(): Promise<void>;
  /** As if the thread that stores the account's bucket had crashed, at whatever it was doing. */
  terminate(): Promise<void>;
  apply(step: Step): Promise<Applied>;
  client(keys: KeyPair): Client;
  /** Of the account: what is in its directory. */
  counted(): Promise<{ readonly bytes: bigint; readonly objects: bigint }>;
  staged(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openThreaded(changes: Partial<Settings> = {}): Promise<Threaded> {
  const root = await mkdtemp(join(tmpdir(), 'ironbucket-thread-'));
  const port = await freePort(Math.random);
  const logged: string[] = [];
  const write = (_: unknown, message: string): void => void logged.push(message);
  const log = { debug: () => undefined, info: write, warn: write, error: write, child: () => log };
  const own = {
    storage_path: root,
    gateway_workers: 1,
    listen: `127.0.0.1:${port}`,
    access_key: 'administrator',
    secret_key: 'administrator-secret',
    quota_flush_interval_ms: 100,
  };
  const settings = { ...completeSettings<Settings>(settingsSchema, own), ...changes };
  let notice: AgentSide['notice'] = () => undefined;
  const local = createDeps(
    { settings, log, clock: systemClock, random: (bytes) => randomBytes(bytes) },
    { changed: (...change) => notice(...change) },
  );
  let threads: { readonly started: ThreadStart; readonly worker: Worker }[] = [];
  const side = openAgentSide(local, [], canSharePort(process.platform, process.versions.node), (started, moved) => {
    const worker = startThread(started, moved);
    threads.push({ started, worker });
    return worker;
  });
  notice = side.notice;
  let running = new AbortController();
  let served: Promise<unknown> = Promise.resolve();
  return {
    root,
    port,
    deps: side.deps,
    side,
    logged,
    start: async () => {
      threads = [];
      running = new AbortController();
      served = side.serve(running.signal).catch((error: unknown) => error);
      await untilListening(served, side.gateway);
    },
    ended: () => served,
    stop: async () => {
      running.abort();
      await served;
    },
    terminate: async () => {
      const owner = threads.find(({ started: { index, count } }) => index === ownerOf(ACCOUNT, count));
      // One that takes connections would take the process with it. Nothing catches what it throws at null.
      if (owner?.started.listeners === 0) await owner.worker.terminate();
      else owner?.worker.postMessage(null);
      await served;
    },
    apply: (step) => apply(side.deps, { ...OF, ...step }, signal),
    client: (keys) => createClient(port, keys, ACCOUNT, () => new Date()),
    counted: () => scan(join(root, ACCOUNT), systemClock, signal),
    staged: () => readdir(join(root, ACCOUNT, '.uploads')).catch(() => []),
    close: async () => {
      running.abort();
      await served;
      await local.trash.close();
      execFileSync('rm', ['-rf', root]);
    },
  };
}
