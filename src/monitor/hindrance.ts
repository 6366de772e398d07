export interface AbilitySpec {
  /** Completes "the offering cannot …" and "the offering can … again". */
  readonly what: string;
  /** Without it orders cannot be fulfilled: the agent is not ready. */
  readonly essential: boolean;
  /** The part itself logs every failure. */
  readonly silent?: boolean;
}

/** Everything an offering does that can fail for a while. */
export const ABILITIES = {
  orders: { what: 'read its orders', essential: true },
  offering: { what: 'be seen in Waldur', essential: true },
  fulfilment: { what: 'fulfil its orders', essential: true },
  backend: { what: 'pass the check of its backend', essential: true },
  calls: { what: 'call its backend', essential: true },
  serving: { what: 'run the serving part of its backend', essential: true },
  events: { what: 'receive events', essential: false, silent: true },
  upkeep: { what: 'compare its resources with the backend', essential: false },
  keys: { what: 'look for waiting API keys', essential: false },
  imports: { what: 'answer import requests', essential: false },
  samples: { what: 'sample usage', essential: false, silent: true },
  reports: { what: 'report usage', essential: false, silent: true },
  portal: { what: 'show itself in the portal', essential: false },
} as const satisfies Record<string, AbilitySpec>;

export type Ability = keyof typeof ABILITIES;

/** Why an offering cannot do something, and since when. */
export interface Hindrance {
  readonly ability: Ability;
  readonly essential: boolean;
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly since: Date;
}
