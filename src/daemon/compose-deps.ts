import type { Clock } from '../lib/clock.ts';
import type { LogLevel } from '../lib/log.ts';
import type { Random } from '../lib/retry.ts';
import type { Secrets } from '../lib/secrets.ts';
import type { LifecycleState } from '../monitor/health.ts';

/** What the agent needs of its process. */
export interface ComposeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly version: string;
  readonly revision: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Receives finished, scrubbed log lines. */
  write(line: string, level: LogLevel): void;
  state(): LifecycleState;
  /** Where the page was built; that of this build without it. */
  readonly pageFolder?: string;
  /** A backend or identity provider refused our credentials; called at most once a minute. They may have been replaced in the configuration. */
  unauthorized?(): void;
}
