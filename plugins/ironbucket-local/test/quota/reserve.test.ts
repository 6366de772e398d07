import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QUOTA_EXCEEDED } from '../../errors.ts';
import { createWork } from '../../quota/entry.ts';
import { UNLIMITED } from '../../quota/quota-file.ts';
import { openReservation } from '../../quota/reservation.ts';
import { BUCKET, createQuotaLab, put, type QuotaLab, type Running, signal } from './lab.ts';

const refused = { code: QUOTA_EXCEEDED, disposition: 'terminal', message: 'Bucket quota exceeded' };

let lab: QuotaLab;
let running: Running;
beforeEach(async () => {
  lab = await createQuotaLab();
  running = lab.start();
});
afterEach(async () => {
  await running.stop();
  lab.remove();
});

const reserve = (bytes: number | bigint): ReturnType<Running['quotas']['reserve']> =>
  running.quotas.reserve(BUCKET, bytes, signal);

describe('a reservation', () => {
  it('counts against the limit until it is settled, and an exact fit is one', async () => {
    await lab.makeBucket();
    const first = await reserve(600);
    await expect(reserve(401)).rejects.toMatchObject(refused);
    const second = await reserve(400);
    await expect(reserve(1)).rejects.toMatchObject(refused);
    first.release();
    first.release();
    await expect(reserve(601)).rejects.toMatchObject(refused);
    second.release();
    (await reserve(1000)).release();
  });

  it('lets exactly 10 of 100 concurrent uploads of 1 MiB into a bucket of 10 MiB', async () => {
    await lab.makeBucket(BUCKET, { maxBytes: 10n << 20n });
    const uploads = Array.from({ length: 100 }, async (_, index) => {
      const reservation = await reserve(1 << 20);
      await new Promise((resolve) => setImmediate(resolve));
      reservation.fit(1 << 20, `key-${index}`);
      reservation.commit({ bytes: 1 << 20, objects: 1 });
    });
    const outcomes = await Promise.allSettled(uploads);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(refused);
    expect(await running.quotas.state(BUCKET, signal)).toMatchObject({ usedBytes: 10n << 20n, objects: 10n });
  });

  it('of an overwrite of 10 bytes with 4 leaves 4 bytes and one object', async () => {
    await lab.makeBucket();
    await put(lab, running, 'a', 10);
    await put(lab, running, 'a', 4);
    expect(await running.quotas.state(BUCKET, signal)).toMatchObject({ usedBytes: 4n, objects: 1n });
  });

  it('lets an object become smaller in a bucket that is over its limit, and nothing grow', async () => {
    await lab.makeBucket(BUCKET, { usedBytes: 2000n, objects: 2n });
    for (const key of ['a', 'b']) writeFileSync(lab.path(BUCKET, key), Buffer.alloc(1000));
    const smaller = await reserve(500 - 800);
    smaller.fit(500 - 800, 'a');
    smaller.commit({ bytes: -300, objects: 0 });
    (await reserve(0)).release();
    await expect(reserve(1)).rejects.toMatchObject(refused);
  });

  it.each([
    ['never, of a thousandth of the limit', 0, 10, 0],
    ['of more', 0, 11, 1],
    ['while half of the limit is used', 4991, 10, 1],
    ['not before', 4990, 10, 0],
  ])('asks what is replaced where room is scarce: %s', async (_, usedBytes, bytes, times) => {
    await lab.makeBucket(BUCKET, { maxBytes: 10_000n, usedBytes: BigInt(usedBytes), objects: 1n });
    writeFileSync(lab.path(BUCKET, 'a'), Buffer.alloc(usedBytes));
    let asked = 0;
    const reservation = await running.quotas.reserve(BUCKET, bytes, signal, async () => {
      asked++;
      return 0;
    });
    expect(asked).toBe(times);
    reservation.release();
  });

  it('asks always what a body of unknown length replaces', async () => {
    await lab.makeBucket(BUCKET, { maxBytes: 10_000n });
    const body = await running.quotas.reserve(BUCKET, undefined, signal, async () => 50);
    body.grow(10_050);
    expect(() => body.grow(1)).toThrow(refused.message);
    body.release();
  });

  it('holds no more than what an overwrite adds where room is scarce', async () => {
    await lab.makeBucket(BUCKET, { usedBytes: 1000n, objects: 1n });
    writeFileSync(lab.path(BUCKET, 'a'), Buffer.alloc(1000));
    const same = await running.quotas.reserve(BUCKET, 1000, signal, async () => 1000);
    await expect(running.quotas.reserve(BUCKET, 1001, signal, async () => 1000)).rejects.toMatchObject(refused);
    same.release();
  });

  it('never overflows near 2^64, and a limit of 2^64 - 1 is none', async () => {
    // Alone: a bucket that says so would be counted afresh, for nothing is in it.
    const entry = { account: BUCKET, maxBytes: UNLIMITED - 1n, usedBytes: UNLIMITED - 11n, objects: 1n, parts: 0n };
    const rest = { pieces: 0n, uploads: 0, updatedMs: 0, others: undefined, identity: undefined, checkedMs: 0 };
    const work = createWork();
    const of = { entry: { ...entry, ...rest, gone: false, work }, work, nowMs: () => 0, doubt: () => undefined };
    expect(() => openReservation(of, UNLIMITED)).toThrow(refused.message);
    expect(() => openReservation(of, 11n)).toThrow(refused.message);
    openReservation(of, 10n).release();
    await lab.makeBucket(BUCKET);
    await running.quotas.setLimit(BUCKET, null, signal);
    (await reserve(UNLIMITED)).release();
  });

  it('takes a limit of 0 for nothing allowed', async () => {
    await lab.makeBucket(BUCKET, { maxBytes: 0n });
    await expect(reserve(1)).rejects.toMatchObject(refused);
    (await reserve(0)).release();
  });

  it('of a body of unknown length grows up to the limit, and an overwritten object makes room', async () => {
    await lab.makeBucket(BUCKET, { usedBytes: 900n, objects: 1n });
    writeFileSync(lab.path(BUCKET, 'key'), Buffer.alloc(900));
    const body = await running.quotas.reserve(BUCKET, undefined, signal, async () => 50);
    body.grow(100);
    body.grow(50);
    expect(() => body.grow(1)).toThrow('Bucket quota exceeded');
    // What was held stays held.
    await expect(reserve(1)).rejects.toMatchObject(refused);
    body.fit(100, 'key');
    expect(() => body.fit(101, 'key')).toThrow('Bucket quota exceeded');
    body.commit({ bytes: 100, objects: 0 });
    body.grow(5);
    body.keep(5);
    body.commit({ bytes: 1, objects: 1 });
    expect(await running.quotas.state(BUCKET, signal)).toMatchObject({ usedBytes: 1000n, objects: 1n });
  });

  it('must be fitted before it is committed', async () => {
    await lab.makeBucket();
    const reservation = await reserve(1);
    expect(() => reservation.commit({ bytes: 1, objects: 1 })).toThrow('never fitted');
    reservation.release();
  });

  it('keeps parts of uploads reserved, hands them over on completion and takes them back when that fails', async () => {
    await lab.makeBucket();
    const upload = { bytes: 700, parts: 1 };
    const part = await reserve(700);
    part.fit(700);
    part.keep(700, { uploads: 1, parts: 1 });
    await expect(reserve(301)).rejects.toMatchObject(refused);
    const failed = await reserve(0);
    failed.fit(700, 'whole', { upload });
    failed.release();
    await expect(reserve(301)).rejects.toMatchObject(refused);
    const impossible = await reserve(0);
    expect(() => impossible.fit(1001, 'whole', { upload })).toThrow('Bucket quota exceeded');
    impossible.release();
    await expect(reserve(301)).rejects.toMatchObject(refused);
    const complete = await reserve(0);
    complete.fit(700, 'whole', { upload });
    complete.commit({ bytes: 700, objects: 1 });
    expect(await running.quotas.state(BUCKET, signal)).toMatchObject({ usedBytes: 700n, objects: 1n });
    (await reserve(300)).release();
    const aborted = await reserve(0);
    aborted.keep(-5000);
    (await reserve(300)).release();
  });

  it('has a bound for parts also without a limit for bytes', async () => {
    await lab.makeBucket(BUCKET, { maxBytes: null });
    const many = await reserve(0);
    many.keep(0, { uploads: 1, parts: 999_998 });
    const last = await reserve(0);
    last.fit(1, undefined, { entries: 1 });
    last.keep(1, { parts: 1 });
    const more = await reserve(0);
    expect(() => more.fit(1, undefined, { entries: 1 })).toThrow('Bucket quota exceeded');
    more.release();
  });

  it('counts the parts of open uploads that are on disk', async () => {
    await lab.makeBucket();
    mkdirSync(lab.path(BUCKET, '.multipart/one'), { recursive: true });
    for (const [name, bytes] of [
      ['one/part-1', 300],
      ['one/part-2', 200],
      ['one/etag-1', 999],
      ['two.upload', 999],
    ] as const)
      writeFileSync(lab.path(BUCKET, '.multipart', name), Buffer.alloc(bytes));
    await expect(reserve(501)).rejects.toMatchObject(refused);
    (await reserve(500)).release();
    expect(await running.quotas.state(BUCKET, signal)).toMatchObject({ usedBytes: 0n, objects: 0n });
  });

  it('in a bucket that does not exist is refused, and so is its effect when the bucket goes meanwhile', async () => {
    const vanished = { code: 'IRONBUCKET_VANISHED', disposition: 'transient' };
    await expect(reserve(1)).rejects.toMatchObject(vanished);
    await lab.makeBucket();
    const reservation = await reserve(1);
    await running.quotas.forget(BUCKET);
    expect(() => reservation.fit(1, 'a')).toThrow('is gone');
    reservation.release();
    rmSync(lab.path(BUCKET), { recursive: true });
    await expect(reserve(1)).rejects.toMatchObject(vanished);
    expect(readdirSync(lab.root)).toEqual([]);
  });

  it('notices on its own that the directory is gone', async () => {
    await lab.makeBucket();
    await running.quotas.state(BUCKET, signal);
    rmSync(lab.path(BUCKET), { recursive: true });
    await expect(reserve(1)).rejects.toMatchObject({ code: 'IRONBUCKET_VANISHED' });
  });
});
