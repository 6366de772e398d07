import { expect, test } from 'vitest';
import { keptLimit, LARGEST_LIMIT, type LimitRules } from '../../src/plugin/limit-rules.ts';

test.each<[bigint | null, LimitRules, bigint | null | undefined]>([
  [null, {}, null],
  [null, { unlimited: false }, undefined],
  [0n, {}, 0n],
  [0n, { zero: false }, undefined],
  // Nothing is not a small limit: it is raised to no minimum.
  [0n, { min: 5n }, 0n],
  [-1n, {}, undefined],
  [-1n, { min: 5n }, undefined],
  [7n, {}, 7n],
  [4n, { min: 5n }, 5n],
  [5n, { min: 5n }, 5n],
  [6n, { min: 5n }, 6n],
  [1n, { step: 10n }, 10n],
  [10n, { step: 10n }, 10n],
  [11n, { step: 10n }, 20n],
  [1n, { step: 10n, min: 15n }, 20n],
  [20n, { max: 20n }, 20n],
  [21n, { max: 20n }, undefined],
  [11n, { step: 10n, max: 19n }, undefined],
  [LARGEST_LIMIT, {}, LARGEST_LIMIT],
  [LARGEST_LIMIT + 1n, {}, undefined],
])('%s under %o is kept as %s', (asked, rules, kept) => {
  expect(keptLimit(asked, rules)).toBe(kept);
});
