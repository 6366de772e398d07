import { constants } from 'node:fs';
import { access, lstat, stat, statfs } from 'node:fs/promises';
import { toAgentError } from '../../src/lib/errors.ts';
import { plural } from '../../src/lib/plural.ts';
import { formatBytes } from '../../src/lib/units.ts';
import type { Check } from '../../src/plugin/contract.ts';
import type { Deps } from './deps.ts';
import { storageError, storageGone } from './errors.ts';
import { probe } from './gateway/probe.ts';
import type { Gateway } from './gateway/server.ts';
import { observe } from './observe.ts';
import { endpointOf } from './settings.ts';

/** Looks at the storage path without changing anything. */
export async function check(
  deps: Deps,
  gateway: Pick<Gateway, 'failure'>,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const path = await attempt('storage path', () => storagePath(deps));
  if (path.status === 'failed') return [path];
  return [
    path,
    await attempt('accounts', () => accountFiles(deps)),
    await attempt('free space', () => freeSpace(deps, signal)),
    await attempt('S3 gateway', () => checkGateway(deps, gateway, signal)),
    publicEndpoint(deps),
  ];
}

type Finding = Omit<Check, 'name'>;

async function attempt(name: string, look: () => Promise<Finding>): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    const { message, hint } = toAgentError(storageError(error, `looking at the ${name}`));
    return { name, status: 'failed', detail: message, ...(hint !== undefined && { hint }) };
  }
}

async function storagePath({ disk, layout: { root } }: Deps): Promise<Finding> {
  if ((await disk.kind(root)) === undefined) throw storageGone(root);
  if (!(await stat(root)).isDirectory()) {
    return { status: 'failed', detail: `${root} is not a directory`, hint: 'Set storage_path to a directory.' };
  }
  await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
  return { status: 'ok', detail: `${root} is writable` };
}

async function accountFiles({ accounts, layout, disk }: Deps): Promise<Finding> {
  const names = await accounts.names();
  // One that is damaged says so.
  for (const name of names) await accounts.get(name);
  if ((await disk.kind(layout.accounts)) === undefined) {
    return { status: 'ok', detail: 'not there yet; the first account creates them' };
  }
  // Buckets are renamed into place, which only works within one file system.
  const [own, root] = await Promise.all([lstat(layout.own), stat(layout.root)]);
  if (own.dev !== root.dev) {
    return { status: 'failed', detail: `${layout.own} is on another file system`, hint: 'Keep it on the same one.' };
  }
  const { mode } = await lstat(layout.accounts);
  if ((mode & 0o077) === 0) return { status: 'ok', detail: plural(names.length, 'account') };
  return {
    status: 'warning',
    detail: `${layout.accounts} can be read by others, and it holds secret keys`,
    hint: `chmod 700 ${layout.accounts}`,
  };
}

async function freeSpace(deps: Deps, signal: AbortSignal): Promise<Finding> {
  const { bavail, bsize } = await statfs(deps.layout.root, { bigint: true });
  const free = bavail * bsize;
  const { promised, unlimited } = await promises(deps, signal);
  const detail = `${formatBytes(free)} free, ${formatBytes(promised)} ordered and not used yet`;
  if (unlimited > 0) return { status: 'warning', detail: `${detail}; ${plural(unlimited, 'bucket')} without a limit` };
  if (promised <= free) return { status: 'ok', detail };
  return { status: 'warning', detail, hint: 'Add space before the consumers use what they ordered.' };
}

/** It runs in the agent, so in the process of another command it is only asked whether it is there. */
async function checkGateway(
  { settings, clock }: Deps,
  gateway: Pick<Gateway, 'failure'>,
  signal: AbortSignal,
): Promise<Finding> {
  const { listen } = settings;
  if (!settings.gateway) return { status: 'ok', detail: 'switched off: another server serves this directory' };
  const failure = gateway.failure();
  if (failure !== undefined) {
    const { message, hint } = failure;
    return { status: 'failed', detail: message, ...(hint !== undefined && { hint }) };
  }
  switch (await probe(clock, listen, signal)) {
    case 'gateway':
      return { status: 'ok', detail: `answers at ${listen}` };
    case 'nothing':
      return { status: 'warning', detail: `nothing answers at ${listen}`, hint: 'It runs in the agent: start that.' };
    case 'other': {
      const hint = 'Set another address in listen, or gateway: false if that serves the directory.';
      return { status: 'failed', detail: `something else answers at ${listen}`, hint };
    }
  }
}

/** What accounts may still write. */
async function promises(deps: Deps, signal: AbortSignal): Promise<{ promised: bigint; unlimited: number }> {
  let promised = 0n;
  let unlimited = 0;
  for await (const observed of observe(deps, 'all', signal)) {
    if (observed.state !== 'found') continue;
    const left = (observed.quota.bytes ?? 0n) - (observed.holds?.bytes ?? 0n);
    if (observed.quota.bytes === null) unlimited++;
    else if (left > 0n) promised += left;
  }
  return { promised, unlimited };
}

function publicEndpoint({ settings }: Deps): Check {
  const url = endpointOf(settings);
  const name = 'public endpoint';
  const { hostname } = new URL(url);
  if (!/^(localhost|127\..*|\[::1\]|0\.0\.0\.0|\[::\])$/.test(hostname)) return { name, status: 'ok', detail: url };
  return {
    name,
    status: 'warning',
    detail: `consumers are told to connect to ${url}, which only this machine reaches`,
    hint: 'Set public_endpoint to the address of the S3 server that serves the storage path.',
  };
}
