import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQgroups, parseSubvolumes } from '../../devices/btrfs/parse.ts';
import { parseBatchErrors } from '../../devices/linux/batch.ts';
import { parseProject } from '../../devices/linux/projects.ts';
import { parseReport, readPeriod } from '../../devices/linux/report.ts';
import { parseRepquota } from '../../devices/linux/repquota.ts';
import { parseDatasets, parseFuseUserspace, parseProperties, parseUserspace } from '../../devices/zfs/parse.ts';
import { parseMountinfo } from '../../mounts/mountinfo.ts';
import type { Parsed } from '../../tools/parsed.ts';
import { matching, recorded } from '../recording.ts';

const VERBOSE = 'uml-repquota-verbose.log';
const STATE = 'uml-quota-enforcement-state.log';
const ZFS = 'zfs-fuse-0.7.0.log';
const BTRFS = 'btrfs-qgroup-6.2.log';
const CSV = /^repquota -u (?=.*-v)(?=.*-n)(?=.*-p).*-O csv \/mnt/;

/** mountinfo(5) with what `/proc/self/mountinfo` escapes, and file systems that are none of ours. */
const MOUNTINFO = `22 27 0:21 / /proc rw,nosuid shared:12 - proc proc rw
36 35 98:16 / /mnt/ext4 rw,relatime shared:1 - ext4 /dev/ubdb rw,quota,usrquota,grpquota,prjquota
37 35 98:32 / /mnt/xfs\\040disk rw,relatime - xfs /dev/ubdc rw,attr2,usrquota,prjquota,grpquota
38 35 98:32 /sub /mnt/bind rw - xfs /dev/ubdc rw,noquota
70 65 0:4 net:[4026532411] /run/docker/netns/6f2d rw shared:3 - nsfs nsfs rw
`;

describe('repquota', () => {
  it('reads ids, KiB, counts and grace of what a real one printed', () => {
    const [first] = matching(STATE, /^repquota -u -v -n -p -O csv \/mnt\/ext4/).filter(({ output }) =>
      output.includes('#1235'),
    );
    const { rows, problems } = parseRepquota(first?.output ?? '');
    expect(problems).toEqual([]);
    expect(rows.at(-1)).toEqual({
      id: 1235,
      usedBytes: 51_200n,
      usedInodes: 1n,
      blockSoft: 10n,
      blockHard: 100n,
      inodeSoft: 1n,
      inodeHard: 5n,
      blockGrace: 1_795_213_431,
      inodeGrace: 0,
    });
  });

  it('keeps an id that has limits and no files, which is why -v is always asked for', () => {
    const outputs = matching(VERBOSE, /^repquota -u -v -n -p -O csv \/mnt\/e/);
    const ids = parseRepquota(outputs[0]?.output ?? '').rows.map(({ id }) => id);
    expect(ids).toEqual([0, 2000, 2002, 2005, 2006]);
    const without = matching(VERBOSE, /^repquota -u -n -O csv \/mnt\/e/)[0];
    expect(parseRepquota(without?.output ?? '').rows.map(({ id }) => id)).toEqual([0]);
  });

  it('reads every report of one mount without a problem', () => {
    const reports = [VERBOSE, STATE].flatMap((name) => matching(name, CSV).filter(({ code }) => code === 0));
    for (const { output } of reports) expect(parseRepquota(output).problems).toEqual([]);
    expect(reports.length).toBeGreaterThan(5);
  });

  it('calls a second report a problem, because it does not say of what it is', () => {
    for (const { output } of matching(VERBOSE, /^repquota (-a -u|-ug) .*-O csv/)) {
      const second = output.split('\n').findLastIndex((line) => line.includes(',BlockStatus,')) + 1;
      expect(parseRepquota(output).problems).toContainEqual({ line: second, why: 'another report begins' });
    }
  });

  it('says which line it cannot read', () => {
    const [good = ''] = matching(STATE, CSV).map(({ output }) => output);
    const lines = good.split('\n');
    for (const [bad, why, id] of [
      ['#12', 'there are 1 fields in place of 11', undefined],
      ['#12,ok,ok,1,2', 'there are 5 fields in place of 11', 12],
      ['root,ok,ok,13,0,0,0,2,0,0,0', '"root" is not an id', undefined],
      ['#4294967295,ok,ok,13,0,0,0,2,0,0,0', '"#4294967295" is not an id', undefined],
      ['#1,full,ok,13,0,0,0,2,0,0,0', 'the status is none of ok, soft, hard', 1],
      ['#1,ok,ok,x,0,0,0,2,0,0,0', 'the blocks are not numbers', 1],
      ['#1,ok,ok,1,0,0,0,-2,0,0,0', 'the inodes are not numbers', 1],
      ['#1,soft,ok,1,0,0,7days,2,0,0,0', 'a grace time is not a number of seconds', 1],
    ] as const) {
      const text = [lines[0], bad, ...lines.slice(1)].join('\n');
      expect(parseRepquota(text).problems).toEqual([{ line: 2, why, ...(id !== undefined && { id }) }]);
    }
    expect(parseRepquota('').problems).toEqual([{ line: 1, why: 'there is no header' }]);
  });

  it('reads grace periods and enforcement from the default format', () => {
    const [ext4, xfs] = ['ext4', 'xfs'].map((name) =>
      matching(STATE, new RegExp(`^repquota -u -v -n -p /mnt/${name}$`)).at(-1),
    );
    expect(parseReport(ext4?.output ?? '')).toEqual({ blockSeconds: 60, inodeSeconds: 60, enforced: undefined });
    expect(parseReport(xfs?.output ?? '')).toEqual({ blockSeconds: 60, inodeSeconds: 60, enforced: true });
    expect(parseReport('Accounting: ON; Enforcement: OFF').enforced).toBe(false);
    expect(['7days', '23:59', '90minutes', 'none', undefined].map(readPeriod)).toEqual([
      604_800,
      86_340,
      5400,
      undefined,
      undefined,
    ]);
  });
});

