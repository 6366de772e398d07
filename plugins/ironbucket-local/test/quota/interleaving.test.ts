import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { isAgentError } from '../../../../src/lib/errors.ts';
import { type Disk, nodeDisk } from '../../disk.ts';
import { QUOTA_EXCEEDED } from '../../errors.ts';
import { type BucketWriter, createBucketWriter } from './bucket-writer.ts';
import { BUCKET, createQuotaLab, type QuotaLab, type Running, signal, until } from './lab.ts';

type Step =
  | { readonly kind: 'put' | 'put-unknown'; readonly key: string; readonly bytes: number }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'abandon'; readonly bytes: number }
  | { readonly kind: 'flush' | 'wait' | 'crash' | 'restart' };

const LIMIT = 20_000n;
const keys = ['a', 'b', 'one/a', 'one/b', 'one/deep/a', 'two/a', 'two/b', 'three/a'];
const key = fc.constantFrom(...keys);
const bytes = fc.nat({ max: 5000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('put' as const), key, bytes }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('put-unknown' as const), key, bytes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abandon' as const), bytes }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('flush', 'wait', 'crash', 'restart') }) },
);

let lab: QuotaLab;
afterEach(() => lab.remove());

describe('any interleaving of writes, flushes, counts, crashes and restarts', () => {
  it('leaves in .quota what a scan finds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        lab = await createQuotaLab();
        await lab.makeBucket(BUCKET, { maxBytes: LIMIT });
        let machine = boot();
        for (const one of steps) machine = await perform(machine, one);
        await machine.settled();
        expect(await machine.running.quotas.state(BUCKET, signal)).toMatchObject(await whole());
        await machine.running.stop();
        const { usedBytes, objects } = await whole();
        expect(await lab.onDisk()).toMatchObject({ usedBytes, objects, maxBytes: LIMIT });
        // After a crash, what was written since the last flush is not known until it is counted.
        if (!steps.some(({ kind }) => kind === 'crash')) expect(usedBytes).toBeLessThanOrEqual(LIMIT);
        // The end may have come into a count, for which a bucket was chosen that was written to while it was looked at.
        if (isMarked()) await restarted();
        expect(isMarked()).toBe(false);
        // The file is right whenever it is looked at.
        expect(lab.warnings.filter((warning) => warning.includes('far off'))).toEqual([]);
        lab.remove();
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('of many keys, counted again and again while they are written, loses and doubles nothing', async () => {
    lab = await createQuotaLab();
    await lab.makeBucket(BUCKET, { maxBytes: null });
    const machine = boot();
    for (let round = 0; round < 3000; round++) {
      const name = `d${round % 13}/e${round % 7}/f${round % 401}`;
      if (round % 500 === 250) machine.begin((writer) => writer.put('doubt', round, 'unknown'));
      else if (round % 3 === 0) machine.begin((writer) => writer.delete(name));
      else machine.begin((writer) => writer.put(name, round));
      if (round % 50 === 0) await machine.settled();
    }
    await machine.settled();
    expect(await machine.running.quotas.state(BUCKET, signal)).toMatchObject(await whole());
    await machine.running.stop();
  }, 60_000);
});

function isMarked(): boolean {
  return existsSync(lab.path(BUCKET, '.quota.dirty'));
}

/** What is counted in one run that nothing else happens in. */
async function restarted(): Promise<void> {
  const machine = boot();
  await machine.settled();
  await machine.running.stop();
  expect(await lab.onDisk()).toMatchObject(await whole());
}

/** A process, and what goes on in it. */
interface Machine {
  readonly running: Running;
  begin(work: (writer: BucketWriter) => Promise<void>): void;
  /** All of that is over, and so are counts in the background. */
  settled(): Promise<void>;
  /** Nothing it does has an effect any more. */
  kill(): Promise<void>;
}

function boot(): Machine {
  const death = new Error('the process died');
  let dead = false;
  const alive = (): void => {
    if (dead) throw death;
  };
  const running = lab.start({ disk: mortalDisk(alive) });
  const writer = createBucketWriter(lab, running, alive);
  let works: Promise<void>[] = [];
  const tolerate = (error: unknown): void => {
    if (error !== death && !(isAgentError(error) && error.code === QUOTA_EXCEEDED)) throw error;
  };
  const over = async (): Promise<void> => {
    const waiting = works;
    works = [];
    await Promise.all(waiting);
  };
  return {
    running,
    begin: (work) => {
      works.push(work(writer).catch(tolerate));
    },
    settled: async () => {
      await over();
      await until(async () => {
        const counted = await running.quotas.measure(BUCKET, signal);
        return counted !== undefined;
      });
    },
    kill: async () => {
      dead = true;
      await over();
      await running.stop();
    },
  };
}

async function perform(machine: Machine, one: Step): Promise<Machine> {
  switch (one.kind) {
    case 'put':
      machine.begin((writer) => writer.put(one.key, one.bytes));
      return machine;
    case 'put-unknown':
      machine.begin((writer) => writer.put(one.key, one.bytes, 'unknown'));
      return machine;
    case 'delete':
      machine.begin((writer) => writer.delete(one.key));
      return machine;
    case 'abandon':
      machine.begin((writer) => writer.abandon(one.bytes));
      return machine;
    case 'flush':
      machine.begin(() => machine.running.pass());
      return machine;
    case 'wait':
      await machine.settled();
      return machine;
    case 'crash':
      await machine.kill();
      return boot();
    case 'restart':
      await machine.settled();
      await machine.running.stop();
      return boot();
  }
}

async function whole(): Promise<{ readonly usedBytes: bigint; readonly objects: bigint }> {
  const { bytes: usedBytes, objects } = await lab.scan();
  return { usedBytes, objects };
}

function mortalDisk(alive: () => void): Disk {
  return {
    ...nodeDisk,
    write: async (path, text, mode, sync) => {
      alive();
      await nodeDisk.write(path, text, mode, sync);
      alive();
    },
    rename: async (from, to, sync) => {
      alive();
      await nodeDisk.rename(from, to, sync);
      alive();
    },
    removeFile: async (path) => {
      alive();
      await nodeDisk.removeFile(path);
      alive();
    },
  };
}
