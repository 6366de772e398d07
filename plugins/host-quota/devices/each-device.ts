import type { Clock } from '../../../src/lib/clock.ts';
import { withDeadline } from '../../../src/lib/deadline.ts';
import { type AgentError, toAgentError } from '../../../src/lib/errors.ts';
import type { Devices } from './devices.ts';
import type { Device } from './types.ts';

/** A device that could not be read, or a kind of device that could not be listed. */
export interface Lost {
  /** Of the device, or of the kind. */
  readonly name: string;
  /** Undefined for a kind. */
  readonly device: Device | undefined;
  readonly error: AgentError;
}

export interface EachDevice<T> {
  /** What `work` returned, in the order of names. */
  readonly done: readonly T[];
  readonly lost: readonly Lost[];
}

/**
 * Does `work` for all devices at once, each within `deadlineMs`. One that fails or keeps silent does not keep the others
 * from it.
 *
 * @throws the reason of the signal when it fires, and what `Devices.list` throws.
 */
export async function eachDevice<T>(
  { devices, clock }: { readonly devices: Devices; readonly clock: Clock },
  deadlineMs: number,
  signal: AbortSignal,
  work: (device: Device, signal: AbortSignal) => Promise<T>,
): Promise<EachDevice<T>> {
  const { devices: all, unlisted } = await devices.list(signal);
  const settled = await Promise.allSettled(
    all.map((device) => withDeadline(clock, signal, deadlineMs, device.name, (inner) => work(device, inner))),
  );
  signal.throwIfAborted();
  const lost: Lost[] = unlisted.map(({ kind, error }) => ({ name: kind, device: undefined, error }));
  const done: T[] = [];
  for (const [index, one] of settled.entries()) {
    const device = all[index];
    if (one.status === 'fulfilled') done.push(one.value);
    else if (device !== undefined) lost.push({ name: device.name, device, error: toAgentError(one.reason) });
  }
  return { done, lost };
}
