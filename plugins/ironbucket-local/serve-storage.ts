import type { Deps } from './deps.ts';
import { expireUploads } from './expire-uploads.ts';
import { isBucketName } from './layout.ts';
import { repeat } from './repeat.ts';

/** What is counted while S3 is served, and what is cleared up. Returns when the signal fired and all is written. */
export async function serveStorage(deps: Deps, signal: AbortSignal): Promise<void> {
  await Promise.all([deps.quotas.serve(signal), deps.statistics.serve(signal), clearUp(deps, signal)]);
}

const CLEAR_UP_MS = 6 * 60 * 60 * 1000;

/** What takes space without use: what an earlier run left, and abandoned uploads. */
async function clearUp(deps: Deps, signal: AbortSignal): Promise<void> {
  const { disk, layout, objects, quotas, log, clock, owns } = deps;
  await repeat(clock, CLEAR_UP_MS, signal, async () => {
    try {
      for await (const name of disk.names(layout.root)) {
        if (signal.aborted) return;
        if (!isBucketName(name) || !owns(name) || (await disk.kind(layout.bucket(name))) !== 'directory') continue;
        await objects.recover(name, signal);
        await quotas.wake(name, signal);
        await expireUploads(deps, name, signal);
      }
    } catch (err) {
      if (!signal.aborted) log.warn({ err }, 'not everything that takes space for nothing could be removed');
    }
  });
}
