import type { OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { AgentError, isAgentError, toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import { type Backoff, type Random, retry } from '../lib/retry.ts';
import type { Waldur } from '../waldur/client.ts';
import type { ApiKey } from '../waldur/types.ts';

export interface ReportKeyDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly clock: Clock;
  readonly random: Random;
}

const ATTEMPTS = 3;
const BACKOFF: Backoff = { firstMs: 500, factor: 3, capMs: 5000, jitter: 0.25 };
/** The slot of an order is held meanwhile: a server that wants a longer pause gets it from the next try of the order. */
const LONGEST_WAIT_MS = 10_000;

/**
 * Hands one key to Waldur with `send`, which may be repeated. An answer that was lost is looked up: a key that Waldur has
 * must not be taken away again.
 *
 * @throws AgentError `KEY_UNSETTLED` when it is unknown whether Waldur has it; after any other error it has not.
 */
export async function reportKey(
  deps: Pick<ReportKeyDeps, 'clock' | 'random'>,
  signal: AbortSignal,
  { send, isStored }: { send(): Promise<void>; isStored(): Promise<boolean> },
): Promise<void> {
  const isThere = (): Promise<boolean> =>
    isStored().catch((error: unknown) => {
      throw unsettled(error);
    });
  const options = { ...deps, backoff: BACKOFF, attempts: ATTEMPTS, longestWaitMs: LONGEST_WAIT_MS };
  const refusal = await retry(options, signal, async () => {
    try {
      await send();
    } catch (error) {
      signal.throwIfAborted();
      if (isRefusal(error)) return toAgentError(error);
      if (!(await isThere())) throw error;
    }
    return undefined;
  });
  if (refusal !== undefined) throw refusal;
}

/** Whether Waldur lists the key and says that it is in order. */
export async function isListed(
  deps: Pick<ReportKeyDeps, 'offering' | 'waldur'>,
  key: { readonly resource: Uuid; readonly accessKey: string },
  signal: AbortSignal,
): Promise<boolean> {
  const keys = await listKeys(deps, key.resource, signal);
  return keys.some(({ clientId, state }) => clientId === key.accessKey && state === 'OK');
}

/**
 * All keys of one resource.
 *
 * @throws AgentError operator `WALDUR_NO_API_KEYS` on servers without them.
 */
export async function listKeys(
  { offering, waldur }: Pick<ReportKeyDeps, 'offering' | 'waldur'>,
  resource: Uuid | undefined,
  signal: AbortSignal,
): Promise<readonly ApiKey[]> {
  const query = { offering: offering.uuid, ...(resource === undefined ? {} : { resource }) };
  const keys = await waldur.apiKeys.list(query, signal);
  if (keys !== undefined) return keys;
  throw new AgentError('this Waldur keeps no API keys', {
    code: 'WALDUR_NO_API_KEYS',
    disposition: 'operator',
    hint: 'Set `credentials: metadata` in the backend settings of the offering, or update Waldur.',
  });
}

/** Waldur has read the request and will not do it; only its code tells a conflict from an outage. */
export function isRefusal(error: unknown): boolean {
  return !isAgentError(error) || error.disposition !== 'transient' || error.code === 'WALDUR_CONFLICT';
}

export function isUnsettled(error: unknown): boolean {
  return isAgentError(error) && error.code === 'KEY_UNSETTLED';
}

function unsettled(cause: unknown): AgentError {
  return new AgentError('Waldur does not say whether it has the new access key', {
    code: 'KEY_UNSETTLED',
    disposition: 'transient',
    cause,
  });
}
