import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyRow } from '../../devices/limits.ts';
import type { QuotaRow } from '../../devices/types.ts';
import { type DiskState, eventOf, stateOf } from '../../state/machine.ts';

const NOW = 1_800_000_000;
const options = { now: NOW, endingSeconds: 86_400, blockSeconds: 604_800, inodeSeconds: 604_800, startsGrace: true };
const row = (changes: Partial<QuotaRow>): QuotaRow => ({
  ...emptyRow(1000),
  blockSoft: 100n,
  blockHard: 200n,
  ...changes,
});
const KIB = 1024n;
const ALL: readonly DiskState[] = [
  'ok',
  'soft_over_in_grace',
  'soft_over_grace_ending',
  'soft_over_grace_expired',
  'hard_over',
];

describe('the state of an id', () => {
  it.each<[string, Partial<QuotaRow>, DiskState]>([
    ['a byte below the soft limit', { usedBytes: 100n * KIB - 1n, blockGrace: NOW + 90_000 }, 'soft_over_in_grace'],
    ['a block below the hard limit', { usedBytes: 199n * KIB, blockGrace: NOW + 90_000 }, 'soft_over_in_grace'],
    ['before the window', { usedBytes: 101n * KIB, blockGrace: NOW + 86_401 }, 'soft_over_in_grace'],
    ['a second before the end', { usedBytes: 101n * KIB, blockGrace: NOW + 1 }, 'soft_over_grace_ending'],
    [
      'over in inodes whose period ends',
      { usedInodes: 5n, inodeSoft: 5n, inodeGrace: NOW + 9 },
      'soft_over_grace_ending',
    ],
    ['below both', { usedBytes: 99n * KIB }, 'ok'],
    ['in grace', { usedBytes: 101n * KIB, blockGrace: NOW + 90_000 }, 'soft_over_in_grace'],
    ['at the edge of the window', { usedBytes: 101n * KIB, blockGrace: NOW + 86_400 }, 'soft_over_grace_ending'],
    ['at the end', { usedBytes: 101n * KIB, blockGrace: NOW }, 'soft_over_grace_expired'],
    ['over without a running period', { usedBytes: 101n * KIB }, 'soft_over_grace_expired'],
    ['at the hard limit', { usedBytes: 200n * KIB, blockGrace: NOW + 1 }, 'hard_over'],
    ['a byte below the hard limit', { usedBytes: 200n * KIB - 1n, blockGrace: NOW + 90_000 }, 'hard_over'],
    ['over in inodes', { usedInodes: 5n, inodeSoft: 4n, inodeGrace: NOW + 90_000 }, 'soft_over_in_grace'],
    ['at the hard limit of inodes', { usedInodes: 5n, inodeHard: 5n }, 'hard_over'],
    ['without limits', { usedBytes: 10n ** 12n, blockSoft: 0n, blockHard: 0n }, 'ok'],
  ])('%s', (_, changes, state) => {
    expect(stateOf(row(changes), options)).toBe(state);
  });

  it('takes the worse of blocks and inodes', () => {
    const changes = {
      usedBytes: 101n * KIB,
      blockGrace: NOW + 90_000,
      usedInodes: 5n,
      inodeSoft: 4n,
      inodeGrace: NOW - 1,
    };
    expect(stateOf(row(changes), options)).toBe('soft_over_grace_expired');
  });

  it('does not call a period expired that the file system has not started', () => {
    expect(stateOf(row({ usedBytes: 100n * KIB }), { ...options, startsGrace: false })).toBe('soft_over_in_grace');
  });

  it('has a window that is no longer than the period itself', () => {
    const changes = { usedBytes: 101n * KIB, blockGrace: NOW + 3000 };
    expect(stateOf(row(changes), { ...options, blockSeconds: 2000 })).toBe('soft_over_in_grace');
    expect(stateOf(row(changes), { ...options, blockSeconds: undefined })).toBe('soft_over_grace_ending');
    const later = { ...changes, blockGrace: NOW + 90_000 };
    expect(stateOf(row(later), { ...options, blockSeconds: undefined })).toBe('soft_over_in_grace');
  });

  it('has a window for inodes of its own', () => {
    const changes = { usedInodes: 5n, inodeSoft: 4n, inodeGrace: NOW + 3000 };
    expect(stateOf(row(changes), { ...options, inodeSeconds: 2000 })).toBe('soft_over_in_grace');
    expect(stateOf(row(changes), { ...options, blockSeconds: 2000 })).toBe('soft_over_grace_ending');
  });
});

describe('the event of a change', () => {
  it.each<[DiskState, DiskState, string | undefined]>([
    ['ok', 'soft_over_in_grace', 'disk_soft_limit_exceeded'],
    ['ok', 'soft_over_grace_ending', 'disk_soft_limit_exceeded'],
    ['soft_over_in_grace', 'soft_over_grace_ending', 'disk_soft_grace_ending'],
    ['ok', 'soft_over_grace_expired', 'disk_soft_grace_expired'],
    ['soft_over_in_grace', 'soft_over_grace_expired', 'disk_soft_grace_expired'],
    ['soft_over_grace_ending', 'soft_over_grace_expired', 'disk_soft_grace_expired'],
    ['soft_over_grace_ending', 'soft_over_in_grace', undefined],
    ['soft_over_grace_expired', 'soft_over_in_grace', undefined],
    ['soft_over_grace_expired', 'soft_over_grace_ending', undefined],
    ['hard_over', 'soft_over_in_grace', 'disk_soft_limit_exceeded'],
    ['hard_over', 'soft_over_grace_ending', 'disk_soft_limit_exceeded'],
    ['hard_over', 'soft_over_grace_expired', 'disk_soft_limit_exceeded'],
  ])('%s to %s', (from, to, event) => {
    expect(eventOf(from, to)).toBe(event);
  });

  it('announces every way to the hard limit and back to ok, and no standstill', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ALL), (state) => {
        expect(eventOf(state, state)).toBeUndefined();
        if (state !== 'hard_over') expect(eventOf(state, 'hard_over')).toBe('disk_hard_limit_reached');
        if (state !== 'ok') expect(eventOf(state, 'ok')).toBe('disk_back_to_ok');
      }),
    );
  });
});
