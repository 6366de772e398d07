import { expect } from 'vitest';
import { openSite, type Site, type SiteOptions } from '../fakes/site.ts';
import { type Gate, openGate, type Step } from './gate.ts';
import { ready, settled } from './helpers.ts';

/** What happens to a site; only the effects that begin in `during` are counted, and fatal. */
export interface Life {
  before(site: Site): Promise<void>;
  /** Resolves when it is over, however many agents that took. */
  during(site: Site): Promise<void>;
  after(site: Site): void | Promise<void>;
}

const never = new Promise<void>(() => undefined);

/**
 * A site whose agent is gone right after its effects number `crashes`, counted over all its lives, and started again.
 * Answers the effects there were, at the backend and in Waldur.
 */
export async function live(options: SiteOptions, crashes: readonly number[], life: Life): Promise<readonly string[]> {
  const effects: string[] = [];
  let gate: Gate | undefined;
  let counts = false;
  let lives: Promise<unknown> = Promise.resolve();
  const pass = ({ what, isEffect }: Step): Promise<void> | undefined => {
    if (!counts || !isEffect || what.includes('site-agent')) return undefined;
    effects.push(/([\w-]+)\/?$/.exec(what)?.[1] ?? what);
    if (!crashes.includes(effects.length - 1)) return undefined;
    lives = lives.then(() => site.kill()).then(() => site.start());
    return never;
  };
  const site: Site = await openSite({
    ...options,
    tune: async (config) => {
      gate = await openGate(config, pass);
      return gate.config;
    },
  });
  try {
    await ready(site);
    await life.before(site);
    counts = true;
    await life.during(site);
    // What the agent was told when it died comes again.
    await settled(site);
    await lives;
    await life.after(site);
    expect(site.sandbox.invariants()).toEqual([]);
    return effects;
  } finally {
    await site.close();
    gate?.close();
  }
}
