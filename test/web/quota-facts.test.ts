import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  changedLimits,
  factsOf,
  hasInodes,
  largestDockerPart,
  NO_TEXTS,
  readLimit,
  stateOf,
} from '../../src/web/page/quota/quota-facts.ts';
import type { DeviceShape, LimitsShape, QuotaShape } from '../../src/web/page/quota/shapes.ts';

const QUOTA: QuotaShape = {
  uid: 1000,
  name: 'alice',
  block_hard_limit: 500_000,
  block_soft_limit: 400_000,
  block_current: 450_000 * 1024,
  block_time_limit: 1_800_000_000,
};
const BEFORE: LimitsShape = { block_hard_limit: 100, block_soft_limit: 50, inode_hard_limit: 10, inode_soft_limit: 0 };

describe('a quota', () => {
  it('has limits in KiB and usage in bytes', () => {
    expect(factsOf(QUOTA, 'block')).toEqual({
      used: 460_800_000,
      hard: 512_000_000,
      soft: 409_600_000,
      graceEnd: new Date(1_800_000_000_000),
    });
  });

  it.each([
    [{ block_current: 400_000 * 1024 - 1 }, 'ok'],
    [{ block_current: 400_000 * 1024 }, 'warning'],
    [{ block_current: 500_000 * 1024 }, 'over'],
    [{ block_hard_limit: 0 }, 'warning'],
    [{ block_hard_limit: 0, block_soft_limit: 0 }, 'ok'],
  ])('stands by its limits: %j is %s', (values, state) => {
    expect(stateOf(factsOf({ ...QUOTA, ...values }, 'block'))).toBe(state);
  });

  it.each(['zfs', 'docker', 'btrfs'])('of %s has no files', (format) => {
    const device = { user_quota_format: format, fstype: format } as DeviceShape;
    expect(hasInodes(device)).toBe(false);
    expect(hasInodes({ ...device, user_quota_format: 'vfsv1', fstype: 'ext4' })).toBe(true);
  });

  it('of Docker names what takes most', () => {
    expect(largestDockerPart(QUOTA)).toBeUndefined();
    expect(largestDockerPart({ ...QUOTA, docker_container_bytes: 1, docker_volume_bytes: 2 })).toBe('volumes');
    expect(largestDockerPart({ ...QUOTA, docker_container_bytes: 0 })).toBeUndefined();
  });
});

describe('limits that are typed', () => {
  it.each([
    ['1', 1_048_576],
    ['0', 0],
    ['0,5', 524_288],
    ['0.000001', 2],
    ['-1', undefined],
    ['1e9', undefined],
    ['8589934591', 9_007_199_253_692_416],
    ['8589934592', undefined],
    ['ten', undefined],
    ['1.', undefined],
  ])('%s GiB', (text, kib) => expect(readLimit('block_hard_limit', text)).toBe(kib));

  it('change only what was typed', () => {
    expect(changedLimits(BEFORE, { ...NO_TEXTS, inode_hard_limit: '20' })).toEqual({
      limits: { ...BEFORE, inode_hard_limit: 20 },
    });
  });

  it('are refused where the soft one is above the hard one, but for no hard one', () => {
    const soft = { ...NO_TEXTS, block_soft_limit: '1' };
    expect(changedLimits(BEFORE, soft)).toEqual({ problem: 'error.soft', field: 'block_soft_limit' });
    expect(changedLimits({ ...BEFORE, block_hard_limit: 0 }, soft)).toHaveProperty('limits');
  });

  test('never become anything but whole numbers from 0', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String), fc.bigInt().map(String)), (text) => {
        const limit = readLimit('block_hard_limit', text);
        expect(limit === undefined || (Number.isSafeInteger(limit) && limit >= 0)).toBe(true);
      }),
    );
  });
});
