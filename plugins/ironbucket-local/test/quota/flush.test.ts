import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeDisk } from '../../disk.ts';
import { QUOTA_EXCEEDED } from '../../errors.ts';
import { layoutOf } from '../../layout.ts';
import type { QuotaDeps } from '../../quota/quotas.ts';
import { openUncounted } from '../../quota/uncounted.ts';
import { BUCKET, createQuotaLab, put, type QuotaLab, type Running, signal, until, watchedDisk } from './lab.ts';

const refused = { code: QUOTA_EXCEEDED };

let lab: QuotaLab;
let processes: Running[] = [];
beforeEach(async () => {
  lab = await createQuotaLab();
});
afterEach(async () => {
  for (const running of processes) await running.stop();
  processes = [];
  lab.remove();
});

function start(changes?: Partial<QuotaDeps>): Running {
  const running = lab.start(changes);
  processes.push(running);
  return running;
}

const marked = (bucket = BUCKET): boolean => existsSync(lab.path(bucket, '.quota.dirty'));
const text = (bucket = BUCKET): string => readFileSync(lab.path(bucket, '.quota'), 'utf8');
const inode = (bucket = BUCKET): number => statSync(lab.path(bucket, '.quota')).ino;

describe('what is written behind', () => {
  it('is written once per interval, and the marker goes after one without a change', async () => {
    await lab.makeBucket();
    let writes = 0;
    const running = start({
      disk: watchedDisk(async (operation, path) => {
        if (operation === 'rename' && path.endsWith('.quota')) writes++;
      }),
    });
    for (let i = 0; i < 50; i++) await put(lab, running, `key-${i}`, 10);
    expect(marked()).toBe(true);
    expect(await lab.onDisk()).toMatchObject({ usedBytes: 0n });
    await running.pass();
    expect(writes).toBe(1);
    expect(await lab.onDisk()).toMatchObject({ usedBytes: 500n, objects: 50n });
    expect(marked()).toBe(true);
    await running.pass();
    expect(marked()).toBe(false);
    expect(writes).toBe(1);
  });

  it('of an idle server is nothing', async () => {
    await lab.makeBucket();
    let effects = 0;
    const running = start({
      disk: watchedDisk(async () => {
        effects++;
      }),
    });
    await put(lab, running, 'a', 10);
    for (let i = 0; i < 2; i++) await running.pass();
    const before = effects;
    await running.quotas.state(BUCKET, signal);
    for (let i = 0; i < 5; i++) await running.pass();
    expect(effects).toBe(before);
  });

  it('is written when the server stops, and a limit of 2^64 - 1 stays as it is', async () => {
    await lab.makeBucket(BUCKET, { maxBytes: null });
    const running = start();
    await put(lab, running, 'a', 10);
    await running.stop();
    expect(text()).toContain('"max_size_bytes": 18446744073709551615,\n  "current_usage_bytes": 10,');
    expect(marked()).toBe(false);
  });

  it('keeps its marker while an upload is under way', async () => {
    await lab.makeBucket();
    const running = start();
    const reservation = await running.quotas.reserve(BUCKET, 10, signal);
    for (let i = 0; i < 4; i++) await running.pass();
    expect(marked()).toBe(true);
    reservation.release();
    await running.pass();
    expect(marked()).toBe(false);
  });

  it('is only as clean as what was written: a change during the write is in the next one', async () => {
    await lab.makeBucket();
    const gate = createGate('.quota');
    const running = start({ disk: gate.disk });
    await put(lab, running, 'a', 10);
    const passed = running.pass();
    await until(() => gate.waiting());
    await put(lab, running, 'b', 20);
    gate.open();
    await passed;
    expect(await lab.onDisk()).toMatchObject({ usedBytes: 10n, objects: 1n });
    await running.pass();
    expect(await lab.onDisk()).toMatchObject({ usedBytes: 30n, objects: 2n });
  });

  it('never goes without its marker: a write that comes while that is removed waits for a new one', async () => {
    await lab.makeBucket();
    const gate = createGate('.quota.dirty');
    const running = start({ disk: gate.disk });
    await put(lab, running, 'a', 10);
    await running.pass();
    const passed = running.pass();
    await until(() => gate.waiting());
    const reserved = running.quotas.reserve(BUCKET, 10, signal);
    gate.open();
    const reservation = await reserved;
    expect(marked()).toBe(true);
    await passed;
    for (let i = 0; i < 3; i++) await running.pass();
    expect(marked()).toBe(true);
    reservation.release();
  });

  it('that fails is logged once and tried again', async () => {
    await lab.makeBucket();
    let broken = true;
    const running = start({
      disk: watchedDisk(async (operation) => {
        if (operation === 'rename' && broken) throw new Error('EIO');
      }),
    });
    await put(lab, running, 'a', 10);
    for (let i = 0; i < 3; i++) await running.pass();
    expect(lab.warnings).toEqual(['the use of a bucket could not be written; it is tried again: EIO']);
    expect(await running.quotas.state(BUCKET, signal)).toMatchObject({ usedBytes: 10n });
    broken = false;
    await running.pass();
    expect(await lab.onDisk()).toMatchObject({ usedBytes: 10n });
  });

  it('keeps the marker when that cannot be removed', async () => {
    await lab.makeBucket();
    let broken = true;
    const running = start({
      disk: watchedDisk(async (operation, path) => {
        if (operation === 'remove' && path.endsWith('.dirty') && broken) throw new Error('EIO');
      }),
    });
    await put(lab, running, 'a', 10);
    for (let i = 0; i < 3; i++) await running.pass();
    expect(marked()).toBe(true);
    await put(lab, running, 'b', 10);
    broken = false;
    for (let i = 0; i < 2; i++) await running.pass();
    expect(marked()).toBe(false);
  });
});

