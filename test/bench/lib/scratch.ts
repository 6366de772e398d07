import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder in memory, where there is one: the disk is not what is measured. Removed when the work is over; inside of `BENCH_SCRATCH`,
 * which whoever set it removes also when the work was cut off.
 */
export async function withScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const base = process.env['BENCH_SCRATCH'] ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
  const folder = mkdtempSync(join(base, 'agent-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
