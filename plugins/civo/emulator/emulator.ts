import type { Clock } from '../../../src/lib/clock.ts';
import { Account, type Delays } from './account.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { type MemoryPlane, startMemoryPlane } from './memory/memory-plane.ts';
import type { Random } from './mint.ts';
import type { DataPlane, Region } from './types.ts';

export interface EmulatorOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly token: string;
  /** Of the API; any free one by default. */
  readonly port?: number;
  readonly s3Port?: number;
  readonly regions?: readonly Region[];
  readonly quotaGb?: number;
  readonly kbBytes?: number;
  /** Default: at once. */
  readonly delaysMs?: Partial<Delays>;
  /** How long the name of a deleted store stays taken. Default: a minute. */
  readonly ghostMs?: number;
  /** In place of buckets in memory. */
  readonly plane?: DataPlane;
}

export interface Emulator extends ControlPlane {
  readonly account: Account;
  readonly token: string;
  close(): Promise<void>;
}

export const REGIONS: readonly Region[] = [
  { code: 'LON1', name: 'London 1', objectStore: true, outOfCapacity: false },
  { code: 'NYC1', name: 'New York 1', objectStore: false, outOfCapacity: false },
  { code: 'FRA1', name: 'Frankfurt 1', objectStore: true, outOfCapacity: true },
];

const GHOST_MS = 60_000;
const QUOTA_GB = 5000;

/** Civo's object stores on this machine: the API, and S3 behind it. Nothing outlives it. */
export async function startEmulator(options: EmulatorOptions & { readonly plane: DataPlane }): Promise<Emulator>;
export async function startEmulator(options: EmulatorOptions): Promise<Emulator & { readonly memory: MemoryPlane }>;
export async function startEmulator(options: EmulatorOptions): Promise<Emulator & { readonly memory?: MemoryPlane }> {
  const { clock, random, token, port = 0, s3Port = 0 } = options;
  const memory = options.plane === undefined ? await startMemoryPlane(clock, random, s3Port) : undefined;
  const plane = options.plane ?? memory;
  if (plane === undefined) throw new Error('there is no data plane');
  const account = new Account({
    clock,
    plane,
    random,
    regions: options.regions ?? REGIONS,
    quotaGb: options.quotaGb ?? QUOTA_GB,
    kbBytes: options.kbBytes ?? 1000,
    delaysMs: { credential: 0, store: 0, deletion: 0, ...options.delaysMs },
    ghostMs: options.ghostMs ?? GHOST_MS,
  });
  const control = await startControlPlane({ account, token, port });
  const { close } = control;
  return Object.assign(control, {
    account,
    token,
    ...(memory !== undefined && { memory }),
    close: async () => {
      await close();
      await plane.close();
    },
  });
}
