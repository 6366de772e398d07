import type { Clock } from '../lib/clock.ts';
import type { HttpFactory } from '../lib/http.ts';
import type { Log } from '../lib/log.ts';
import type { CommonSettings } from './common-settings.ts';
import type { Documents } from './documents.ts';

/** Everything a backend may touch. What is not here, a plugin does not need. */
export interface PluginContext<Settings> {
  readonly settings: Settings;
  readonly common: CommonSettings;
  readonly log: Log;
  /** Pre-wired HTTP: user agent, deadline, proxy, CA, size limits, errors as AgentError, metrics. */
  readonly http: HttpFactory;
  /** URL of the proxy to a URL, for a library that connects by itself; `http` knows it already. */
  readonly proxy?: (url: string) => string | undefined;
  readonly clock: Clock;
  readonly store: Documents;
  /** Cryptographically random bytes. */
  random(bytes: number): Uint8Array;
}
