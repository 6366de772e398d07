import { expect, it } from 'vitest';
import { NO_ID, parseLines, readCount, readId, Unread } from '../tools/parsed.ts';

it.each([
  ['0', 0],
  ['00', 0],
  ['1000', 1000],
  [String(NO_ID - 1), NO_ID - 1],
  [String(NO_ID), undefined],
  ['9'.repeat(10), undefined],
  ['0'.repeat(11), undefined],
  ['', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  [' 1', undefined],
  ['0x1', undefined],
  [undefined, undefined],
])('the id %j is %s', (text, id) => {
  expect(readId(text)).toBe(id);
});

it.each([
  ['0', 0n],
  ['9'.repeat(19), 9_999_999_999_999_999_999n],
  ['9'.repeat(20), undefined],
  ['', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  [undefined, undefined],
])('the count %j is %s', (text, count) => {
  expect(readCount(text)).toBe(count);
});

it('lines are rows, problems with or without an id, or nothing; their ends may be of either kind', () => {
  const seen: string[] = [];
  const parsed = parseLines('row\r\nwhy\nid\n\nlast\r', (line) => {
    seen.push(line);
    if (line === 'why') return 'it is wrong';
    if (line === 'id') return new Unread(7, 'half of it is wrong');
    return line === '' ? undefined : { line };
  });
  expect(seen).toEqual(['row', 'why', 'id', '', 'last']);
  expect(parsed).toEqual({
    rows: [{ line: 'row' }, { line: 'last' }],
    problems: [
      { line: 2, why: 'it is wrong' },
      { line: 3, why: 'half of it is wrong', id: 7 },
    ],
  });
});
