import type { Device, Limits, Rows, Subject } from './devices/types.ts';
import type { Written } from './devices/writer.ts';

/** A storage host as accounts see it: the device of the offering, here or behind a remote API. */
export interface Site {
  /** First part of every backend id. */
  readonly id: string;
  device(signal: AbortSignal): Promise<Device>;
  /** Every id with a limit or files. */
  rows(subject: Subject, signal: AbortSignal): Promise<Rows>;
  write(subject: Subject, id: number, limits: Partial<Limits>, signal: AbortSignal): Promise<Written>;
  /** An existing user or group of this name. */
  resolve(subject: Subject, name: string, signal: AbortSignal): Promise<number | undefined>;
  /** Names of ids; one without a name is left out. */
  names(subject: Subject, ids: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, string>>;
}
