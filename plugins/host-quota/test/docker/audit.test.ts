import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeAuditFiles } from '../../docker/audit/audit-files.ts';
import { createAuditTail } from '../../docker/audit/audit-tail.ts';
import type { Use } from '../../docker/audit/join.ts';
import { type AuditFiles, type AuditMark, readLog } from '../../docker/audit/read-log.ts';
import { textOf } from '../recording.ts';
import { AUDIT_LOG, eventLines, memoryAudit } from './memory-audit.ts';

const { signal } = new AbortController();
const EDGE = textOf('auditd-docker-edge.log');
/** The recording has the log behind what ausearch printed. */
const RAW = textOf('auditd-docker-raw.log');

async function read(files: AuditFiles, from: { readonly mark: AuditMark | undefined; readonly since: number }) {
  const uses: Use[] = [];
  const result = await readLog(files, AUDIT_LOG, { ...from, found: (use) => uses.push(use) }, signal);
  return { ...result, uses };
}

async function usesIn(text: string, since = 0): Promise<readonly Use[]> {
  const audit = memoryAudit();
  audit.append(text);
  return (await read(audit, { mark: undefined, since })).uses;
}

function sorted(uses: readonly Use[]): readonly Use[] {
  return [...uses].sort((a, b) => (a.event < b.event ? -1 : 1));
}

