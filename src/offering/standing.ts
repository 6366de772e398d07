import type { Clock } from '../lib/clock.ts';
import type { AgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { ABILITIES, type Ability, type AbilitySpec, type Hindrance } from '../monitor/hindrance.ts';
import type { Metrics } from '../monitor/metrics.ts';

/**
 * What an offering can and cannot do. The only place where that is kept: the ready page, the log and the metric read it.
 * The part that finds a hindrance also clears it.
 */
export interface Standing {
  /** Sets or replaces the hindrance of an ability. */
  hinder(ability: Ability, reason: AgentError): void;
  /** The ability works; nothing happens when it was not hindered. */
  clear(ability: Ability): void;
  can(ability: Ability): boolean;
  /** The longest-lasting first. */
  hindrances(): readonly Hindrance[];
}

export interface StandingDeps {
  readonly offering: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'hindered'>;
}

/** Writes one line when a hindrance begins and one when it ends, however often it is set in between. */
export function createStanding({ offering, clock, log, metrics }: StandingDeps): Standing {
  const hindrances = new Map<Ability, Hindrance>();
  const specOf = (ability: Ability): AbilitySpec => ABILITIES[ability];

  return {
    hinder: (ability, reason) => {
      const { what, essential, silent } = specOf(ability);
      const known = hindrances.get(ability);
      const { code, message, hint } = reason;
      hindrances.set(ability, { ability, essential, code, message, hint, since: known?.since ?? clock.now() });
      if (known !== undefined) return;
      metrics.hindered({ offering, ability, hindered: true });
      if (silent === true) return;
      const level = essential ? 'error' : 'warn';
      log[level]({ ability, code, err: reason }, `the offering cannot ${what}`);
    },
    clear: (ability) => {
      const known = hindrances.get(ability);
      if (known === undefined) return;
      hindrances.delete(ability);
      metrics.hindered({ offering, ability, hindered: false });
      const { what, silent } = specOf(ability);
      if (silent === true) return;
      log.info({ ability, ms: clock.now().getTime() - known.since.getTime() }, `the offering can ${what} again`);
    },
    can: (ability) => !hindrances.has(ability),
    hindrances: () => [...hindrances.values()],
  };
}
