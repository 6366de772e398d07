import { once } from 'node:events';
import type { Deps } from './deps.ts';
import { expireUploads } from './expire-uploads.ts';
import type { Gateway } from './gateway/server.ts';
import { isBucketName } from './layout.ts';
import { repeat } from './repeat.ts';

/** The running part: S3 over HTTP, and what is counted on the way. Returns when the signal fired and all is written. */
export async function serve(deps: Deps, gateway: Gateway, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  if (!deps.settings.gateway) {
    await once(signal, 'abort');
    return;
  }
  await gateway.start();
  const behind = new AbortController();
  const written = Promise.all([deps.quotas.serve(behind.signal), deps.statistics.serve(behind.signal)]);
  // Looked at last.
  written.catch(() => undefined);
  const cleared = clearUp(deps, signal);
  deps.log.info({ listen: deps.settings.listen }, 's3 gateway listens');
  try {
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await gateway.stop();
    // Whatever the last request did is counted; now it is written.
    behind.abort();
    await written;
    await cleared;
  }
}

const CLEAR_UP_MS = 6 * 60 * 60 * 1000;

/** What takes space without use: what an earlier run left, and abandoned uploads. */
async function clearUp(deps: Deps, signal: AbortSignal): Promise<void> {
  const { disk, layout, objects, quotas, log, clock } = deps;
  await repeat(clock, CLEAR_UP_MS, signal, async () => {
    try {
      for await (const name of disk.names(layout.root)) {
        if (signal.aborted) return;
        if (!isBucketName(name) || (await disk.kind(layout.bucket(name))) !== 'directory') continue;
        await objects.recover(name, signal);
        await quotas.wake(name, signal);
        await expireUploads(deps, name, signal);
      }
    } catch (err) {
      if (!signal.aborted) log.warn({ err }, 'not everything that takes space for nothing could be removed');
    }
  });
}
