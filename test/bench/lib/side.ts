import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FIXTURE } from '../../../src/sandbox/fixture.ts';
import { siteYaml } from '../../fakes/site.ts';
import { startPeer } from '../../labs/peer/start-peer.ts';
import { startAgentProcess } from './agent-process.ts';
import { addBuckets } from './population.ts';
import { cpuSeconds } from './proc.ts';
import type { SandboxProcess } from './sandbox-process.ts';
import { until } from './until.ts';

/** An agent that is compared: both serve the same offering of a sandbox, with what they keep in the same folder. */
export interface Side {
  readonly name: 'peer' | 'ours';
  /** Resolves when it hears events. */
  start(sandbox: SandboxProcess, folder: string): Promise<Running>;
  /** Reports the usage of everything, once, and resolves when Waldur has heard the last of it. */
  report(sandbox: SandboxProcess, folder: string, pass: Pass): Promise<Reported>;
}

export interface Running {
  readonly pid: number;
  stop(): Promise<unknown>;
}

export interface Pass {
  readonly resources: number;
  /** Whether every resource has the usage that was reported before. */
  readonly unchanged: boolean;
  readonly patienceMs: number;
}

export interface Reported {
  readonly seconds: number;
  /** Resources that were done when patience was over. */
  readonly done: number;
  readonly requests: number;
  readonly cpuSeconds: number;
  readonly running: Running;
}

export const OURS: Side = {
  name: 'ours',
  start: async (sandbox, folder) => {
    const storage = join(folder, 'storage');
    mkdirSync(storage, { recursive: true });
    const agent = await startAgentProcess(siteYaml(sandbox, storage, FIXTURE.limit), folder);
    await agent.connected();
    return agent;
  },
  report: async (sandbox, folder, { resources, unchanged }) => {
    const storage = join(folder, 'storage');
    if (!unchanged) {
      mkdirSync(storage);
      await addBuckets(storage, resources);
    }
    const agent = await startAgentProcess(siteYaml(sandbox, storage, FIXTURE.limit), folder);
    await agent.connected();
    const since = await lastSeq(sandbox);
    const cpu = cpuSeconds(agent.pid);
    const started = performance.now();
    agent.report();
    await until('the report', () => agent.logged('usage reported').length > 0);
    const seconds = (performance.now() - started) / 1000;
    const requests = (await sandbox.journal(since, 'http')).length;
    return { seconds, done: resources, requests, cpuSeconds: cpuSeconds(agent.pid) - cpu, running: agent };
  },
};

export const PEER: Side = {
  name: 'peer',
  start: async (sandbox, folder) => {
    const peer = startPythonAgent(sandbox, folder, 'event_process');
    await until('the Python agent', () => peer.ready(), { everyMs: 5 });
    return { pid: pidOf(peer), stop: () => peer.stop() };
  },
  report: async (sandbox, folder, { resources, unchanged, patienceMs }) => {
    let seen = await lastSeq(sandbox);
    const since = seen;
    const peer = startPythonAgent(sandbox, folder, 'report');
    // Its start is another figure: the time runs from its first look at the resources.
    let started: number | undefined;
    let cpu = 0;
    let done = 0;
    const isOver = async (): Promise<boolean> => {
      const entries = await sandbox.journal(seen, 'http');
      seen = entries.at(-1)?.seq ?? seen;
      const looked = entries.some(({ path }) => path === '/api/marketplace-provider-resources/');
      if (looked && started === undefined) {
        started = performance.now();
        cpu = cpuSeconds(pidOf(peer));
      }
      const last = unchanged ? /^GET .*component-usages\/$/ : /^POST .*set_usage\/$/;
      done += entries.filter(({ method, path }) => last.test(`${method} ${path}`)).length;
      return done >= resources || (started !== undefined && performance.now() - started > patienceMs);
    };
    await until('the report', isOver, { everyMs: 20, patienceMs: patienceMs + 60_000 });
    const seconds = (performance.now() - (started ?? 0)) / 1000;
    const requests = (await sandbox.journal(since, 'http')).length;
    const running = { pid: pidOf(peer), stop: () => peer.stop() };
    return { seconds, done, requests, cpuSeconds: cpuSeconds(running.pid) - cpu, running };
  },
};

/** Usage that may fall, as that of storage does, saves it one request for every resource. */
function startPythonAgent(sandbox: SandboxProcess, folder: string, mode: 'event_process' | 'report') {
  mkdirSync(join(folder, 'accounts'), { recursive: true });
  const settings = { decreasing: true, ...(mode === 'report' ? { usage: { storage: 1.25, objects: 2 } } : {}) };
  return startPeer(sandbox, { mode, folder, offerings: { limit: settings } });
}

function pidOf({ child }: { readonly child: { readonly pid?: number | undefined } }): number {
  if (child.pid === undefined) throw new Error('the Python agent did not start');
  return child.pid;
}

export async function lastSeq(sandbox: SandboxProcess): Promise<number> {
  return (await sandbox.journal(0, 'http')).at(-1)?.seq ?? 0;
}
