import type { DeviceShape, LimitsShape, QuotaShape } from './shapes.ts';

export type QuotaState = 'ok' | 'warning' | 'over';
export type Part = 'block' | 'inode';

/** Bytes, or a number of files; a limit of 0 is none and undefined here. */
export interface PartFacts {
  readonly used: number;
  readonly hard: number | undefined;
  readonly soft: number | undefined;
  /** When the grace period ends; undefined while none runs. */
  readonly graceEnd: Date | undefined;
}

const KIB = 1024;

export function factsOf(quota: QuotaShape, part: Part): PartFacts {
  const unit = part === 'block' ? KIB : 1;
  const limit = (value = 0): number | undefined => (value > 0 ? value * unit : undefined);
  const ends = quota[`${part}_time_limit`] ?? 0;
  return {
    used: quota[`${part}_current`] ?? 0,
    hard: limit(quota[`${part}_hard_limit`]),
    soft: limit(quota[`${part}_soft_limit`]),
    graceEnd: ends > 0 ? new Date(ends * 1000) : undefined,
  };
}

/** Contract: over at the hard limit or above, a warning at the soft limit or above. */
export function stateOf({ used, hard, soft }: PartFacts): QuotaState {
  if (hard !== undefined && used >= hard) return 'over';
  return soft !== undefined && used >= soft ? 'warning' : 'ok';
}

/** How full it is, of the hard limit or else of the soft one; undefined without any. */
export function shareOf({ used, hard, soft }: PartFacts): number | undefined {
  const limit = hard ?? soft;
  return limit === undefined ? undefined : used / limit;
}

/** ZFS and Docker limit space only. */
export function hasInodes({ user_quota_format: format, fstype }: DeviceShape): boolean {
  return ![format, fstype].some((one) => one === 'zfs' || one === 'docker' || one === 'btrfs');
}

/** How full the fuller of both is; those without a limit come last. */
export function fullness(quota: QuotaShape, device: DeviceShape): number {
  const parts: readonly Part[] = hasInodes(device) ? ['block', 'inode'] : ['block'];
  return Math.max(...parts.map((part) => shareOf(factsOf(quota, part)) ?? -1));
}

/** What takes most of a user's Docker space; undefined where that is not told. */
export function largestDockerPart(quota: QuotaShape): 'containers' | 'layers' | 'volumes' | undefined {
  const parts = [
    ['containers', quota.docker_container_bytes],
    ['layers', quota.docker_image_layer_bytes],
    ['volumes', quota.docker_volume_bytes],
  ] as const;
  const told = parts.flatMap(([name, bytes]) => (bytes === undefined ? [] : [{ name, bytes }]));
  const [most] = told.toSorted((a, b) => b.bytes - a.bytes);
  return most === undefined || most.bytes === 0 ? undefined : most.name;
}

/** What a person typed: space in GiB, files as a number, empty for "as it is". */
export type LimitTexts = Readonly<Record<keyof LimitsShape, string>>;
export const NO_TEXTS: LimitTexts = {
  block_hard_limit: '',
  block_soft_limit: '',
  inode_hard_limit: '',
  inode_soft_limit: '',
};
export const LIMIT_FIELDS = Object.keys(NO_TEXTS) as readonly (keyof LimitsShape)[];

const KIB_IN_GIB = 1024 * 1024;

/**
 * The limit of a text, in the unit of the API; undefined when it is no amount, or more than a number holds exactly. Parts of a
 * KiB or a file count whole.
 */
export function readLimit(field: keyof LimitsShape, text: string): number | undefined {
  if (!/^\d{1,12}([.,]\d{1,6})?$/.test(text.trim())) return undefined;
  const value = Number(text.trim().replace(',', '.'));
  const limit = Math.ceil(field.startsWith('block') ? value * KIB_IN_GIB : value);
  return Number.isSafeInteger(limit) ? limit : undefined;
}

export type LimitProblem = 'error.amount' | 'error.soft';

/** The limits that a user would have after the change, or what is wrong with it. */
export function changedLimits(
  before: LimitsShape,
  texts: LimitTexts,
): { readonly limits: LimitsShape } | { readonly problem: LimitProblem; readonly field: keyof LimitsShape } {
  const limits: Record<keyof LimitsShape, number> = { ...before };
  for (const field of LIMIT_FIELDS) {
    if (texts[field].trim() === '') continue;
    const value = readLimit(field, texts[field]);
    if (value === undefined) return { problem: 'error.amount', field };
    limits[field] = value;
  }
  for (const part of ['block', 'inode'] as const) {
    const [hard, soft] = [limits[`${part}_hard_limit`], limits[`${part}_soft_limit`]];
    if (hard > 0 && soft > hard) return { problem: 'error.soft', field: `${part}_soft_limit` };
  }
  return { limits };
}

export function limitsOf(quota: Pick<QuotaShape, keyof LimitsShape>): LimitsShape {
  const { block_hard_limit, block_soft_limit, inode_hard_limit = 0, inode_soft_limit = 0 } = quota;
  return { block_hard_limit, block_soft_limit, inode_hard_limit, inode_soft_limit };
}

export function sameLimits(a: LimitsShape, b: LimitsShape): boolean {
  return LIMIT_FIELDS.every((field) => a[field] === b[field]);
}
