import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../../src/lib/clock.ts';
import { createKeyedLock } from '../../../../src/lib/keyed-lock.ts';
import { createRecount, type Recount } from '../../quota/recount.ts';
import { type ScanResult, scan } from '../../quota/scan.ts';
import { sizeOf } from './lab.ts';

const signal = new AbortController().signal;
const DIRECTORIES = 12;
/** In directories that are walked early and late, two in each; some exist from the beginning. */
const KEYS = Array.from({ length: DIRECTORIES * 2 }, (_, index) => `d${index % DIRECTORIES}/k${index % 4}-${index}`);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'recount-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A write: after how many turns of the event loop it is announced, happens and is settled. */
const write = fc.record({
  key: fc.nat({ max: KEYS.length - 1 }),
  /** Undefined deletes; null does nothing at all. */
  bytes: fc.option(fc.option(fc.nat({ max: 1000 }), { nil: undefined }), { nil: null, freq: 8 }),
  turns: fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 3 }), fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 60 }))),
});

describe('a count while writing goes on', () => {
  it.each([
    ['out of the cache', systemClock],
    ['of a slow disk', slowClock()],
  ])(
    '%s is exact at the moment it is taken',
    async (_, clock) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(write, { maxLength: 25 }), { minLength: 1, maxLength: 5 }),
          async (writers) => {
            rmSync(root, { recursive: true, force: true });
            for (const [index, key] of KEYS.entries()) store(key, index % 3 === 0 ? undefined : index);
            const bench = createBench(clock);
            const running = writers.map(async (writes) => {
              for (const { key, bytes, turns } of writes) await bench.write(KEYS[key] ?? '', bytes, turns);
            });
            await bench.count();
            await Promise.all(running);
            expect(bench.total()).toEqual(await scan(root, clock, signal));
          },
        ),
        { numRuns: 50 },
      );
    },
    60_000,
  );

  it('waits for effects under way, and counts what they did', async () => {
    store('d0/a', 10);
    const effects = new Map([['d0/a', 1]]);
    const recount = createRecount(root, effects, systemClock);
    let taken: ScanResult | undefined;
    const counted = recount.run(signal, (size) => {
      taken = size;
    });
    await longerThanCounting();
    expect(taken).toBeUndefined();
    store('d0/a', 4);
    effects.delete('d0/a');
    recount.settled('d0/a', { bytes: -6, objects: 0 });
    await counted;
    expect(taken).toEqual({ bytes: 4n, objects: 1n });
  });

  it('waits for no effect that began when everything was walked', async () => {
    const effects = new Map([['first', 1]]);
    const recount = createRecount(root, effects, systemClock);
    let taken: ScanResult | undefined;
    const counted = recount.run(signal, (size) => {
      taken = size;
    });
    recount.touch('second');
    recount.settled('second', undefined);
    await longerThanCounting();
    effects.set('second', 1);
    recount.touch('second');
    effects.delete('first');
    recount.settled('first', undefined);
    await counted;
    expect(taken).toEqual({ bytes: 0n, objects: 0n });
  });

  it('stops waiting when told to', async () => {
    const stop = new AbortController();
    const recount = createRecount(root, new Map([['never', 1]]), systemClock);
    const counted = recount.run(stop.signal, () => undefined);
    for (let i = 0; i < 20; i++) await turn();
    stop.abort(new Error('enough'));
    await expect(counted).rejects.toThrow('enough');
  });
});

interface Bench {
  write(key: string, bytes: number | null | undefined, turns: readonly number[]): Promise<void>;
  count(): Promise<void>;
  total(): ScanResult;
}

/** Keeps a total as the engine does: replaced by the count, changed by every write. */
function createBench(clock: Clock): Bench {
  const effects = new Map<string, number>();
  const lock = createKeyedLock();
  let recount: Recount | undefined;
  let total = { bytes: 0n, objects: 0n };
  const turns = async (count = 0): Promise<void> => {
    for (let i = 0; i < count; i++) await turn();
  };
  return {
    write: async (key, bytes, [before, during, after]) => {
      await turns(before);
      await lock.hold(key, async () => {
        const old = sizeOf(join(root, key));
        effects.set(key, 1);
        recount?.touch(key);
        await turns(during);
        if (bytes !== null) store(key, bytes);
        await turns(after);
        effects.delete(key);
        if (bytes === null) return recount?.settled(key, undefined);
        const change = {
          bytes: (bytes ?? 0) - (old ?? 0),
          objects: (bytes === undefined ? 0 : 1) - (old === undefined ? 0 : 1),
        };
        recount?.settled(key, change);
        total = { bytes: total.bytes + BigInt(change.bytes), objects: total.objects + BigInt(change.objects) };
      });
    },
    count: async () => {
      await turn();
      recount = createRecount(root, effects, clock);
      await recount.run(signal, (size) => {
        total = { ...size };
        recount = undefined;
      });
    },
    total: () => total,
  };
}

function store(key: string, bytes: number | undefined): void {
  const path = join(root, key);
  mkdirSync(dirname(path), { recursive: true });
  if (bytes !== undefined) writeFileSync(path, Buffer.alloc(bytes));
  else if (sizeOf(path) !== undefined) unlinkSync(path);
}

/** Twenty walks through the same directory, one after the other, where counting takes two. */
async function longerThanCounting(): Promise<void> {
  for (let i = 0; i < 20; i++) await scan(root, systemClock, signal);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** By which everything takes so long that files are looked up in the thread pool. */
function slowClock(): Clock {
  let now = 0;
  return { ...systemClock, monotonicMs: () => (now += 1000) };
}
