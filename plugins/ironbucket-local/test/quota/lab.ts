import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../../../src/lib/clock.ts';
import type { Log } from '../../../../src/lib/log.ts';
import { type ManualClock, manualClock } from '../../../../test/fakes/clock.ts';
import { type Disk, nodeDisk } from '../../disk.ts';
import { layoutOf } from '../../layout.ts';
import { parseQuota, type QuotaRecord } from '../../quota/quota-file.ts';
import { openQuotas, type QuotaDeps, type Quotas } from '../../quota/quotas.ts';
import { writeQuota } from '../../quota/save.ts';
import { type ScanResult, scan } from '../../quota/scan.ts';

export const BUCKET = 'waldur-bucket';
export const INTERVAL_MS = 1000;
export const signal = new AbortController().signal;

/** The engine on a directory of its own, with time that stands still. */
export interface QuotaLab {
  readonly root: string;
  readonly clock: ManualClock;
  readonly warnings: string[];
  path(...parts: string[]): string;
  /** One interval, until whoever waits for the next one waits again. */
  pass(): Promise<void>;
  /** A process: its engine, what it flushes, and its end. */
  start(changes?: Partial<QuotaDeps>): Running;
  makeBucket(name?: string, record?: Partial<QuotaRecord>): Promise<void>;
  onDisk(name?: string): Promise<QuotaRecord | undefined>;
  scan(name?: string): Promise<ScanResult>;
  remove(): void;
}

export interface Running {
  readonly quotas: Quotas;
  /** A pass of the flush loop. */
  pass(): Promise<void>;
  /** As SIGTERM does it. */
  stop(): Promise<void>;
}

export async function createQuotaLab(time?: string): Promise<QuotaLab> {
  const root = await mkdtemp(join(tmpdir(), 'quotas-'));
  const clock = manualClock(time);
  const warnings: string[] = [];
  const layout = layoutOf(root);
  const pass = async (): Promise<void> => {
    await until(() => clock.pending() > 0);
    await clock.advance(INTERVAL_MS);
    await until(() => clock.pending() > 0);
  };
  const path = (...parts: string[]): string => join(root, ...parts);
  return {
    root,
    clock,
    warnings,
    path,
    pass,
    start: (changes = {}) => {
      const deps: QuotaDeps = {
        disk: nodeDisk,
        layout,
        clock,
        log: collectLog(warnings),
        fsync: false,
        defaultBytes: 1000n,
        flushIntervalMs: INTERVAL_MS,
        cacheMaxSize: 100,
        ...changes,
      };
      return run(deps, pass);
    },
    makeBucket: async (name = BUCKET, record = {}) => {
      mkdirSync(path(name));
      const fresh = { maxBytes: 1000n, usedBytes: 0n, objects: 0n, updated: clock.now() };
      await writeQuota(nodeDisk, path(name, '.quota'), { ...fresh, ...record });
    },
    onDisk: async (name = BUCKET) => parseQuota(await readFile(path(name, '.quota'), 'utf8')),
    scan: (name = BUCKET) => scan(path(name), systemClock, signal),
    // Node cannot remove what is too deep for a path.
    remove: () => void execFileSync('rm', ['-rf', root]),
  };
}

function run(deps: QuotaDeps, pass: () => Promise<void>): Running {
  const quotas = openQuotas(deps);
  const stopping = new AbortController();
  const served = quotas.serve(stopping.signal);
  return {
    quotas,
    pass,
    stop: async () => {
      stopping.abort();
      await served;
      await quotas.close();
    },
  };
}

/** Polls what the file system and promises bring about. */
export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = AbortSignal.timeout(20_000);
  while (!(await done())) {
    deadline.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Puts an object of `bytes` there as the gateway does: reserve, look at what is replaced, fit, rename, commit. */
export async function put(
  { path }: QuotaLab,
  { quotas }: Running,
  key: string,
  bytes: number,
  bucket = BUCKET,
): Promise<void> {
  const reservation = await quotas.reserve(bucket, 0, signal);
  try {
    const file = path(bucket, key);
    const old = sizeOf(file);
    reservation.fit(bytes - (old ?? 0), key);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.alloc(bytes));
    reservation.commit({ bytes: bytes - (old ?? 0), objects: old === undefined ? 1 : 0 });
  } finally {
    reservation.release();
  }
}

export function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}

/** A disk whose writes to some paths wait for a gate, or fail. */
export function watchedDisk(before: (operation: 'write' | 'rename' | 'remove', path: string) => Promise<void>): Disk {
  return {
    ...nodeDisk,
    write: async (path, text, mode, sync) => {
      await before('write', path);
      await nodeDisk.write(path, text, mode, sync);
    },
    rename: async (from, to, sync) => {
      await before('rename', to);
      await nodeDisk.rename(from, to, sync);
    },
    removeFile: async (path) => {
      await before('remove', path);
      await nodeDisk.removeFile(path);
    },
  };
}

export function collectLog(warnings: string[]): Log {
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: ({ err }, message) => {
      warnings.push(err instanceof Error ? `${message}: ${err.message}` : message);
    },
    error: () => undefined,
    child: () => log,
  };
  return log;
}
