import { describe, expect, it } from 'vitest';
import { formatStatistics, isMonth, monthOf, parseStatistics, ZERO } from '../../statistics/statistics-file.ts';

const GOLDEN = `{
  "get_count": 2,
  "put_count": 18446744073709551615,
  "delete_count": 0,
  "list_count": 4,
  "head_count": 5,
  "multipart_count": 6,
  "last_updated": "2025-09-27T10:00:00.000Z"
}`;

describe('a statistics file', () => {
  it('is read and written in the format of IronBucket, without losing a digit', () => {
    const record = parseStatistics(GOLDEN);
    expect(record).toEqual({
      counts: { get: 2n, put: 18_446_744_073_709_551_615n, delete: 0n, list: 4n, head: 5n, multipart: 6n },
      updated: new Date('2025-09-27T10:00:00Z'),
      others: [],
    });
    expect(record && formatStatistics(record)).toBe(GOLDEN);
  });

  it('may be without the time of its last change, and keeps fields it does not know', () => {
    const text = GOLDEN.replace(/,\n {2}"last_updated".*/, ',\n  "note": [\n    1.50\n  ]');
    const record = parseStatistics(text);
    expect(record).not.toHaveProperty('updated');
    expect(record && formatStatistics(record)).toBe(text);
  });

  it.each([
    ['nothing', ''],
    ['a truncated file', GOLDEN.slice(0, 60)],
    ['binary', '\0\x01\x02'],
    ['a list', '[]'],
    ['a missing counter', GOLDEN.replace('"head_count": 5,', '')],
    ['a negative counter', GOLDEN.replace('5', '-5')],
    ['a fraction', GOLDEN.replace('5', '5.5')],
  ])('%s is none', (_, text) => {
    expect(parseStatistics(text)).toBeUndefined();
  });
});

describe('a month', () => {
  it.each(['2025-01', '2025-12', '0001-09'])('%s is one', (text) => expect(isMonth(text)).toBe(true));
  it.each([
    '',
    '2025-00',
    '2025-13',
    '2025-1',
    '25-01',
    '../../x',
    '2025-01/..',
    '2025-01\n',
    'current',
    '２０２５-01',
  ])('%j is none', (text) => expect(isMonth(text)).toBe(false));

  it('begins and ends in UTC', () => {
    expect(monthOf(new Date('2025-10-01T01:00:00+02:00'))).toBe('2025-09');
    expect(ZERO.get).toBe(0n);
  });
});