describe('the audit log', () => {
  it('decodes long, quoted, empty and non-ASCII arguments of the recording exactly', async () => {
    const uses = await usesIn(EDGE);
    expect(
      uses.map(({ event, uid, argv }) => [event.split(':')[1], uid, argv?.map((arg) => arg.slice(0, 40))]),
    ).toEqual([
      ['5', 1234, expect.arrayContaining(['/opt/bin/docker', 'run'])],
      ['6', 1234, ['/opt/bin/docker', '--context=lab', 'container', 'create', '--label', 'qman.user=alice', 'nginx']],
      ['8', 1234, ['/opt/bin/docker', 'pull', 'alpine']],
      ['9', 1235, ['/opt/bin/docker', 'run', 'line1\nline2', 'ünï', '', 'deadbeef', 'a"b', 'x y']],
      ['10', 1235, ['/opt/bin/docker', 'compose', 'up', '-d']],
      ['11', 1236, ['/opt/bin/docker', 'run', '--env', `LONG=${'x'.repeat(35)}`, expect.any(String)]],
      ['12', 0, undefined],
    ]);
    expect(uses[5]?.argv?.[3]).toBe(`LONG=${'x'.repeat(9000)}`);
  });

  it('reads both keys, and takes neither a change of the rules nor a failure for a use', async () => {
    const uses = await usesIn(RAW.slice(RAW.lastIndexOf('+ ')));
    expect(uses.map(({ uid, argv, exe }) => [uid, argv?.[1], exe])).toEqual([
      [1234, 'run', '/opt/bin/docker'],
      [1235, 'image', '/opt/bin/docker'],
      [0, undefined, '/usr/bin/cat'],
    ]);
    expect(await usesIn(eventLines('1795212179.001:1', { argv: 'docker pull a', success: 'no' }))).toEqual([]);
    expect(await usesIn(eventLines('1795212179.001:1', { argv: 'docker pull a', syscall: 44 }))).toEqual([]);
  });

  it('takes the login uid, which sudo keeps, and never "unset" for a person', async () => {
    const uid = async (changes: object): Promise<number | undefined> =>
      (await usesIn(eventLines('1795212179.001:1', { argv: 'docker pull a', ...changes })))[0]?.uid;
    expect(await uid({ auid: '1234', uid: 0 })).toBe(1234);
    expect(await uid({ auid: '4294967295', uid: 1235 })).toBe(1235);
    expect(await uid({ auid: '4294967295', uid: 4294967295 })).toBeUndefined();
  });

  it('knows its key among several of one rule', async () => {
    const key = Buffer.from('other\u0001docker-client').toString('hex').toUpperCase();
    expect(await usesIn(eventLines('1795212179.001:1', { argv: 'docker pull a', key }))).toHaveLength(1);
    expect(await usesIn(eventLines('1795212179.001:1', { argv: 'docker pull a', key: '"not-docker-client"' }))).toEqual(
      [],
    );
  });

  it('joins records that are apart, and tells events of one serial after a boot apart', async () => {
    const [first = '', second = ''] = ['1795212179.001:7', '1795212179.002:8'].map((event) =>
      eventLines(event, { argv: `docker pull ${event.slice(-1)}` }),
    );
    const [a1, a2] = first.split(/(?<=\n)/);
    const [b1, b2] = second.split(/(?<=\n)/);
    const again = eventLines('1795299999.001:7', { argv: 'docker pull other' });
    const uses = await usesIn([a1, b1, b2, a2, again].join(''));
    expect(uses.map(({ argv }) => argv?.[2])).toEqual(['8', '7', 'other']);
  });

  it('has times as they are over midnight, the end of a month and of a year, and misses none of one second', async () => {
    const newYear = Date.UTC(2026, 11, 31, 23, 59, 59) / 1000;
    const audit = memoryAudit();
    const tail = createAuditTail(audit, AUDIT_LOG);
    const seen = new Set<string>();
    for (const [at, serial] of [
      [newYear, 1],
      [newYear, 2],
      [newYear + 1, 3],
      [newYear + 1, 4],
    ] as const) {
      audit.append(eventLines(`${at}.999:${serial}`, { argv: `docker pull i${serial}` }));
      for (const use of (await tail.recent(at, signal)).clients) seen.add(`${use.at} ${use.refs[0]}`);
    }
    expect([...seen]).toEqual([
      `${newYear}.999 docker.io/library/i1:latest`,
      `${newYear}.999 docker.io/library/i2:latest`,
      `${newYear + 1}.999 docker.io/library/i3:latest`,
      `${newYear + 1}.999 docker.io/library/i4:latest`,
    ]);
  });

  it.each([
    ['edge', EDGE],
    ['raw', RAW],
  ])('cut at any byte (%s) says nothing wrong, and goes on where it was', async (_, text) => {
    const bytes = Buffer.from(text);
    const whole = sorted(await usesIn(text));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), fc.nat(bytes.length), fc.boolean(), async (one, other, rotates) => {
        const [first, second] = one < other ? [one, other] : [other, one];
        const audit = memoryAudit();
        const found = new Map<string, Use>();
        let mark: AuditMark | undefined;
        let at = 0;
        for (const piece of [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)]) {
          // auditd rotates between two records, never inside one.
          if (rotates && bytes[at - 1] === 10) audit.rotate();
          at += piece.length;
          audit.append(piece);
          const more = await read(audit, { mark, since: 0 });
          expect(more.isGap).toBe(false);
          mark = more.mark;
          for (const use of more.uses) found.set(use.event, use);
          for (const use of more.uses) expect(whole).toContainEqual(use);
        }
        expect(sorted([...found.values()])).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });

  it('cut after every single line goes on where it was', async () => {
    const whole = await usesIn(EDGE);
    const audit = memoryAudit();
    const found = new Map<string, Use>();
    let mark: AuditMark | undefined;
    for (const one of EDGE.split(/(?<=\n)/)) {
      audit.rotate();
      audit.append(one);
      const more = await read(audit, { mark, since: 0 });
      mark = more.mark;
      for (const use of more.uses) found.set(use.event, use);
    }
    expect([...found.values()]).toEqual(whole);
  });

  it('reads a rotated log to its end, and says when what followed is gone', async () => {
    const audit = memoryAudit();
    audit.append(eventLines('1795212179.001:1', { argv: 'docker pull a' }));
    const first = await read(audit, { mark: undefined, since: 0 });
    audit.append(eventLines('1795212180.001:2', { argv: 'docker pull b' }));
    audit.rotate();
    audit.append(eventLines('1795212181.001:3', { argv: 'docker pull c' }));
    const second = await read(audit, { mark: first.mark, since: 0 });
    expect([second.isGap, second.uses.map(({ argv }) => argv?.[2])]).toEqual([false, ['b', 'c']]);
    const other = memoryAudit();
    other.append(eventLines('1795212190.001:9', { argv: 'docker pull d' }));
    const third = await read(other, { mark: second.mark, since: 0 });
    expect([third.isGap, third.uses.map(({ argv }) => argv?.[2])]).toEqual([true, ['d']]);
  });

  it('forgets events whose other records were lost', async () => {
    const open = Array.from(
      { length: 2000 },
      (_, at) => eventLines(`1795212179.001:${at}`, { argv: 'docker pull a' }).split('\n')[0],
    );
    const audit = memoryAudit();
    audit.append(`${open.join('\n')}\n${eventLines('1795212190.001:9999', { argv: 'docker pull b' })}`);
    const { uses, mark } = await read(audit, { mark: undefined, since: 0 });
    expect([uses.length, mark?.event]).toEqual([1, '1795212190.001:9999']);
  });

  it('is followed on disk over a rotation, and may be missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'audit-'));
    const path = join(folder, 'audit.log');
    const tail = createAuditTail(nodeAuditFiles, path);
    const names = async (): Promise<readonly unknown[]> =>
      (await tail.recent(1_795_212_200, signal)).clients.map(({ refs }) => refs[0]);
    expect(await tail.recent(1_795_212_200, signal)).toMatchObject({ isThere: false, clients: [] });
    await writeFile(path, eventLines('1795212179.001:1', { argv: 'docker pull a' }));
    expect(await names()).toEqual(['docker.io/library/a:latest']);
    await rename(path, `${path}.1`);
    await writeFile(path, eventLines('1795212181.001:3', { argv: 'docker pull c' }));
    expect(await names()).toEqual(['docker.io/library/a:latest', 'docker.io/library/c:latest']);
    expect(await tail.recent(1_795_212_179 + 5401, signal)).toMatchObject({ clients: [{ at: 1_795_212_181.001 }] });
    await rm(folder, { recursive: true });
  });

  it('that may not be read is an error with what to do', async () => {
    const files: AuditFiles = nodeAuditFiles;
    await expect(files.open('/proc/1/mem/audit.log')).rejects.toMatchObject({
      code: 'HOST_QUOTA_AUDIT',
      disposition: 'operator',
    });
  });
});
