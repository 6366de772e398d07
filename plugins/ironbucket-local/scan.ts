import type { Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

export interface ScanResult {
  readonly bytes: bigint;
  readonly objects: bigint;
}

/** Enough to keep the thread pool busy; everything beyond that only takes memory. */
const BATCH = 64;

/**
 * Counts the objects below `directory`: regular files whose names do not begin with a dot or end in `.metadata`, in
 * directories of which the same is true. Sizes are logical, links are never followed, memory does not grow with the
 * number of files. What disappears meanwhile was deleted and does not count.
 *
 * @throws what the operating system says about anything that cannot be read; the signal's reason when it fires.
 */
export async function scan(directory: string, signal: AbortSignal): Promise<ScanResult> {
  const total = { bytes: 0n, objects: 0n };
  await scanInto(total, directory, signal);
  return total;
}

async function scanInto(
  total: { bytes: bigint; objects: bigint },
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  let files: string[] = [];
  const count = async (): Promise<void> => {
    signal.throwIfAborted();
    for (const size of await Promise.all(files.map(fileSize))) {
      if (size === undefined) continue;
      total.bytes += BigInt(size);
      total.objects += 1n;
    }
    files = [];
  };
  for await (const entry of await opendir(directory, { bufferSize: BATCH })) {
    if (isInternal(entry)) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await ignoreAbsent(scanInto(total, path, signal));
    else if (entry.isFile() && files.push(path) >= BATCH) await count();
  }
  await count();
}

function isInternal({ name }: Dirent): boolean {
  return name.startsWith('.') || name.endsWith('.metadata');
}

async function fileSize(path: string): Promise<number | undefined> {
  const stats = await ignoreAbsent(lstat(path));
  return stats?.isFile() === true ? stats.size : undefined;
}

async function ignoreAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
