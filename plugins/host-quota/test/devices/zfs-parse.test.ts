import { describe, expect, it } from 'vitest';
import { parseDatasets, parseFuseUserspace, parseProperties, parseUserspace } from '../../devices/zfs/parse.ts';

it.each([
  ['tank', []],
  ['\t/tank', []],
  ['tank\t/tank\tmore', []],
])('%j is no dataset', (line, rows) => {
  expect(parseDatasets(`\n${line}\n`)).toEqual({
    rows,
    problems: [{ line: 2, why: 'it is not a name and a mount point' }],
  });
});

it('a dataset that is not mounted, or has an empty mount point, is left out without a problem', () => {
  expect(parseDatasets('tank\t-\ntank/a\t\ntank/b\t/b\n')).toEqual({
    rows: [{ name: 'tank/b', mountPoint: '/b' }],
    problems: [],
  });
});

describe('the space of users', () => {
  it('is read with and without objects; empty lines say nothing', () => {
    expect(parseUserspace(' \n1000\t5\t7\n 1001\t-\tnone\t3\t\n')).toEqual({
      rows: [
        { id: 1000, used: 5n, quota: 7n, usedObjects: 0n, objectQuota: 0n },
        { id: 1001, used: 0n, quota: 0n, usedObjects: 3n, objectQuota: 0n },
      ],
      problems: [],
    });
  });

  it.each([
    ['alice\t1\t2', '"alice" is not an id'],
    ['1000', 'there are 1 fields in place of 3 or 5'],
    ['1000\t1', 'there are 2 fields in place of 3 or 5'],
    ['1000\t1\t2\t3', 'there are 4 fields in place of 3 or 5'],
    ['1000\t1\t2\t3\t4\t5', 'there are 6 fields in place of 3 or 5'],
    ['1000\tx\t2', 'a quantity is not a number of bytes'],
    ['1000\t1\tx', 'a quantity is not a number of bytes'],
    ['1000\t1\t2\tx\t4', 'a number of objects is not a number'],
    ['1000\t1\t2\t3\t1.5G', 'a number of objects is not a number'],
  ])('%j cannot be read', (line, why) => {
    expect(parseUserspace(line)).toEqual({ rows: [], problems: [{ line: 1, why }] });
  });
});

describe('the table of zfs-fuse', () => {
  const HEADER = 'PROP  TYPE  NAME  VALUE\n';

  it('has names below its header; what comes before says nothing', () => {
    expect(
      parseFuseUserspace(`a helper is missing\n${HEADER}used  user  bob  1.5M\n\nquota  group  staff  none\n`),
    ).toEqual({
      rows: [
        { kind: 'user', name: 'bob' },
        { kind: 'group', name: 'staff' },
      ],
      problems: [],
    });
  });

  it.each(['used user bob', 'size user bob 1', 'used robot bob 1', 'used user bob 1 2'])(
    '%s is none of its rows',
    (row) => {
      expect(parseFuseUserspace(HEADER + row)).toEqual({
        rows: [],
        problems: [{ line: 2, why: 'it is not a property, a type, a name and a value' }],
      });
    },
  );

  it('is missed', () => {
    const problems = [{ line: 1, why: 'there is no header' }];
    expect(parseFuseUserspace('used user bob 1')).toEqual({ rows: [], problems });
    expect(parseFuseUserspace(HEADER)).toEqual({ rows: [], problems: [] });
  });
});

it.each(['quota', '\t5', 'quota\tx', 'quota\t'.repeat(2)])('%j is no property and a number', (line) => {
  const known = { property: 'quota', value: 5n };
  expect(parseProperties(`quota\t5\n\n${line}\n`)).toEqual({
    rows: [known],
    problems: [{ line: 3, why: 'it is not a property and a number' }],
  });
});