describe('a disk that is stuck in a write', () => {
  it('holds up no check: 10,000 of them take less than 1 ms each', async () => {
    await lab.makeBucket(BUCKET, { maxBytes: null });
    const gate = createGate('.quota');
    const running = start({ disk: gate.disk });
    await put(lab, running, 'a', 10);
    const passed = running.pass();
    await until(() => gate.waiting());
    const times: number[] = [];
    for (let i = 0; i < 10_000; i++) {
      const before = performance.now();
      (await running.quotas.reserve(BUCKET, 1, signal)).release();
      await running.quotas.state(BUCKET, signal);
      times.push(performance.now() - before);
    }
    expect(gate.waiting()).toBe(true);
    gate.open();
    await passed;
    times.sort((a, b) => a - b);
    expect(times[9900]).toBeLessThan(1);
  });
});

describe('an edit of .quota by someone else', () => {
  const edit = (from: string, to: string): void => {
    writeFileSync(lab.path(BUCKET, 'edited'), text().replace(from, to));
    renameSync(lab.path(BUCKET, 'edited'), lab.path(BUCKET, '.quota'));
  };

  it('takes effect on the next write to an idle bucket and survives the next flush; what is used stays ours', async () => {
    await lab.makeBucket();
    const running = start();
    await put(lab, running, 'a', 10);
    for (let i = 0; i < 2; i++) await running.pass();
    edit(
      '"max_size_bytes": 1000,\n  "current_usage_bytes": 10',
      '"max_size_bytes": 15,\n  "note": 007.5e1,\n  "current_usage_bytes": 9',
    );
    edit('007.5e1', '7.50');
    await expect(running.quotas.reserve(BUCKET, 6, signal)).rejects.toMatchObject(refused);
    await put(lab, running, 'b', 5);
    await running.pass();
    expect(text()).toContain('"max_size_bytes": 15,\n  "current_usage_bytes": 15,');
    expect(text()).toContain('"note": 7.50');
  });

  it('takes effect with the next flush of a bucket that is written to', async () => {
    await lab.makeBucket();
    const running = start();
    await put(lab, running, 'a', 10);
    edit('1000', '2000');
    await running.pass();
    (await running.quotas.reserve(BUCKET, 1990, signal)).release();
    expect(text()).toContain('"max_size_bytes": 2000,\n  "current_usage_bytes": 10,');
  });

  it('shows in answers after an interval, without a write', async () => {
    await lab.makeBucket();
    const running = start();
    await running.quotas.state(BUCKET, signal);
    edit('1000', '2000');
    await running.pass();
    expect(await running.quotas.state(BUCKET, signal)).toMatchObject({ maxBytes: 2000n });
  });

  it.each(['', 'no JSON'])('that damages it (%j) is overwritten with what is known', async (damage) => {
    await lab.makeBucket();
    const running = start();
    await put(lab, running, 'a', 10);
    writeFileSync(lab.path(BUCKET, '.quota'), damage);
    for (let i = 0; i < 2; i++) await running.pass();
    expect(await lab.onDisk()).toMatchObject({ maxBytes: 1000n, usedBytes: 10n });
  });

  it('that removes it does no more', async () => {
    await lab.makeBucket();
    const running = start();
    await put(lab, running, 'a', 10);
    await running.pass();
    rmSync(lab.path(BUCKET, '.quota'));
    for (let i = 0; i < 2; i++) await running.pass();
    expect(await lab.onDisk()).toMatchObject({ maxBytes: 1000n, usedBytes: 10n });
  });
});