describe('setquota -b -c', () => {
  it('names the id of each line it skipped, in spite of code 0', () => {
    const [skipped] = matching(VERBOSE, /^setquota -u -b -c/);
    const limits = { blockSoft: 0n, blockHard: 1n, inodeSoft: 0n, inodeHard: 0n };
    const changes = [2005, 7, 2006].map((id) => ({ id, limits }));
    expect(skipped?.code).toBe(0);
    expect(parseBatchErrors(skipped?.output ?? '', changes)).toEqual([
      { id: 7, why: "Unable to resolve name 'nosuch' on line 2." },
    ]);
  });

  it('names the id that the kernel refused', () => {
    const [refused] = matching(VERBOSE, /^setquota -u 2003 18014398509481983/);
    expect(parseBatchErrors(refused?.output ?? '', []).map(({ id }) => id)).toEqual([2003]);
  });
});

describe('lsattr -pd', () => {
  it('reads the project and whether files inherit it', () => {
    const [line] = matching('uml-quota-ext4-xfs.log', /^lsattr -pd/);
    expect(parseProject(line?.output ?? '')).toEqual({ id: 77, inherits: true });
    expect(parseProject('    0 --------------e------- /mnt/e/p\n')).toEqual({ id: 0, inherits: false });
    expect(parseProject('lsattr: Operation not supported')).toBeUndefined();
  });
});

describe('mountinfo', () => {
  it('reads mount points with blanks, options of both kinds and the part that is mounted', () => {
    const { rows, problems } = parseMountinfo(MOUNTINFO);
    expect(problems).toEqual([]);
    expect(rows[2]).toEqual({
      root: '/',
      mountPoint: '/mnt/xfs disk',
      fstype: 'xfs',
      source: '/dev/ubdc',
      options: ['rw', 'relatime', 'attr2', 'usrquota', 'prjquota', 'grpquota'],
    });
    expect(rows[3]).toMatchObject({ root: '/sub', mountPoint: '/mnt/bind' });
    expect(rows[4]).toMatchObject({ fstype: 'nsfs' });
  });

  it('reads that of this machine', () => {
    const { rows, problems } = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'));
    expect(problems).toEqual([]);
    expect(rows.some(({ mountPoint }) => mountPoint === '/')).toBe(true);
  });
});

