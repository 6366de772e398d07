import { setTimeout as sleep } from 'node:timers/promises';

/** Looks every `everyMs` until it is so. @throws Error after `patienceMs`. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  { everyMs = 20, patienceMs = 120_000 } = {},
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs / 1000} s for ${what}`);
    await sleep(everyMs);
  }
}
