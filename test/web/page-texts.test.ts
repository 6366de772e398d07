import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { EVENT_TYPES } from '../../plugins/host-quota/central/receive.ts';
import { sorted } from '../../src/web/page/parts/sorted.ts';
import { de } from '../../src/web/page/text/de.ts';
import { en } from '../../src/web/page/text/en.ts';
import { fill } from '../../src/web/page/text/fill.ts';
import { createFormat } from '../../src/web/page/text/format.ts';
import { languageOf } from '../../src/web/page/text/language.ts';
import { wordFor } from '../../src/web/page/text/word.ts';

const GIB = 1024 ** 3;

describe('texts', () => {
  it.each(Object.keys(en) as (keyof typeof en)[])('of %s name the same values in every language', (key) => {
    const namesIn = (text: string): readonly string[] => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();
    expect(namesIn(de[key])).toEqual(namesIn(en[key]));
  });

  it('take their values as they are: nothing in them is a pattern', () => {
    expect(fill('{name} has {count}', { name: '$& {count}', count: 2 })).toBe('$& {count} has 2');
    expect(fill('{unknown}', {})).toBe('{unknown}');
  });

  it.each([...EVENT_TYPES])('of a host tell of %s', (type) => {
    expect(wordFor(en, 'event', type)).not.toBe(type);
  });

  it('are the value itself where there is none for it', () => {
    expect(wordFor(en, 'event', 'of_a_newer_host')).toBe('of_a_newer_host');
    expect(wordFor(en, 'type', 'restore')).toBe('Restore');
  });

  it.each([
    [['de-AT', 'en'], 'de'],
    [['fr', 'de'], 'de'],
    [['en-GB', 'de'], 'en'],
    [['fr'], 'en'],
    [[], 'en'],
  ])('%j is shown in %s', (languages, shown) => expect(languageOf(languages)).toBe(shown));
});

describe('amounts', () => {
  it.each([
    [0, '0 B', '0 B'],
    [1023, '0.999 KiB', '1.02 kB'],
    [1.5 * GIB, '1.5 GiB', '1.61 GB'],
    [999_999, '977 KiB', '1 MB'],
    [-GIB, '−1 GiB', '−1.07 GB'],
  ])('%d bytes', (bytes, binary, decimal) => {
    expect(createFormat('en', 'binary').bytes(bytes)).toBe(binary);
    expect(createFormat('en', 'decimal').bytes(bytes)).toBe(decimal);
  });

  it('are written as the language does', () => {
    expect(createFormat('de', 'binary').bytes(1.5 * GIB)).toBe('1,5 GiB');
    expect(createFormat('de', 'binary').bytesInFull(1_610_612_736)).toBe('1,5 GiB, 1,61 GB, 1.610.612.736 B');
  });

  test('any amount has a unit, and at most three digits that count', () => {
    const { bytes } = createFormat('en', 'binary');
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 60n }), (amount) => {
        expect(bytes(amount)).toMatch(/^\d{1,3}(\.\d{1,3})? ([KMGTPE]i)?B$/);
      }),
    );
  });
});

test.each([
  ['2026-08-25T10:00:00Z', 'now'],
  ['2026-08-25T09:58:10Z', '1 minute ago'],
  ['2026-08-30T10:00:01Z', 'in 5 days'],
])('%s is %s', (at, text) => {
  expect(createFormat('en', 'binary').ago(new Date(at), new Date('2026-08-25T10:00:00Z'))).toBe(text);
});

describe('sorting', () => {
  const by = (row: { readonly n: number | string }): number | string => row.n;

  it('is by numbers as numbers, in both directions', () => {
    const rows = [10, 9, 100].map((n) => ({ n }));
    expect(sorted(rows, 'n', by).map(by)).toEqual([9, 10, 100]);
    expect(sorted(rows, '-n', by).map(by)).toEqual([100, 10, 9]);
  });

  test('keeps every row, and leaves the list as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ n: fc.oneof(fc.integer(), fc.string()) })), (rows) => {
        const before = [...rows];
        expect(new Set(sorted(rows, 'n', by))).toEqual(new Set(rows));
        expect(rows).toEqual(before);
      }),
    );
  });
});
