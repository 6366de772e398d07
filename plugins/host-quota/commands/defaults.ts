import type { CommandCall } from '../../../src/plugin/contract.ts';
import { checkLimits, mergeLimits } from '../devices/limits.ts';
import { type Limits, NO_LIMITS } from '../devices/types.ts';
import { badHostAnswer } from '../errors.ts';
import { readDefaults, writeDefaults } from '../host/defaults.ts';
import { TIMEOUTS } from '../remote/client.ts';
import { limitFields, readLimitFields } from '../remote/wire.ts';
import type { Settings } from '../settings.ts';
import { showBlocks, showCount } from './amount.ts';
import { isAgreed, limitsIn } from './change.ts';
import { devicesOf } from './look.ts';
import { type Opened, withHost } from './open.ts';
import { sayLost } from './rows.ts';
import { writeJson, writeTable } from './table.ts';

type Call = CommandCall<Settings>;

/** The limits that users without any get: those of all devices, or new ones of one. */
export function defaults(call: Call): Promise<number> {
  return withHost(call, async (opened) => {
    const name = call.positionals[0];
    const wanted = limitsIn(call.values);
    if (name === undefined) return list(call, opened);
    const { device, before } = await read(opened, name, call.signal);
    if (Object.keys(wanted).length === 0) return print(call, before === undefined ? [] : [[device, before]]);
    const after = mergeLimits(before ?? NO_LIMITS, wanted);
    checkLimits(after);
    if (!call.flags.has('json')) {
      writeTable(call.stdout, [
        ['', ...HEADER],
        ['before', ...rowOf(device, before ?? NO_LIMITS)],
        ['after', ...rowOf(device, after)],
      ]);
    }
    if (!(await isAgreed(call, `Give these limits to users of ${device} without any?`))) return 1;
    await write(opened, device, after, call.signal);
    if (call.flags.has('json')) writeJson(call.stdout, { device_name: device, ...limitFields(after) });
    else call.stdout.write('Set.\n');
    if (opened.remote === undefined && !opened.deps.store.isDurable) {
      call.stderr.write(
        'Without a durable `state` in the configuration they are forgotten at once: the agent has others.\n',
      );
    }
    return 0;
  });
}

const HEADER = ['DEVICE', 'SOFT', 'HARD', 'FILES'];

function rowOf(device: string, { blockSoft, blockHard, inodeHard }: Limits): readonly string[] {
  return [device, showBlocks(blockSoft), showBlocks(blockHard), showCount(inodeHard)];
}

function print(call: Call, found: readonly (readonly [device: string, limits: Limits])[]): number {
  if (call.flags.has('json')) {
    writeJson(
      call.stdout,
      found.map(([device, limits]) => ({ device_name: device, ...limitFields(limits) })),
    );
  } else writeTable(call.stdout, [HEADER, ...found.map(([device, limits]) => rowOf(device, limits))]);
  return 0;
}

async function list(call: Call, opened: Opened): Promise<number> {
  const { found: devices, lost } = await devicesOf(opened, call.signal);
  const found: (readonly [string, Limits])[] = [];
  for (const { name } of devices) {
    const { before } = await read(opened, name, call.signal);
    if (before !== undefined) found.push([name, before]);
  }
  print(call, found);
  return sayLost(call.stderr, lost);
}

interface Read {
  /** By its own name, where a mount point was asked for. */
  readonly device: string;
  readonly before: Limits | undefined;
}

async function read({ host, remote }: Opened, name: string, signal: AbortSignal): Promise<Read> {
  if (remote === undefined) {
    const device = await host.devices.find(name, signal);
    return { device: device.name, before: await readDefaults(host, device) };
  }
  const request = { method: 'GET', path: 'quotas/defaults', query: { device: name } } as const;
  const answer = await remote.client.pass(request, TIMEOUTS.quotas, signal);
  if (answer === null) return { device: name, before: undefined };
  const before = readLimitFields(answer);
  if (before === undefined) throw badHostAnswer(remote.id, 'these are no limits');
  return { device: name, before };
}

async function write({ host, remote }: Opened, name: string, limits: Limits, signal: AbortSignal): Promise<void> {
  if (remote === undefined) return writeDefaults(host, await host.devices.find(name, signal), limits);
  const request = {
    method: 'PUT',
    path: 'quotas/defaults',
    query: { device: name },
    body: limitFields(limits),
  } as const;
  await remote.client.pass(request, TIMEOUTS.set, signal);
}
