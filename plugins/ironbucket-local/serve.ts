import { once } from 'node:events';
import type { Deps } from './deps.ts';
import type { Gateway } from './gateway/server.ts';
import { isBucketName } from './layout.ts';

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

/** What an earlier run left in buckets that nobody asks for takes space as well. */
async function clearUp({ disk, layout, objects, log }: Deps, signal: AbortSignal): Promise<void> {
  try {
    for await (const name of disk.names(layout.root)) {
      if (signal.aborted) return;
      if (isBucketName(name) && (await disk.kind(layout.bucket(name))) === 'directory') {
        await objects.recover(name, signal);
      }
    }
  } catch (err) {
    if (!signal.aborted) log.warn({ err }, 'what an earlier run left could not be cleared up');
  }
}
