import type { BigIntStats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** What one file, directory or link takes, and whose it is. */
export interface Owned {
  readonly uid: number;
  readonly gid: number;
  /** Allocated, as quotas count it: sparse files take less than their size. */
  readonly bytes: bigint;
}

/** Everything below a directory, and the directory itself. */
export type Walk = (root: string, signal: AbortSignal) => AsyncIterable<readonly Owned[]>;

/** Files looked at side by side, and handed on together. */
const AT_ONCE = 64;
/** Files with several names that are remembered, so that each counts once. */
const MOST_LINKED = 1_000_000;

/** Stays on the file system of the root and follows no link; what vanishes meanwhile is left out. */
export const walk: Walk = async function* (root, signal) {
  const top = await lstat(root, { bigint: true });
  yield [ownedOf(top)];
  const linked = new Set<bigint>();
  const isCounted = (stats: BigIntStats): boolean => {
    if (stats.nlink < 2n || stats.isDirectory()) return true;
    if (linked.has(stats.ino)) return false;
    if (linked.size < MOST_LINKED) linked.add(stats.ino);
    return true;
  };
  const directories = [root];
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    for await (const names of batches(directory, signal)) {
      const paths = names.map((name) => join(directory ?? '', name));
      const found = await Promise.all(paths.map(look));
      const here = found.filter((stats) => stats !== undefined && stats.dev === top.dev && isCounted(stats));
      for (const [index, stats] of found.entries()) {
        if (stats?.dev === top.dev && stats.isDirectory()) directories.push(paths[index] ?? '');
      }
      yield here.flatMap((stats) => (stats === undefined ? [] : ownedOf(stats)));
    }
  }
};

async function* batches(directory: string, signal: AbortSignal): AsyncGenerator<readonly string[]> {
  const handle = await unlessGone(opendir(directory));
  if (handle === undefined) return;
  let names: string[] = [];
  for await (const { name } of handle) {
    names.push(name);
    if (names.length < AT_ONCE) continue;
    signal.throwIfAborted();
    yield names;
    names = [];
  }
  signal.throwIfAborted();
  yield names;
}

function look(path: string): Promise<BigIntStats | undefined> {
  return unlessGone(lstat(path, { bigint: true }));
}

async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
}

function ownedOf({ uid, gid, blocks }: BigIntStats): Owned {
  return { uid: Number(uid), gid: Number(gid), bytes: blocks * 512n };
}
