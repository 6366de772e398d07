import type { Clock } from '../lib/clock.ts';
import type { Uuid } from '../lib/ids.ts';
import type { Sample, Store } from '../store/store.ts';
import { SEEN_KEPT_MS, type SeenResource, seenOwner } from '../upkeep/seen-resources.ts';

export interface HistoryDeps {
  readonly offering: Uuid;
  readonly store: Pick<Store, 'isDurable' | 'samples'>;
  readonly clock: Clock;
  /** What could not be written; nothing depends on it. */
  failed(error: unknown): void;
}

const DAY_MS = 86_400_000;
/** Usage that changes all the time is kept this often; a limit that changes is kept at once. */
const APART_MS = 6 * 3_600_000;
const GATHER_MS = 1_000;
const AT_ONCE = 500;

interface Written {
  readonly atMs: number;
  readonly usage: string;
  readonly limit: string;
}

/**
 * Keeps what accounts held and were allowed, for the plot of a resource: only what has changed, and for 90 days. Without a
 * state file there is nothing to keep it in.
 */
export function createResourceHistory({ offering, store, clock, failed }: HistoryDeps): (seen: SeenResource) => void {
  if (!store.isDurable) return () => undefined;
  const owner = seenOwner(offering);
  const written = new Map<string, Written>();
  let waiting: Sample[] = [];
  let isDue = false;
  let forgottenAtMs = Number.NEGATIVE_INFINITY;

  async function write(): Promise<void> {
    isDue = false;
    const samples = waiting;
    waiting = [];
    for (let i = 0; i < samples.length; i += AT_ONCE) await store.samples.add(owner, samples.slice(i, i + AT_ONCE));
    if (clock.monotonicMs() - forgottenAtMs < DAY_MS) return;
    forgottenAtMs = clock.monotonicMs();
    await store.samples.forget(owner, new Date(clock.now().getTime() - SEEN_KEPT_MS));
  }

  return (seen) => {
    if (seen.found === undefined) {
      written.delete(seen.uuid);
      return;
    }
    const nowMs = clock.now().getTime();
    const samples = samplesOf(seen, clock.now());
    const textOf = (isLimit: boolean): string =>
      samples
        .flatMap((one) => (one.component.startsWith('limit ') === isLimit ? `${one.component} ${one.quantity}` : []))
        .join();
    const next = { atMs: nowMs, usage: textOf(false), limit: textOf(true) };
    const last = written.get(seen.uuid);
    const isSame = last?.usage === next.usage && last.limit === next.limit;
    if (isSame || (last?.limit === next.limit && nowMs - last.atMs < APART_MS)) return;
    written.set(seen.uuid, next);
    waiting.push(...samples);
    if (isDue) return;
    isDue = true;
    clock.after(GATHER_MS, () => void write().catch(failed));
  };
}

function samplesOf({ account, found }: SeenResource, at: Date): readonly Sample[] {
  const amounts = [
    ['storage', found?.holds?.bytes],
    ['objects', found?.holds?.objects],
    ['limit storage', found?.quota.bytes],
    ['limit objects', found?.quota.objects],
  ] as const;
  return amounts.flatMap(([component, quantity]) =>
    quantity === undefined || quantity === null ? [] : [{ account, component, at, quantity }],
  );
}
