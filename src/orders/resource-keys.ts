import type { OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Random } from '../lib/retry.ts';
import type { Credentials } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import type { Resource } from '../waldur/types.ts';

/** Where consumers find their access keys: in the metadata of the resource, or encrypted beside it. */
export interface KeyStore {
  /** @throws AgentError when what Waldur has cannot be read: that is unknown, never none. */
  open(resource: Resource, signal: AbortSignal): Promise<ResourceKeys>;
  /** The same for all resources of the offering, of one listing. */
  openAll(signal: AbortSignal): Promise<(resource: Resource) => ResourceKeys>;
}

/** The access keys of a resource as Waldur has them. A value: what changes them returns the next one. */
export interface ResourceKeys {
  /** How many keys an account whose working keys are `accessKeys` lacks. */
  missing(accessKeys: readonly string[]): number;
  /**
   * Those of `accessKeys` that Waldur does not know and will not come to know: they may go. `isNew` when all of them can
   * only come from the order that is being carried out, or from an earlier try of it.
   */
  leftovers(accessKeys: readonly string[], isNew: boolean): readonly string[];
  /** Takes over working keys that are still where an earlier configuration kept them. */
  adopt(accessKeys: readonly string[], signal: AbortSignal): Promise<ResourceKeys>;
  /**
   * Takes a pair that was just issued to an account that had `accessKeys` before.
   *
   * @throws AgentError `KEY_UNSETTLED` when it is unknown whether Waldur has it; after any other error it has not.
   */
  keep(pair: Credentials, accessKeys: readonly string[], signal: AbortSignal): Promise<ResourceKeys>;
  /** What the metadata of the resource must be, with these facts of the account. */
  metadata(facts: JsonObject): JsonObject;
  /** The access key that Waldur gets with the metadata, if one was kept since. */
  readonly unwritten: string | undefined;
  /**
   * Writes the metadata where it differs.
   *
   * @throws AgentError `KEY_UNSETTLED` when it is unknown whether Waldur has the unwritten key; after any other error it has
   * not.
   */
  write(facts: JsonObject, signal: AbortSignal): Promise<void>;
}

export interface KeyStoreDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly clock: Clock;
  readonly random: Random;
}
