import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeDisk } from '../../disk.ts';
import { QUOTA_EXCEEDED } from '../../errors.ts';
import type { QuotaDeps } from '../../quota/quotas.ts';
import { isOff } from '../../quota/sample.ts';
import { makeUnreadable } from '../lab.ts';
import { BUCKET, createQuotaLab, put, type QuotaLab, type Running, signal, until } from './lab.ts';

let lab: QuotaLab;
let running: Running;
beforeEach(async () => {
  lab = await createQuotaLab();
  mkdirSync(lab.path(BUCKET, 'deep'), { recursive: true });
});
afterEach(async () => {
  await running.stop();
  lab.remove();
});

const start = (changes: Partial<QuotaDeps> = {}): Running => {
  running = lab.start(changes);
  return running;
};
const reserve = (bytes: number): ReturnType<Running['quotas']['reserve']> =>
  running.quotas.reserve(BUCKET, bytes, signal);
const reserveIn = (bucket: string): ReturnType<typeof reserve> => running.quotas.reserve(bucket, 0, signal);
const store = (name: string, bytes: number): void => writeFileSync(lab.path(BUCKET, name), Buffer.alloc(bytes));

describe('a bucket', () => {
  it.each([
    ['without .quota', undefined],
    ['with an empty one', ''],
    ['with a damaged one', '{"max_size_bytes": 99999999999, "current_usage_bytes":'],
    ['with a binary one', '\0\x01\x02'],
  ])('%s is counted before the first write, with the default limit, and gets one', async (_, damage) => {
    store('deep/a', 600);
    store('deep/a.metadata', 100);
    if (damage !== undefined) writeFileSync(lab.path(BUCKET, '.quota'), damage);
    start({ defaultBytes: 1000n });
    await expect(reserve(401)).rejects.toMatchObject({ code: QUOTA_EXCEEDED });
    (await reserve(400)).release();
    expect(lab.warnings.some((line) => line.includes('damaged'))).toBe(damage !== undefined);
    for (let i = 0; i < 2; i++) await running.pass();
    expect(await lab.onDisk()).toMatchObject({ maxBytes: 1000n, usedBytes: 600n, objects: 1n });
    expect(existsSync(lab.path(BUCKET, '.quota.dirty'))).toBe(false);
  });

  it('whose .quota or whose objects cannot be read lets nothing through', async () => {
    const broken = Object.assign(new Error('EIO: read'), { code: 'EIO' });
    start({ disk: { ...nodeDisk, read: () => Promise.reject(broken) } });
    await expect(reserve(0)).rejects.toBe(broken);
    await running.stop();
    start();
    makeUnreadable(lab.path(BUCKET));
    await expect(reserve(0)).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
  });

  it('gives up waiting for a count when told to, and the count goes on', async () => {
    start();
    const stop = new AbortController();
    const reserved = running.quotas.reserve(BUCKET, 0, stop.signal);
    stop.abort(new Error('enough'));
    await expect(reserved).rejects.toThrow('enough');
    (await reserve(0)).release();
  });

  it('that was written to when the process died is counted afresh, with what is written meanwhile', async () => {
    writeRecord({ usedBytes: 5n, objects: 1n });
    writeFileSync(lab.path(BUCKET, '.quota.dirty'), '');
    store('deep/a', 600);
    start();
    const early = put(lab, running, 'b', 20);
    await until(async () => (await running.quotas.measure(BUCKET, signal)) !== undefined);
    await early;
    expect(await running.quotas.state(BUCKET, signal)).toMatchObject({ usedBytes: 620n, objects: 2n });
    for (let i = 0; i < 2; i++) await running.pass();
    expect(existsSync(lab.path(BUCKET, '.quota.dirty'))).toBe(false);
  });

  it('is counted before the first write after a crash, so that the limit holds', async () => {
    writeRecord({ usedBytes: 0n, objects: 0n });
    writeFileSync(lab.path(BUCKET, '.quota.dirty'), '');
    store('deep/a', 999_900);
    start();
    await expect(reserve(101)).rejects.toMatchObject({ code: QUOTA_EXCEEDED });
    (await reserve(100)).release();
  });

  it('that takes long to count is written to a second after a crash', async () => {
    writeRecord({ usedBytes: 0n, objects: 0n });
    writeFileSync(lab.path(BUCKET, '.quota.dirty'), '');
    await lab.makeBucket('waldur-slow');
    start();
    const [held, unknown] = [await reserveIn('waldur-slow'), await reserveIn('waldur-slow')];
    held.fit(0, 'x');
    unknown.fit(0, 'y');
    // Its count waits for x, and that of the other bucket for its turn.
    unknown.commit('unknown');
    let isOpen = false;
    const reserved = reserve(20).finally(() => {
      isOpen = true;
    });
    while (!isOpen) await running.pass();
    expect(await running.quotas.measure(BUCKET, signal)).toBeUndefined();
    (await reserved).release();
    held.release();
  });

  it('that cannot be counted after a crash keeps its marker, is not measured, and is counted a minute later', async () => {
    writeRecord({ usedBytes: 5n, objects: 1n });
    writeFileSync(lab.path(BUCKET, '.quota.dirty'), '');
    mkdirSync(lab.path(BUCKET, 'bad'));
    makeUnreadable(lab.path(BUCKET, 'bad'));
    start();
    expect(await running.quotas.measure(BUCKET, signal)).toBeUndefined();
    await until(() => lab.warnings.length > 0);
    for (let i = 0; i < 3; i++) await running.pass();
    expect(lab.warnings).toEqual([expect.stringContaining('could not be counted')]);
    expect(existsSync(lab.path(BUCKET, '.quota.dirty'))).toBe(true);
    await nodeDisk.rename(lab.path(BUCKET, 'bad'), lab.path(BUCKET, '.bad'));
    for (let i = 0; i < 61; i++) await running.pass();
    await until(async () => (await running.quotas.measure(BUCKET, signal)) !== undefined);
    expect(await running.quotas.state(BUCKET, signal)).toMatchObject({ usedBytes: 0n, objects: 0n });
  });

  it('whose numbers are far from what is there is counted in the background', async () => {
    writeRecord({ usedBytes: 100n, objects: 10n });
    store('deep/a', 600);
    start();
    await running.quotas.state(BUCKET, signal);
    await until(async () => (await running.quotas.measure(BUCKET, signal))?.bytes === 600n);
    expect(lab.warnings).toEqual([expect.stringContaining('far off')]);
  });

  it('is counted rather than guessed about when something of unknown size was removed, or what was never counted', async () => {
    writeRecord({ usedBytes: 600n, objects: 1n });
    store('deep/a', 600);
    start();
    const unknown = await reserve(0);
    unknown.fit(0, 'deep/b');
    unknown.commit('unknown');
    expect(await running.quotas.measure(BUCKET, signal)).toBeUndefined();
    await until(async () => (await running.quotas.measure(BUCKET, signal)) !== undefined);
    const impossible = await reserve(0);
    impossible.fit(-700, 'deep/c');
    impossible.commit({ bytes: -700, objects: -1 });
    await until(async () => (await running.quotas.measure(BUCKET, signal)) !== undefined);
    expect(await running.quotas.state(BUCKET, signal)).toMatchObject({ usedBytes: 600n, objects: 1n });
  });
});

