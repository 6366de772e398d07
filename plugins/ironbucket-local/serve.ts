import { once } from 'node:events';
import type { Deps } from './deps.ts';
import type { Gateway } from './gateway/server.ts';
import { serveStorage } from './serve-storage.ts';

/** The running part in one thread. Returns when the signal fired and all is written. */
export async function serve(deps: Deps, gateway: Gateway, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  if (!deps.settings.gateway) {
    await once(signal, 'abort');
    return;
  }
  await gateway.start();
  const behind = new AbortController();
  const stored = serveStorage(deps, behind.signal);
  // Looked at last.
  stored.catch(() => undefined);
  try {
    deps.log.info({ listen: deps.settings.listen }, 's3 gateway listens');
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await gateway.stop();
    // Whatever the last request did is counted; now it is written.
    behind.abort();
    await stored;
  }
}
