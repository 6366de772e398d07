import type { OfferingConfig } from '../config/types.ts';
import { session } from '../events/session.ts';
import { proxyFor } from '../lib/proxy.ts';
import type { QueueRegistration } from '../waldur/types.ts';
import type { Io } from './io.ts';

/** Logs in at the broker, subscribes to the queues and leaves; what arrives meanwhile goes back to the queue. */
export async function tryBroker(
  { stomp, waldur }: OfferingConfig,
  registration: QueueRegistration,
  passcode: string,
  { clock, env }: Pick<Io, 'clock' | 'env'>,
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const forward = (): void => done.abort(signal.reason);
  signal.addEventListener('abort', forward, { once: true });
  const options = {
    url: stomp.url,
    registration,
    passcode,
    prefetch: 1,
    heartbeatMs: stomp.heartbeatMs,
    connectTimeoutMs: stomp.connectTimeoutMs,
    tls: { ca: waldur.ca, verifySsl: waldur.verifySsl, proxy: proxyFor(stomp.url, waldur.proxy, env) },
  };
  try {
    for await (const _ of session(options, { clock, onSubscribed: () => done.abort() }, done.signal)) break;
  } finally {
    signal.removeEventListener('abort', forward);
  }
  signal.throwIfAborted();
}