describe('a limit', () => {
  it('that is set while serving holds at once, on disk as well, with what is used at that moment', async () => {
    await lab.makeBucket();
    const running = start();
    await put(lab, running, 'a', 10);
    expect(await running.quotas.setLimit(BUCKET, 15n, signal)).toBe(true);
    expect(await running.quotas.setLimit(BUCKET, 15n, signal)).toBe(false);
    expect(await lab.onDisk()).toMatchObject({ maxBytes: 15n, usedBytes: 10n });
    await expect(running.quotas.reserve(BUCKET, 6, signal)).rejects.toMatchObject(refused);
    await running.pass();
    expect(await running.quotas.read(BUCKET)).toMatchObject({ maxBytes: 15n, usedBytes: 10n });
  });

  it('that could not be written does not hold', async () => {
    await lab.makeBucket();
    const running = start({
      disk: watchedDisk(async (operation) => {
        if (operation === 'rename') throw new Error('EIO');
      }),
    });
    await expect(running.quotas.setLimit(BUCKET, 15n, signal)).rejects.toThrow('EIO');
    (await running.quotas.reserve(BUCKET, 1000, signal)).release();
    await expect(running.quotas.setLimit(BUCKET, -1n, signal)).rejects.toMatchObject({ code: 'IRONBUCKET_BAD_LIMIT' });
  });
});

describe('a bucket that is removed', () => {
  it('does not come back after a flush, and starts from zero when it is made again', async () => {
    await lab.makeBucket();
    const running = start();
    await put(lab, running, 'a', 900);
    const late = await running.quotas.reserve(BUCKET, 10, signal);
    late.fit(10, 'late');
    await running.quotas.forget(BUCKET);
    rmSync(lab.path(BUCKET), { recursive: true });
    late.commit({ bytes: 10, objects: 1 });
    for (let i = 0; i < 2; i++) await running.pass();
    expect(readdirSync(lab.root)).toEqual([]);
    await lab.makeBucket();
    expect(await running.quotas.state(BUCKET, signal)).toMatchObject({ usedBytes: 0n, objects: 0n });
    await running.pass();
    expect(readdirSync(lab.path(BUCKET))).toEqual(['.quota']);
  });

  it('behind our back is let go of by the flush', async () => {
    await lab.makeBucket();
    const running = start();
    await put(lab, running, 'a', 10);
    rmSync(lab.path(BUCKET), { recursive: true });
    for (let i = 0; i < 2; i++) await running.pass();
    expect(readdirSync(lab.root)).toEqual([]);
    expect(lab.warnings).toEqual([expect.stringContaining('is gone')]);
    await expect(running.quotas.state(BUCKET, signal)).rejects.toMatchObject({ code: 'IRONBUCKET_VANISHED' });
  });

  it('is forgotten only when nothing of it is being written', async () => {
    await lab.makeBucket();
    const gate = createGate('.quota');
    const running = start({ disk: gate.disk });
    await put(lab, running, 'a', 10);
    const passed = running.pass();
    await until(() => gate.waiting());
    let forgotten = false;
    const forgetting = running.quotas.forget(BUCKET).then(() => {
      forgotten = true;
    });
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(forgotten).toBe(false);
    gate.open();
    await forgetting;
    await passed;
  });
});

