import { describe, expect, it } from 'vitest';
import { parseMountinfo } from '../../mounts/mountinfo.ts';

const LINE = '36 35 98:16 / /mnt/a\\134b rw,relatime shared:1 - ext4 /dev/sd\\040a rw,quota';

it('a line is read with or without optional fields and options of the file system', () => {
  const mount = { root: '/', mountPoint: '/mnt/a\\b', fstype: 'ext4', source: '/dev/sd a' };
  expect(parseMountinfo(`${LINE}\n\n`)).toEqual({
    rows: [{ ...mount, options: ['rw', 'relatime', 'quota'] }],
    problems: [],
  });
  const short = LINE.replace(' shared:1', '').replace(' rw,quota', '');
  expect(parseMountinfo(short).rows).toEqual([{ ...mount, options: ['rw', 'relatime'] }]);
});

describe('a line is not of mountinfo', () => {
  it.each([
    ['without its second half', LINE.replace(/ - .*/, '')],
    ['without a root', LINE.replace(' / ', '  ')],
    ['with a mount point that is no path', LINE.replace('/mnt', 'mnt')],
    ['without a mount point', '36 35 98:16 / - ext4 /dev/sda'],
    ['without options', '36 35 98:16 / /mnt - ext4 /dev/sda'],
    ['without a type', LINE.replace('ext4', '')],
    ['without a source', LINE.replace(/ext4 .*/, 'ext4')],
  ])('%s', (_, line) => {
    expect(parseMountinfo(line)).toEqual({ rows: [], problems: [{ line: 1, why: 'it is not a line of mountinfo' }] });
  });
});