describe('zfs', () => {
  it('reads exact values, where none, - and nothing are no limit', () => {
    const values = ['none', '-', '', '0', '20971520'].map((value) => `userquota@1\t${value}`).join('\n');
    expect(parseProperties(values).rows.map(({ value }) => value)).toEqual([0n, 0n, 0n, 0n, 20_971_520n]);
  });

  it('keeps rows without a quota', () => {
    const text = '1000\t512\tnone\n1001\t0\t-\n1002\t7\t\n1003\t8\t20971520\t3\t9\n';
    const { rows, problems } = parseUserspace(text);
    expect(problems).toEqual([]);
    expect(rows.map(({ id, quota, objectQuota }) => [id, quota, objectQuota])).toEqual([
      [1000, 0n, 0n],
      [1001, 0n, 0n],
      [1002, 0n, 0n],
      [1003, 20_971_520n, 9n],
    ]);
  });

  it('takes the names from the table of zfs-fuse', () => {
    const [table] = matching(ZFS, /^zfs userspace -H -n -o/);
    expect(parseFuseUserspace(table?.output ?? '')).toEqual({
      rows: [
        { kind: 'user', name: 'root' },
        { kind: 'user', name: '1234' },
        { kind: 'group', name: 'root' },
        { kind: 'group', name: '1234' },
      ],
      problems: [],
    });
  });

  it('reads datasets, and leaves out what is not mounted', () => {
    const text = 'tank\t/tank\ntank/home\t/tank/home\ntank/old\tlegacy\ntank/x\tnone\n';
    expect(parseDatasets(text).rows).toEqual([
      { name: 'tank', mountPoint: '/tank' },
      { name: 'tank/home', mountPoint: '/tank/home' },
    ]);
  });
});

describe('btrfs', () => {
  it('tells no limit from nothing allowed', () => {
    const tables = matching(BTRFS, /qgroup show/).filter(({ code }) => code === 0);
    const limits = tables.map(({ output }) => parseQgroups(output).rows.at(-1)?.maxReferenced);
    expect(limits).toEqual([0n, 0n, 0n, 20_971_520n, 31_457_280n, null]);
    expect(parseQgroups(tables[3]?.output ?? '').rows.at(-1)).toMatchObject({
      subvolume: 256,
      referenced: 20_955_136n,
    });
  });

  it('reads the list of subvolumes', () => {
    const [list] = matching(BTRFS, /subvolume list/);
    expect(parseSubvolumes(list?.output ?? '')).toEqual({ rows: [{ id: 256, path: 'proj1' }], problems: [] });
  });
});

describe('every parser', () => {
  const parsers: Readonly<Record<string, (text: string) => Parsed<unknown>>> = {
    parseRepquota,
    parseMountinfo,
    parseDatasets,
    parseUserspace,
    parseFuseUserspace,
    parseProperties,
    parseQgroups,
    parseSubvolumes,
  };
  const outputs = [
    VERBOSE,
    STATE,
    'uml-quota-ext4-xfs.log',
    'uml-quota-node-edquot.log',
    ZFS,
    BTRFS,
    'loopback-native.log',
  ]
    .flatMap((name) => recorded(name))
    .map(({ output }) => output)
    .filter((output) => output !== '');
  const texts = [...new Set([...outputs, MOUNTINFO])];

  it('answers rows or problems with their line for every prefix of every recording', () => {
    for (const text of texts) {
      for (let end = 0; end <= text.length; end++) check(text.slice(0, end));
    }
  });

  it('answers so for every mutation', () => {
    const mutation = fc.record({
      text: fc.constantFrom(...texts),
      at: fc.nat(),
      remove: fc.nat({ max: 12 }),
      insert: fc.string({ maxLength: 12, unit: 'binary' }),
    });
    fc.assert(
      fc.property(mutation, ({ text, at, remove, insert }) => {
        const from = at % (text.length + 1);
        check(text.slice(0, from) + insert + text.slice(from + remove));
      }),
      { numRuns: 1000 },
    );
  });

  function check(text: string): void {
    const lines = text.split('\n').length;
    for (const [name, parse] of Object.entries(parsers)) {
      const { rows, problems } = parse(text);
      for (const { line, why } of problems) {
        if (line < 1 || line > lines || why === '') throw new Error(`${name}: line ${line} of ${lines}: ${why}`);
      }
      if (rows.length + problems.length > lines) throw new Error(`${name} made ${rows.length} rows of ${lines} lines`);
    }
    parseReport(text);
    parseProject(text);
    parseBatchErrors(text, []);
  }
});