describe('more buckets than the cache holds', () => {
  const names = Array.from({ length: 10 }, (_, index) => `bucket-${index}`);

  it('keep their numbers, and the last ones are in memory', async () => {
    let reads = 0;
    const disk = {
      ...nodeDisk,
      read: (path: string) => {
        reads++;
        return nodeDisk.read(path);
      },
    };
    const running = start({ cacheMaxSize: 3, disk });
    for (const [index, name] of names.entries()) {
      await lab.makeBucket(name);
      await put(lab, running, 'a', index, name);
    }
    for (let i = 0; i < 2; i++) await running.pass();
    for (const [index, name] of names.entries())
      expect(await running.quotas.state(name, signal)).toMatchObject({ usedBytes: BigInt(index), objects: 1n });
    reads = 0;
    for (const name of ['bucket-9', 'bucket-7', 'bucket-8']) await running.quotas.state(name, signal);
    expect(reads).toBe(0);
    await running.quotas.state('bucket-0', signal);
    await running.quotas.state('bucket-7', signal);
    expect(reads).toBe(1);
    // It was not used for the longest time.
    await running.quotas.state('bucket-9', signal);
    expect(reads).toBe(2);
  });

  it('lose nothing that is not written yet, and nothing on SIGTERM', async () => {
    const running = start({ cacheMaxSize: 1 });
    for (const [index, name] of names.entries()) {
      await lab.makeBucket(name);
      await put(lab, running, 'a', index, name);
    }
    for (const [index, name] of names.entries())
      expect(await running.quotas.state(name, signal)).toMatchObject({ usedBytes: BigInt(index) });
    await running.stop();
    for (const [index, name] of names.entries())
      expect(await lab.onDisk(name)).toMatchObject({ usedBytes: BigInt(index), objects: 1n });
    expect(names.some(marked)).toBe(false);
  });

  it('keep the reservations of uploads under way', async () => {
    const running = start({ cacheMaxSize: 1 });
    for (const name of names) await lab.makeBucket(name);
    const held = await Promise.all(names.map((name) => running.quotas.reserve(name, 600, signal)));
    for (let i = 0; i < 3; i++) await running.pass();
    for (const name of names) await expect(running.quotas.reserve(name, 401, signal)).rejects.toMatchObject(refused);
    for (const reservation of held) reservation.release();
  });
});

describe('what is measured', () => {
  it('comes from memory while serving, and from a scan otherwise, which is not written', async () => {
    await lab.makeBucket();
    const running = start();
    await put(lab, running, 'a', 10);
    writeFileSync(lab.path(BUCKET, 'behind-our-back'), 'contents');
    expect(await running.quotas.measure(BUCKET, signal)).toEqual({ bytes: 10n, objects: 1n });
    await running.stop();
    const before = inode();
    expect(await start().quotas.read(BUCKET)).toMatchObject({ usedBytes: 10n });
    const other = openUncounted({ disk: nodeDisk, layout: layoutOf(lab.root), clock: lab.clock });
    expect(await other.measure(BUCKET, signal)).toEqual({ bytes: 18n, objects: 2n });
    expect(inode()).toBe(before);
  });

  it('without counting is scanned, and everything fits', async () => {
    await lab.makeBucket(BUCKET, { maxBytes: 0n });
    const other = openUncounted({ disk: nodeDisk, layout: layoutOf(lab.root), clock: lab.clock });
    const reservation = await other.reserve(BUCKET, 10n ** 30n, signal);
    reservation.grow(1);
    reservation.fit(1, 'a');
    reservation.commit({ bytes: 1, objects: 1 });
    expect(await other.state(BUCKET, signal)).toBeUndefined();
    expect(await other.setLimit(BUCKET, 5n, signal)).toBe(true);
    expect(await lab.onDisk()).toMatchObject({ maxBytes: 5n, usedBytes: 0n });
  });
});

/** Holds up the renaming to, or the removal of, files of that name, once. */
function createGate(name: string): { disk: QuotaDeps['disk']; waiting(): boolean; open(): void } {
  let open = (): void => undefined;
  let waiting = false;
  const opened = new Promise<void>((resolve) => {
    open = () => {
      waiting = false;
      resolve();
    };
  });
  return {
    disk: watchedDisk(async (operation, path) => {
      if (operation === 'write' || !path.endsWith(`/${name}`)) return;
      waiting = true;
      await opened;
      waiting = false;
    }),
    waiting: () => waiting,
    open: () => open(),
  };
}
