import { setMaxListeners } from 'node:events';

/** Stops waiting when the signal fires; the work itself goes on for the others that wait for it. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // Whoever stops waiting does not look at how it ends.
  work.catch(() => undefined);
  signal.throwIfAborted();
  // Many may wait under one signal; Node 20 takes more than ten for a leak.
  setMaxListeners(0, signal);
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
