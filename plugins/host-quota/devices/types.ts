import type { AgentError } from '../../../src/lib/errors.ts';

/** Whom a limit is for. */
export type Subject = 'user' | 'group' | 'project' | 'subvolume';

/** As the kernel and every API here have it: blocks of 1 KiB and a number of inodes; 0 is "no limit". */
export interface Limits {
  readonly blockSoft: bigint;
  readonly blockHard: bigint;
  readonly inodeSoft: bigint;
  readonly inodeHard: bigint;
}

export const NO_LIMITS: Limits = { blockSoft: 0n, blockHard: 0n, inodeSoft: 0n, inodeHard: 0n };

/** What one id may use on one device, and uses. */
export interface QuotaRow extends Limits {
  readonly id: number;
  readonly usedBytes: bigint;
  readonly usedInodes: bigint;
  /** When the grace period ends, in epoch seconds; 0 when none runs or the file system does not say. */
  readonly blockGrace: number;
  readonly inodeGrace: number;
  /** What `usedBytes` is made of, where the device knows. */
  readonly parts?: { readonly containers: bigint; readonly layers: bigint; readonly volumes: bigint };
}

/** What one report says. */
export interface Rows {
  readonly rows: readonly QuotaRow[];
  /** Ids that are there and whose numbers could not be read: neither absent nor zero. */
  readonly unreadable: readonly number[];
}

/** Something on this host that has quotas: a mounted file system, a dataset, or the engine of containers. */
export interface Device {
  /** How requests name it: `/dev/sda1`, `tank/home`. */
  readonly name: string;
  readonly mountPoints: readonly string[];
  readonly fstype: string;
  readonly options: readonly string[];
  /** What it can limit. */
  readonly subjects: readonly Subject[];
  /** Limits are kept in multiples of so many KiB, rounded up. */
  readonly stepKib: bigint;
  readonly hasInodes: boolean;
  /** Without it the soft limit is the hard one. */
  readonly hasSoft: boolean;
}

/** Space of a whole device, in bytes; `free` is what users may still take. */
export interface Space {
  readonly total: bigint;
  readonly used: bigint;
  readonly free: bigint;
  /** Part of `used` that belongs to no user, where the device knows. */
  readonly unattributed?: bigint;
}

/** Default grace periods in seconds; undefined where the file system has none. */
export interface Grace {
  readonly blockSeconds: number | undefined;
  readonly inodeSeconds: number | undefined;
}

export interface Change {
  readonly id: number;
  readonly limits: Limits;
}

/** Why one id of many was not changed. */
export interface Refusal {
  readonly id: number;
  readonly why: string;
}

/** What was found out about enforcement, which no exit code says. */
export interface Enforcement {
  readonly state: 'on' | 'off' | 'until-remount';
  readonly detail: string;
  readonly hint?: string;
}

/** A kind of device that could not be listed. */
export interface Unlisted {
  readonly kind: string;
  readonly error: AgentError;
}

/** One kind of file system. Nothing is cached and nothing retried here; every method stops when its signal fires. */
export interface Driver {
  /** What its devices are together called, where they cannot be listed. */
  readonly kind: string;
  /** What this kind limits, as it is mounted now. */
  devices(signal: AbortSignal): Promise<readonly Device[]>;
  space(device: Device, signal: AbortSignal): Promise<Space>;
  /** Every id with a limit or files, in one process where the tool can. */
  read(device: Device, subject: Subject, signal: AbortSignal): Promise<Rows>;
  /** All four limits of each id, without reading back; what one id is refused does not keep others from being set. */
  write(device: Device, subject: Subject, changes: readonly Change[], signal: AbortSignal): Promise<readonly Refusal[]>;
  grace(device: Device, subject: Subject, signal: AbortSignal): Promise<Grace>;
  /** Looks whether limits bind, and changes nothing. */
  look(device: Device, subject: Subject, signal: AbortSignal): Promise<Enforcement>;
  /** Makes limits bind where a command can; it can be repeated. */
  switchOn(device: Device, subject: Subject, signal: AbortSignal): Promise<void>;
}
