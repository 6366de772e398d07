import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const TICKS_PER_SECOND = 100;

/** Resident memory of a process in MB, now or at its highest. */
export function memoryMb(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${which}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
}

/** CPU time a process has used, all its threads together. */
export function cpuSeconds(pid: number): number {
  // The second field is the name in brackets, which may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The same in milliseconds and finer than the ticks of that, where the kernel tells it; of the threads that there are now. */
export function cpuMs(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
      const text = readFileSync(`/proc/${pid}/task/${thread}/sched`, 'utf8');
      return sum + Number(/^se\.sum_exec_runtime\s*:\s*([\d.]+)/m.exec(text)?.[1]);
    }, 0);
  } catch {
    return cpuSeconds(pid) * 1000;
  }
}

const IDLE_MS = 10_000;
const SAMPLES = 10;

/** The least of ten samples in five seconds, after ten seconds in which nothing was asked of the process. */
export async function idleMemoryMb(pid: number): Promise<number> {
  await sleep(IDLE_MS);
  let least = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < SAMPLES; sample++) {
    least = Math.min(least, memoryMb(pid));
    await sleep(500);
  }
  return least;
}
