import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import type { Agent } from '../../../src/daemon/compose.ts';
import type { Order, Resource } from '../../../src/sandbox/model.ts';
import { openSite, type Site } from '../../fakes/site.ts';

export const MIB = 1_048_576;
const PATIENCE_MS = 45_000;

/** Prints `ok NAME` or `FAIL NAME: why`, one line each; after a failure nothing else is tried. */
export async function step(name: string, work: () => unknown): Promise<void> {
  if (process.exitCode !== undefined) return;
  try {
    await work();
    console.log(`ok ${name}`);
  } catch (error) {
    const why = error instanceof Error ? `${error.message} ${error.stack?.split('\n')[1] ?? ''}` : String(error);
    console.log(`FAIL ${name}: ${why.replaceAll('\n', ' | ').slice(0, 600)}`);
    process.exitCode = 1;
  }
}

/** An embedded Waldur and an agent with this device; `settings` are lines of YAML. */
export async function withAgent(settings: string, work: (site: Site, agent: Agent) => Promise<void>): Promise<void> {
  const site = await openSite({
    offering: 'options',
    backend: 'host-quota',
    settings: `host_id: lab\n${settings}`,
    agent: 'upkeep_interval: 2s\norder_deadline: 5m\n',
  });
  try {
    await work(site, await site.start());
  } finally {
    if (process.exitCode !== undefined)
      for (const line of site.logs.slice(-8)) console.log(`log ${line.slice(0, 900).trim()}`);
    await site.close();
  }
}

/** An order that ends in `done`; limits in MiB and files. */
export function create(site: Site, storage: number, objects?: number): Promise<Order> {
  const attributes = { storage_limit: storage, ...(objects !== undefined && { object_limit: objects }) };
  return done(site, { offering: site.offering, attributes });
}

export async function done(
  site: Site,
  request: NonNullable<Parameters<Site['sandbox']['placeOrder']>[0]>,
  state: 'done' | 'erred' = 'done',
): Promise<Order> {
  return site.sandbox.await(site.sandbox.placeOrder(request), state, AbortSignal.timeout(PATIENCE_MS));
}

/** Name of the directory that the agent made for it. */
export function directoryOf({ backendMetadata }: Resource): string {
  const { directory } = backendMetadata;
  assert.ok(typeof directory === 'string', 'the consumer was told no directory');
  return directory;
}

/** Repeats `check` until it passes. */
export async function soon(check: () => unknown, patienceMs = PATIENCE_MS): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** Writes so many MiB as this user, and answers what the system said about it; empty when it took all. */
export function write(path: string, mebibytes: number, uid: number): string {
  const args = ['if=/dev/zero', `of=${path}`, 'bs=1M', `count=${mebibytes}`, 'conv=fsync'];
  const { status, stderr } = spawnSync('dd', args, { uid, gid: uid, encoding: 'utf8' });
  if (status === 0) return '';
  return /(Disk quota exceeded|No space left on device)/.exec(stderr)?.[1] ?? stderr;
}

/** One line of the report, in KiB and files: used, soft, hard, used, soft, hard. */
export function reported(flag: '-u' | '-g' | '-P', id: number, mount: string): readonly number[] | undefined {
  const text = execFileSync('repquota', [flag, '-v', '-n', '-p', '-O', 'csv', mount], { encoding: 'utf8' });
  const line = text.split('\n').find((one) => one.startsWith(`#${id},`));
  const fields = line?.split(',').map(Number) ?? [];
  return line === undefined ? undefined : [3, 4, 5, 7, 8, 9].map((at) => fields[at] ?? -1);
}

export { assert };
