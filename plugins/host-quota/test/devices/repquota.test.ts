import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReport, readPeriod } from '../../devices/linux/report.ts';
import { parseRepquota } from '../../devices/linux/repquota.ts';
import type { QuotaRow } from '../../devices/types.ts';
import { NO_ID } from '../../tools/parsed.ts';

const COLUMNS =
  'BlockStatus,FileStatus,BlockUsed,BlockSoftLimit,BlockHardLimit,BlockGrace,FileUsed,FileSoftLimit,FileHardLimit,FileGrace';
const HEADER = `User,${COLUMNS}`;
const NUMBERS = '1,2,3,4,5,6,7,8';
const parseRow = (row: string) => parseRepquota(`${HEADER}\n${row}\n`);

describe('a report', () => {
  it.each(['User', 'Group', 'Project'])('of each %s has a header', (kind) => {
    expect(parseRepquota(`${kind},${COLUMNS}\n\n`)).toEqual({ rows: [], problems: [] });
  });

  it('may have empty lines, and none of its rows comes before its header', () => {
    expect(parseRepquota(`\n#1,ok,ok,${NUMBERS}\n\n${HEADER}\n`)).toEqual({
      rows: [],
      problems: [{ line: 2, why: 'it comes before the header' }],
    });
    expect(parseRepquota('\n').problems).toEqual([{ line: 1, why: 'there is no header' }]);
    expect(parseRepquota(`${HEADER}\n${HEADER}`).problems).toEqual([{ line: 2, why: 'another report begins' }]);
  });
});

describe('a row', () => {
  it('reads back as what was printed, with numbers of any length', () => {
    const count = fc.bigInt(0n, 10n ** 19n - 1n);
    const grace = fc.integer({ min: 0, max: 4_000_000_000 });
    const row = fc.record<QuotaRow>({
      id: fc.oneof(fc.nat({ max: NO_ID - 1 }), fc.constant(NO_ID - 1)),
      usedBytes: count.map((kib) => kib * 1024n),
      blockSoft: count,
      blockHard: count,
      blockGrace: grace,
      usedInodes: count,
      inodeSoft: count,
      inodeHard: count,
      inodeGrace: grace,
    });
    const status = fc.constantFrom('ok', 'soft', 'hard');
    fc.assert(
      fc.property(row, status, status, (wanted, blocks, files) => {
        const { id, usedBytes, blockSoft, blockHard, blockGrace, usedInodes, inodeSoft, inodeHard, inodeGrace } =
          wanted;
        const numbers = [usedBytes / 1024n, blockSoft, blockHard, blockGrace];
        numbers.push(usedInodes, inodeSoft, inodeHard, inodeGrace);
        expect(parseRow(`#${id},${blocks},${files},${numbers.join(',')}`)).toEqual({ rows: [wanted], problems: [] });
      }),
    );
  });

  it.each(['#1,ok,ok,,,,,,,,', '#4294967294,ok,ok,,,,,,,,'])('%s is one of zeros', (row) => {
    const [read] = parseRow(row).rows;
    const { id, ...numbers } = read ?? { id: undefined };
    expect(id).toBe(Number(row.slice(1, row.indexOf(','))));
    expect(Object.values(numbers).map(Number)).toEqual(Array(8).fill(0));
  });

  it.each([
    [2, 'the blocks are not numbers'],
    [3, 'the blocks are not numbers'],
    [4, 'the blocks are not numbers'],
    [5, 'a grace time is not a number of seconds'],
    [6, 'the inodes are not numbers'],
    [7, 'the inodes are not numbers'],
    [8, 'the inodes are not numbers'],
    [9, 'a grace time is not a number of seconds'],
    [0, 'the status is none of ok, soft, hard'],
    [1, 'the status is none of ok, soft, hard'],
  ])('with column %i unreadable keeps its id', (column, why) => {
    const fields = `ok,ok,${NUMBERS}`.split(',').with(column, 'x');
    expect(parseRow(`#12,${fields.join(',')}`)).toEqual({ rows: [], problems: [{ line: 2, why, id: 12 }] });
  });

  it('with a field too many or too few keeps its id, and one without # has none', () => {
    const why = 'there are 12 fields in place of 11';
    expect(parseRow('#12,ok').problems).toEqual([{ line: 2, why: why.replace('12', '2'), id: 12 }]);
    expect(parseRow(`#12,ok,ok,${NUMBERS},9`).problems).toEqual([{ line: 2, why, id: 12 }]);
    expect(parseRow(`12,ok,ok,${NUMBERS}`).problems).toEqual([{ line: 2, why: '"12" is not an id' }]);
  });
});

describe('the default format', () => {
  it.each([
    ['', undefined],
    [undefined, undefined],
    ['7days', 604_800],
    ['2hours', 7200],
    ['90minutes', 5400],
    ['90seconds', 90],
    ['23:59', 86_340],
    ['00:01', 60],
    ['1:2', undefined],
    ['5weeks', undefined],
    ['none', undefined],
  ])('a period of %s is %s seconds', (text, seconds) => {
    expect(readPeriod(text)).toBe(seconds);
  });

  it('says nothing where it has no such lines', () => {
    expect(parseReport('')).toEqual({ blockSeconds: undefined, inodeSeconds: undefined, enforced: undefined });
    expect(parseReport('Block grace time: 7days; Inode grace time: 00:10\nAccounting: OFF; Enforcement: ON')).toEqual({
      blockSeconds: 604_800,
      inodeSeconds: 600,
      enforced: true,
    });
  });
});
