import { toAgentError } from '../../../src/lib/errors.ts';
import { isJsonObject } from '../../../src/lib/json.ts';
import { plural } from '../../../src/lib/plural.ts';
import { eachDevice } from '../devices/each-device.ts';
import { emptyRow, hasLimit } from '../devices/limits.ts';
import { type Device, type Limits, NO_LIMITS, type QuotaRow } from '../devices/types.ts';
import type { HostService } from './service.ts';

/** Less than the pass has for everything. */
const DEADLINE_MS = 3 * 60_000;
const GIB_BLOCKS = 1024n * 1024n;

/** The default limits of a device; undefined when none were ever set. */
export async function readDefaults({ store }: HostService, { name }: Device): Promise<Limits | undefined> {
  const value = await store.get(keyOf(name));
  if (!isJsonObject(value)) return undefined;
  const read = (key: keyof Limits): bigint => BigInt(Number(value[key] ?? 0));
  const [blockSoft, blockHard] = [read('blockSoft'), read('blockHard')];
  return { blockSoft, blockHard, inodeSoft: read('inodeSoft'), inodeHard: read('inodeHard') };
}

export async function writeDefaults({ store }: HostService, { name }: Device, limits: Limits): Promise<void> {
  const entries = Object.entries(limits as unknown as Record<string, bigint>);
  await store.put(keyOf(name), Object.fromEntries(entries.map(([key, value]) => [key, Number(value)])));
}

/** Gives users without any limit the default of each device, never those that a resource owns. A line for the log. */
export async function applyDefaults(host: HostService, signal: AbortSignal): Promise<string | undefined> {
  const { done, lost } = await eachDevice(host, DEADLINE_MS, signal, (device, inner) => applyTo(host, device, inner));
  const given = done.reduce((sum, one) => sum + one.given, 0);
  const errors = [...lost.map(({ name, error }) => `${name}: ${error.message}`), ...done.flatMap((one) => one.errors)];
  if (given === 0 && errors.length === 0) return undefined;
  return [`${plural(given, 'user')} got the default limits`, ...errors.slice(0, 5)].join('; ');
}

interface Given {
  readonly given: number;
  readonly errors: readonly string[];
}

async function applyTo(host: HostService, device: Device, signal: AbortSignal): Promise<Given> {
  const defaults = await readDefaults(host, device);
  if (defaults === undefined || !hasLimit(defaults) || !device.subjects.includes('user'))
    return { given: 0, errors: [] };
  const [users, owned] = [await host.users(signal), await host.owned(device)];
  const { rows, unreadable } = await host.devices.rows(device, 'user', signal);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const bare = users
    .filter(({ uid }) => !owned.has(uid) && !unreadable.includes(uid))
    .map(({ uid }) => byId.get(uid) ?? emptyRow(uid))
    .filter((row) => !hasLimit(row));
  const settled = await Promise.allSettled(
    bare.map((row) => host.set(row.id, device, defaultFor(row, defaults), signal)),
  );
  const errors = settled.flatMap((one, index) =>
    one.status === 'fulfilled' ? [] : [`uid=${bare[index]?.id} on ${device.name}: ${toAgentError(one.reason).message}`],
  );
  return { given: bare.length - errors.length, errors };
}

/** The default, or room above what is used already where that has reached it. */
export function defaultFor({ usedBytes }: QuotaRow, defaults: Limits): Limits {
  const used = (usedBytes + 1023n) / 1024n;
  const reaches = (limit: bigint): boolean => limit > 0n && used >= limit;
  if (!reaches(defaults.blockSoft) && !reaches(defaults.blockHard)) return defaults;
  const above = (gibibytes: bigint): bigint =>
    ((used + gibibytes * GIB_BLOCKS + GIB_BLOCKS - 1n) / GIB_BLOCKS) * GIB_BLOCKS;
  return { ...NO_LIMITS, ...defaults, blockSoft: above(1n), blockHard: above(2n) };
}

function keyOf(device: string): string {
  return `default/${device}`;
}
