import type { Clock } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';

export interface EmulateOptions {
  readonly clock: Clock;
  random(bytes: number): Uint8Array;
  /** Whether it listens where people expect it, for one that has such ports; the system chooses otherwise. */
  readonly atUsualPorts: boolean;
}

/** A stand-in of a backend on this machine, for people who try the plugin without one. Nothing outlives it. */
export interface Emulated {
  /** `backend_settings` for it. Its secrets are made up and public. */
  readonly settings: JsonObject;
  /** Attributes and limits of an order that it can carry out, by component. */
  readonly order: { readonly attributes: JsonObject; readonly limits: JsonObject };
  /** What a person can do with it, a line each. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}
