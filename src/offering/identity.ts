import type { Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import { attempt, type OfferingContext } from './context.ts';
import { createLoop, type Loop } from './loop.ts';

export interface IdentityDeps {
  readonly version: string;
  readonly startedAt: Date;
  statistics(): JsonObject;
}

/** The agent as the portal shows it. A failure here never stops work on orders. */
export interface Identity {
  /** UUID of the agent identity in Waldur; undefined on servers that have none. Found or created once, then remembered. */
  uuid(signal: AbortSignal): Promise<Uuid | undefined>;
  /** Tells the portal that the agent is alive. */
  readonly loop: Loop;
}

/** The portal shows a service as idle after ten minutes of silence. */
const INTERVAL_MS = 240_000;

export function createIdentity(context: OfferingContext, deps: IdentityDeps): Identity {
  const { waldur, offering } = context;
  let known: Promise<Uuid | undefined> | undefined;

  /** Two callers at once must not make two identities. */
  function uuid(signal: AbortSignal): Promise<Uuid | undefined> {
    if (known !== undefined) return known;
    const asked = waldur.agents.identify(offering.uuid, deps.startedAt, signal).then((found) => found?.uuid);
    known = asked;
    asked.catch(() => {
      if (known === asked) known = undefined;
    });
    return asked;
  }

  async function announce(signal: AbortSignal): Promise<void> {
    try {
      const agent = await uuid(signal);
      if (agent === undefined) return;
      const service = await waldur.agents.registerService(agent, 'event_process', 'event_process', signal);
      const backend = { backendType: offering.plugin.id, backendVersion: deps.version };
      await waldur.agents.registerProcessor(service.uuid, { name: 'OrderProcessor', ...backend }, signal);
      await waldur.agents.setStatistics(service.uuid, deps.statistics(), signal);
    } catch (error) {
      // It may have been deleted in the portal.
      known = undefined;
      throw error;
    }
  }

  return {
    uuid,
    loop: createLoop({
      intervalMs: () => INTERVAL_MS,
      clock: context.clock,
      random: context.random,
      turn: (signal) => attempt(context, 'portal', signal, () => announce(signal)),
    }),
  };
}
