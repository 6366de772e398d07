import { describe, expect, it } from 'vitest';
import { parseQgroups, parseSubvolumes } from '../../devices/btrfs/parse.ts';

const HEADER =
  'Qgroupid    Referenced    Exclusive  Max referenced  Max exclusive\n--------    ----------    ---------  --------------  -------------\n';

describe('quota groups', () => {
  it('are those of subvolumes, and of no level above', () => {
    const rows = '\n0/5   16384  8192  none  0\n1/100 5 5 none none\n0/256 1 2 3 4 path/of/it\n';
    expect(parseQgroups(HEADER + rows)).toEqual({
      rows: [
        { subvolume: 5, referenced: 16_384n, exclusive: 8192n, maxReferenced: null, maxExclusive: 0n },
        { subvolume: 256, referenced: 1n, exclusive: 2n, maxReferenced: 3n, maxExclusive: 4n },
      ],
      problems: [],
    });
  });

  it.each([
    ['5 1 2 3 4', '"5" is not a quota group'],
    ['0/x 1 2 3 4', '"0/x" is not a quota group'],
    ['0/5 x 2 3 4', 'what is used is not a number of bytes'],
    ['0/5 1 none 3 4', 'what is used is not a number of bytes'],
    ['0/5', 'what is used is not a number of bytes'],
    ['0/5 1 2 x 4', 'a limit is neither a number of bytes nor none'],
    ['0/5 1 2 3 -4', 'a limit is neither a number of bytes nor none'],
    ['0/5 1 2 3', 'a limit is neither a number of bytes nor none'],
  ])('%s cannot be read', (row, why) => {
    expect(parseQgroups(HEADER + row)).toEqual({ rows: [], problems: [{ line: 3, why }] });
  });

  it('come below a header', () => {
    const missing = [{ line: 1, why: 'there is no header' }];
    expect(parseQgroups('')).toEqual({ rows: [], problems: missing });
    expect(parseQgroups('\n---\n')).toEqual({ rows: [], problems: missing });
    expect(parseQgroups('0/5 1 2 3 4')).toEqual({
      rows: [],
      problems: [{ line: 1, why: 'a row comes before the header' }],
    });
    expect(parseQgroups(HEADER)).toEqual({ rows: [], problems: [] });
  });
});

it('subvolumes have an id and a path, which may hold blanks', () => {
  const text = 'ID 256 gen 9 top level 5 path a b/c\n\nID x gen 9 top level 5 path a\nID 257 gen 9 top level 5 path \n';
  expect(parseSubvolumes(text)).toEqual({
    rows: [{ id: 256, path: 'a b/c' }],
    problems: [3, 4].map((line) => ({ line, why: 'it is not a subvolume' })),
  });
});
