import { expect, it } from 'vitest';
import { parseCount, parseSpace, showBlocks, showCount } from '../../commands/amount.ts';

const refusal = { code: 'HOST_QUOTA_BAD_LIMIT', disposition: 'terminal' };

it.each([
  ['none', 0n],
  ['0', 0n],
  ['100', 100n],
  ['100K', 100n],
  ['512M', 512n * 1024n],
  ['20G', 20n * 1024n ** 2n],
  ['20g', 20n * 1024n ** 2n],
  ['1GiB', 1024n ** 2n],
  ['3T', 3n * 1024n ** 3n],
  ['999999999999999', 999_999_999_999_999n],
])('%s of space are %s blocks of 1 KiB', (text, blocks) => {
  expect(parseSpace('space', text)).toBe(blocks);
});

it.each(['', 'x', 'G', '-1', '1.5G', '20 G', '1P', '1Gb', 'NONE', '1000000000000000'])('%j is no space', (text) => {
  expect(() => parseSpace('space', text)).toThrow(expect.objectContaining(refusal));
});

it.each([
  ['none', 0n],
  ['0', 0n],
  ['7', 7n],
  ['999999999999999', 999_999_999_999_999n],
])('%s inodes are %s', (text, count) => {
  expect(parseCount('inodes', text)).toBe(count);
});

it.each(['', 'x', '-1', '1.5', '1K', '0x10', '1000000000000000'])('%j is no number of inodes', (text) => {
  expect(() => parseCount('inodes', text)).toThrow(expect.objectContaining(refusal));
  expect(() => parseCount('inodes', text)).toThrow('--inodes');
});

it('no limit is shown as a dash', () => {
  expect([0n, 1n, 1024n].map(showBlocks)).toEqual(['-', '1 KiB', '1 MiB']);
  expect([0n, 1n].map(showCount)).toEqual(['-', '1']);
});
