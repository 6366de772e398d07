import type { OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { Waldur } from '../waldur/client.ts';

export interface PresenceDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly startedAt: Date;
  statistics(): JsonObject;
}

export interface Presence {
  /** The identity's UUID; undefined on servers that know no agents. Found or created once, then remembered. */
  identity(signal: AbortSignal): Promise<Uuid | undefined>;
  /** Tells the portal that we are alive: it shows a service as idle after ten minutes of silence. Never throws. */
  announce(signal: AbortSignal): Promise<void>;
}

/** The agent as the portal shows it. A failure here never stops order work. */
export function createPresence(deps: PresenceDeps): Presence {
  const { waldur, offering } = deps;
  let known: Promise<Uuid | undefined> | undefined;

  /** Two callers at once must not make two identities. */
  function identity(signal: AbortSignal): Promise<Uuid | undefined> {
    if (known !== undefined) return known;
    const asked = waldur.agents.identify(offering.uuid, deps.startedAt, signal).then((found) => found?.uuid);
    known = asked;
    asked.catch(() => {
      if (known === asked) known = undefined;
    });
    return asked;
  }

  return {
    identity,
    announce: async (signal) => {
      try {
        const agent = await identity(signal);
        if (agent === undefined) return;
        const service = await waldur.agents.registerService(agent, 'event_process', 'event_process', signal);
        const backend = { backendType: offering.plugin.id, backendVersion: deps.version };
        await waldur.agents.registerProcessor(service.uuid, { name: 'OrderProcessor', ...backend }, signal);
        await waldur.agents.setStatistics(service.uuid, deps.statistics(), signal);
      } catch (error) {
        if (signal.aborted) return;
        // It may have been deleted in the portal.
        known = undefined;
        deps.log.warn({ err: toAgentError(error) }, 'the agent could not be shown in the portal');
      }
    },
  };
}
