import type { SocketUse } from '../audit/audit-tail.ts';
import type { Item } from './items.ts';
import type { Conflict } from './types.ts';

/** Something whose owner an operator should decide, with `agent quota docker attribute`. */
export interface Review {
  readonly item: Item;
  readonly reason: Conflict | 'unattributed';
  /** Who used the socket of the engine with another program while it was made; a hint and no proof. */
  readonly nearby: readonly SocketUse[];
}

const NEARBY_SECONDS = 10;

/** Contradictions first, then what has no owner and takes space; the largest first. */
export function reviewQueue(items: readonly Item[], sockets: readonly SocketUse[]): readonly Review[] {
  const queue = items.flatMap((item): readonly Review[] => {
    const { conflict, uid } = item.attribution;
    const reason = conflict ?? (uid === undefined && (item.bytes ?? 0n) > 0n ? 'unattributed' : undefined);
    if (reason === undefined) return [];
    const at = item.container?.createdAt;
    const nearby = at === undefined ? [] : sockets.filter((use) => Math.abs(use.at - at) <= NEARBY_SECONDS);
    return [{ item, reason, nearby }];
  });
  const weight = ({ reason }: Review): number => (reason === 'unattributed' ? 1 : 0);
  return queue.sort((a, b) => weight(a) - weight(b) || Number((b.item.bytes ?? 0n) - (a.item.bytes ?? 0n)));
}