describe('at the start', () => {
  it('a bucket that was written to when a process died is counted, and approximate until then', async () => {
    writeRecord({ usedBytes: 0n, objects: 0n });
    writeFileSync(lab.path(BUCKET, '.quota.dirty'), '');
    store('deep/a', 600);
    start();
    await running.quotas.wake(BUCKET, signal);
    expect(await running.quotas.state(BUCKET, signal)).toMatchObject({ usedBytes: 0n, approximate: true });
    await until(async () => (await running.quotas.state(BUCKET, signal))?.usedBytes === 600n);
    expect(await running.quotas.state(BUCKET, signal)).not.toHaveProperty('approximate');
  });

  it('no other bucket is read', async () => {
    writeRecord({ usedBytes: 0n, objects: 0n });
    store('deep/a', 600);
    start();
    await running.quotas.wake(BUCKET, signal);
    expect(lab.warnings).toEqual([]);
    expect((await running.quotas.read(BUCKET))?.usedBytes).toBe(0n);
  });
});

describe('a sample', () => {
  const MIB = 1n << 20n;
  it.each([
    ['agrees', { usedBytes: 1000n, objects: 10n }, { bytes: 1000n, objects: 10n, whole: true }, false],
    ['differs by a tenth', { usedBytes: 1000n, objects: 10n }, { bytes: 1100n, objects: 9n, whole: true }, false],
    ['has more bytes', { usedBytes: 1000n, objects: 10n }, { bytes: 1101n, objects: 10n, whole: true }, true],
    ['has fewer objects', { usedBytes: 1000n, objects: 10n }, { bytes: 1000n, objects: 8n, whole: true }, true],
    ['is empty', { usedBytes: 1n, objects: 1n }, { bytes: 0n, objects: 0n, whole: true }, true],
    ['has 64 MiB more', { usedBytes: 999n * MIB, objects: 9n }, { bytes: 1064n * MIB, objects: 9n, whole: true }, true],
    ['is a part', { usedBytes: 1000n, objects: 1000n }, { bytes: 100n, objects: 100n, whole: false }, false],
    ['is a part with more', { usedBytes: 10n, objects: 50n }, { bytes: 10n, objects: 100n, whole: false }, true],
  ])('that %s is treated so', (_, use, sample, off) => expect(isOff(use, sample)).toBe(off));

  it('looks at 100 objects of many', async () => {
    writeRecord({ usedBytes: 40n, objects: 40n });
    for (let i = 0; i < 150; i++) store(`f${i}`, 1);
    start();
    await running.quotas.state(BUCKET, signal);
    await until(async () => (await running.quotas.measure(BUCKET, signal))?.objects === 150n);
  });
});

function writeRecord({ usedBytes, objects }: { usedBytes: bigint; objects: bigint }): void {
  const text = `{"max_size_bytes": 1000000, "current_usage_bytes": ${usedBytes}, "object_count": ${objects}, "last_updated": "2026-08-25T09:00:00Z"}`;
  writeFileSync(lab.path(BUCKET, '.quota'), text);
}
