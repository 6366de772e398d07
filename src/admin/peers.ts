import type { OfferingConfig, WaldurConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/retry.ts';
import type { Backend } from '../plugin/contract.ts';
import type { Store } from '../store/store.ts';
import type { Waldur } from '../waldur/client.ts';

/** The effects of an administrative task: the two peers of an offering, time and randomness. */
export interface Peers {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly log: Log;
  /** A new client; the caller closes it. */
  waldur(config: WaldurConfig): Waldur;
  /** A new backend; the caller closes it. */
  backend(offering: OfferingConfig): Backend;
}

/** Runs `work` with both peers of an offering, and closes them. */
export async function withPeers<T>(
  peers: Peers,
  offering: OfferingConfig,
  work: (opened: { readonly waldur: Waldur; readonly backend: Backend }) => Promise<T>,
): Promise<T> {
  const waldur = peers.waldur(offering.waldur);
  try {
    const backend = peers.backend(offering);
    try {
      return await work({ waldur, backend });
    } finally {
      await backend.close();
    }
  } finally {
    waldur.close();
  }
}
