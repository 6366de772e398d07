import type { QuotaRow } from '../devices/types.ts';

/** Where one id stands on one device. */
export type DiskState =
  | 'ok'
  | 'soft_over_in_grace'
  | 'soft_over_grace_ending'
  | 'soft_over_grace_expired'
  | 'hard_over';

export type DiskEvent =
  | 'disk_soft_limit_exceeded'
  | 'disk_soft_grace_ending'
  | 'disk_soft_grace_expired'
  | 'disk_hard_limit_reached'
  | 'disk_back_to_ok';

export interface StateOptions {
  /** Epoch seconds. */
  readonly now: number;
  /** How long before its end a grace period counts as ending. */
  readonly endingSeconds: number;
  /** The grace periods of the device; undefined where it has none or does not say. */
  readonly blockSeconds: number | undefined;
  readonly inodeSeconds: number | undefined;
  /** False where a soft limit may be passed without the file system having started the grace period. */
  readonly startsGrace: boolean;
}

export function stateOf(row: QuotaRow, options: StateOptions): DiskState {
  const usedBlocks = (row.usedBytes + 1023n) / 1024n;
  if (reached(usedBlocks, row.blockHard) || reached(row.usedInodes, row.inodeHard)) return 'hard_over';
  const parts = [
    softState(reached(usedBlocks, row.blockSoft), row.blockGrace, options.blockSeconds, options),
    softState(reached(row.usedInodes, row.inodeSoft), row.inodeGrace, options.inodeSeconds, options),
  ];
  return WORST.find((state) => parts.includes(state)) ?? 'ok';
}

/** What a change of state is announced as; undefined for one that is not. */
export function eventOf(from: DiskState, to: DiskState): DiskEvent | undefined {
  if (from === to) return undefined;
  switch (to) {
    case 'ok':
      return 'disk_back_to_ok';
    case 'hard_over':
      return 'disk_hard_limit_reached';
    case 'soft_over_in_grace':
      return from === 'ok' || from === 'hard_over' ? 'disk_soft_limit_exceeded' : undefined;
    case 'soft_over_grace_ending':
      return from === 'soft_over_in_grace'
        ? 'disk_soft_grace_ending'
        : from === 'soft_over_grace_expired'
          ? undefined
          : 'disk_soft_limit_exceeded';
    case 'soft_over_grace_expired':
      return from === 'hard_over' ? 'disk_soft_limit_exceeded' : 'disk_soft_grace_expired';
  }
}

const WORST = ['soft_over_grace_expired', 'soft_over_grace_ending', 'soft_over_in_grace'] as const;

function reached(used: bigint, limit: bigint): boolean {
  return limit > 0n && used >= limit;
}

function softState(
  isOver: boolean,
  endsAt: number,
  periodSeconds: number | undefined,
  { now, endingSeconds, startsGrace }: StateOptions,
): DiskState {
  if (!isOver) return 'ok';
  // The kernel starts the period above the limit, not at it, and XFS leaves it unsaid.
  if (endsAt === 0) return startsGrace ? 'soft_over_grace_expired' : 'soft_over_in_grace';
  if (endsAt <= now) return 'soft_over_grace_expired';
  const window = Math.min(endingSeconds, periodSeconds ?? endingSeconds);
  return endsAt - now <= window ? 'soft_over_grace_ending' : 'soft_over_in_grace';
}
