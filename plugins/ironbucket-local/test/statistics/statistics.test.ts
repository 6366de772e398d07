import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeDisk } from '../../disk.ts';
import { layoutOf } from '../../layout.ts';
import { openStatistics, type Statistics, type StatisticsDeps } from '../../statistics/statistics.ts';
import {
  BUCKET,
  collectLog,
  createQuotaLab,
  INTERVAL_MS,
  type QuotaLab,
  signal,
  until,
  watchedDisk,
} from '../quota/lab.ts';

const MONTH = '2026-08';
const zero = { get: 0n, put: 0n, delete: 0n, list: 0n, head: 0n, multipart: 0n };

let lab: QuotaLab;
const running: (() => Promise<void>)[] = [];
beforeEach(async () => {
  lab = await createQuotaLab();
  await lab.makeBucket();
});
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
  lab.remove();
});

describe('statistics', () => {
  it('show an operation at once, in memory, and write it with the next flush', async () => {
    const { statistics, pass } = start();
    for (const operation of ['get', 'get', 'put', 'delete', 'list', 'head', 'multipart'] as const)
      statistics.count(BUCKET, operation);
    const counts = { get: 2n, put: 1n, delete: 1n, list: 1n, head: 1n, multipart: 1n };
    expect(await statistics.read(BUCKET, undefined, signal)).toEqual(counts);
    expect(files()).toEqual([]);
    await pass();
    expect(files()).toEqual([`${MONTH}.json`]);
    expect(readFile(MONTH)).toMatchObject({
      get_count: 2,
      multipart_count: 1,
      last_updated: '2026-08-25T10:00:01.000Z',
    });
    expect(await statistics.read(BUCKET, MONTH, signal)).toEqual(counts);
  });

  it('read as zeros when there is no file, and leave none behind', async () => {
    const { statistics } = start();
    expect(await statistics.read(BUCKET, '2020-01', signal)).toEqual(zero);
    expect(readdirSync(lab.path(BUCKET))).toEqual(['.quota']);
  });

  it('are the sum of what earlier processes counted', async () => {
    for (let process = 1; process <= 3; process++) {
      const { statistics, stop } = start();
      statistics.count(BUCKET, 'put');
      await stop();
      expect(readFile(MONTH)).toMatchObject({ put_count: process });
    }
  });

  it('of an idle server write nothing', async () => {
    const { statistics, pass } = start();
    statistics.count(BUCKET, 'get');
    await pass();
    const before = statSync(lab.path(BUCKET, `.stats/${MONTH}.json`)).ino;
    for (let i = 0; i < 5; i++) await pass();
    expect(statSync(lab.path(BUCKET, `.stats/${MONTH}.json`)).ino).toBe(before);
  });

  it('of 23:59:59 UTC and of 00:00:00 are in two files, however late they are written', async () => {
    lab.remove();
    lab = await createQuotaLab('2026-08-31T23:59:59.999Z');
    await lab.makeBucket();
    const { statistics, pass } = start();
    statistics.count(BUCKET, 'get');
    await lab.clock.advance(1);
    statistics.count(BUCKET, 'get');
    statistics.count(BUCKET, 'head');
    await pass();
    expect(readFile('2026-08')).toMatchObject({ get_count: 1, head_count: 0 });
    expect(readFile('2026-09')).toMatchObject({ get_count: 1, head_count: 1 });
    expect(await statistics.read(BUCKET, undefined, signal)).toMatchObject({ get: 1n, head: 1n });
  });

  it('of a damaged file are set aside and reported, not overwritten with zeros', async () => {
    mkdirSync(lab.path(BUCKET, '.stats'));
    writeFileSync(lab.path(BUCKET, `.stats/${MONTH}.json`), 'no JSON');
    const { statistics, pass } = start();
    statistics.count(BUCKET, 'get');
    await pass();
    expect(files()).toEqual([`${MONTH}.json`, `${MONTH}.json.corrupt`]);
    expect(readFileSync(lab.path(BUCKET, `.stats/${MONTH}.json.corrupt`), 'utf8')).toBe('no JSON');
    expect(readFile(MONTH)).toMatchObject({ get_count: 1 });
    expect(lab.warnings).toEqual([expect.stringContaining('set aside')]);
  });

  it('of a damaged file stay where they are for a process that only reads', async () => {
    mkdirSync(lab.path(BUCKET, '.stats'));
    writeFileSync(lab.path(BUCKET, `.stats/${MONTH}.json`), 'no JSON');
    const statistics = openStatistics(depsOf());
    expect(await statistics.read(BUCKET, MONTH, signal)).toEqual(zero);
    expect(files()).toEqual([`${MONTH}.json`]);
  });

  it.each(['../../x', '2025-13', ''])('of the month %j are refused, and nothing is touched', async (month) => {
    const { statistics } = start({ disk: { ...nodeDisk, read: () => Promise.reject(new Error('touched')) } });
    await expect(statistics.read(BUCKET, month, signal)).rejects.toThrow(RangeError);
  });

  it('that cannot be written are logged once, kept, and written when that works again', async () => {
    let broken = true;
    const disk = watchedDisk(async (operation) => {
      if (operation === 'rename' && broken) throw new Error('EIO');
    });
    const { statistics, pass } = start({ disk });
    statistics.count(BUCKET, 'get');
    for (let i = 0; i < 3; i++) await pass();
    expect(lab.warnings).toEqual(['statistics could not be written; it is tried again: EIO']);
    broken = false;
    statistics.count(BUCKET, 'get');
    await pass();
    expect(readFile(MONTH)).toMatchObject({ get_count: 2 });
  });

  it('count what happens while they are written exactly once', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let writing = false;
    const disk = watchedDisk(async (operation) => {
      if (operation !== 'rename') return;
      writing = true;
      await gate;
    });
    const { statistics, pass, stop } = start({ disk });
    statistics.count(BUCKET, 'get');
    const passed = pass();
    await until(() => writing);
    statistics.count(BUCKET, 'get');
    const counts = statistics.read(BUCKET, MONTH, signal);
    open();
    expect(await counts).toMatchObject({ get: 2n });
    await passed;
    await stop();
    expect(readFile(MONTH)).toMatchObject({ get_count: 2 });
  });

  it('of a bucket that is gone do not bring it back', async () => {
    const { statistics, pass } = start();
    statistics.count(BUCKET, 'get');
    rmSync(lab.path(BUCKET), { recursive: true });
    await pass();
    expect(readdirSync(lab.root)).toEqual([]);
    await lab.makeBucket();
    await pass();
    expect(await statistics.read(BUCKET, MONTH, signal)).toEqual(zero);
    statistics.count(BUCKET, 'get');
    await statistics.forget(BUCKET);
    await pass();
    expect(readdirSync(lab.path(BUCKET))).toEqual(['.quota']);
  });

  it('are not counted when that is switched off', async () => {
    const { statistics } = start({ enabled: false });
    statistics.count(BUCKET, 'get');
    expect(await statistics.read(BUCKET, MONTH, signal)).toEqual(zero);
  });
});

interface Running {
  readonly statistics: Statistics;
  pass(): Promise<void>;
  stop(): Promise<void>;
}

function depsOf(): StatisticsDeps {
  const { clock, root, warnings } = lab;
  const log = collectLog(warnings);
  return {
    disk: nodeDisk,
    layout: layoutOf(root),
    clock,
    log,
    fsync: false,
    enabled: true,
    flushIntervalMs: INTERVAL_MS,
  };
}

function start(changes: Partial<StatisticsDeps> = {}): Running {
  const statistics = openStatistics({ ...depsOf(), ...changes });
  const stopping = new AbortController();
  const served = statistics.serve(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await served;
  };
  running.push(stop);
  return { statistics, stop, pass: () => lab.pass() };
}

function files(): readonly string[] {
  return readdirSync(lab.path(BUCKET), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.startsWith('.stats/'))
    .map((path) => path.slice('.stats/'.length))
    .sort();
}

function readFile(month: string): unknown {
  return JSON.parse(readFileSync(lab.path(BUCKET, `.stats/${month}.json`), 'utf8'));
}
