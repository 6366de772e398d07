import type { Clock } from '../lib/clock.ts';
import { type Circuit, type CircuitState, createCircuit } from './circuit.ts';
import { createThrottle, type Throttle, type ThrottleLimits } from './throttle.ts';

/** What stands between the agent and one part of one physical backend. */
export interface Guard {
  readonly circuit: Circuit;
  readonly throttle: Throttle;
}

export interface GuardUser {
  /** For error texts. */
  readonly offering: string;
  readonly limits: ThrottleLimits;
  onChange(state: CircuitState, part: string): void;
}

/** The guards of one offering; the same for all offerings that are on the same physical backend. */
export interface GuardLease {
  /** `part` is empty for a backend without parts, and for calls that concern all of them. */
  guard(part: string): Guard;
  release(): void;
}

export interface Guards {
  /** `backend` names the physical backend. Where several offerings use it, the strictest limits hold for all. */
  lease(backend: string, user: GuardUser): GuardLease;
}

interface Shared {
  readonly users: Set<GuardUser>;
  readonly parts: Map<string, Guard>;
}

/** Kept as long as an offering uses them. */
export function createGuards(clock: Clock): Guards {
  const backends = new Map<string, Shared>();

  function create({ users }: Shared, part: string): Guard {
    return {
      circuit: createCircuit({
        what: `the storage of offering "${[...users][0]?.offering}"${part === '' ? '' : `, part ${part},`}`,
        clock,
        onChange: (state) => {
          for (const user of users) user.onChange(state, part);
        },
      }),
      throttle: createThrottle({ clock, limits: () => strictest([...users].map(({ limits }) => limits)) }),
    };
  }

  return {
    lease: (backend, user) => {
      const shared = backends.get(backend) ?? { users: new Set(), parts: new Map() };
      backends.set(backend, shared);
      shared.users.add(user);
      return {
        guard: (part) => {
          const guard = shared.parts.get(part) ?? create(shared, part);
          shared.parts.set(part, guard);
          return guard;
        },
        release: () => {
          shared.users.delete(user);
          if (shared.users.size === 0 && backends.get(backend) === shared) backends.delete(backend);
        },
      };
    },
  };
}

function strictest(limits: readonly ThrottleLimits[]): ThrottleLimits {
  const rates = limits.flatMap(({ perSecond }) => perSecond ?? []);
  return {
    // What still runs after the last offering has gone must come to its end.
    concurrency: limits.length === 0 ? 1 : Math.min(...limits.map(({ concurrency }) => concurrency)),
    perSecond: rates.length === 0 ? undefined : Math.min(...rates),
  };
}
