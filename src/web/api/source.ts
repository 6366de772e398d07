import type { Peers } from '../../admin/peers.ts';
import type { Config, OfferingConfig } from '../../config/types.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Activity } from '../../monitor/activity.ts';
import type { HealthSnapshot, OfferingHealth } from '../../monitor/health.ts';
import type { Journal } from '../../store/journal.ts';
import type { SeenResources } from '../../upkeep/seen-resources.ts';

/** What the operator API tells of: the running agent, as it is known inside the process. */
export interface AgentSource {
  readonly clock: Clock;
  readonly version: string;
  readonly startedAt: Date;
  /** What the agent runs with now. */
  config(): Pick<Config, 'timezone' | 'report' | 'sampleIntervalMs' | 'state'>;
  snapshot(): HealthSnapshot;
  offerings(): readonly OfferingSource[];
  journal(): Pick<Journal, 'read' | 'record'>;
  /** Replaces secrets: the message of a failure may quote what a peer said. */
  scrub(text: string): string;
}

export interface OfferingSource {
  readonly config: OfferingConfig;
  health(): OfferingHealth;
  activity(): Activity;
  readonly resources: Pick<SeenResources, 'get' | 'list' | 'size' | 'lastPass'>;
  /** Closing what is opened with them does nothing. */
  readonly peers: Peers;
  reportNow(): void;
  reconcileNow(): void;
  checkNow(): void;
}
