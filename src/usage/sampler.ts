import type { OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Backend, Usage } from '../plugin/contract.ts';
import type { Samples } from '../store/store.ts';
import type { Waldur } from '../waldur/client.ts';
import { collectUsage } from './collect.ts';
import { METERED_STATES } from './metered-states.ts';
import type { Sieve } from './sieve.ts';

export interface SamplerDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly backend: Backend;
  readonly samples: Samples;
  readonly sieve: Sieve;
  readonly clock: Clock;
  readonly log: Log;
  /** Samples are kept for this long. */
  readonly keepMs: number;
}

export interface SamplePass {
  readonly sampled: number;
  readonly unreadable: number;
  /** What cut the backend short, if something did. */
  readonly failure: AgentError | undefined;
}

/** Keeps what accounts hold now, for metering over time at backends that have no history. */
export interface Sampler {
  /** All accounts of the offering. While Waldur cannot be read, those that were sampled before. */
  pass(signal: AbortSignal): Promise<SamplePass>;
  /** One account; false when it could not be read. @throws AgentError as the backend does */
  one(account: string, signal: AbortSignal): Promise<boolean>;
}

const DAY_MS = 86_400_000;
/** Accounts in one transaction of the store. */
const AT_ONCE = 500;

export function createSampler(deps: SamplerDeps): Sampler {
  const { offering, backend, samples, clock, log } = deps;
  let forgottenAtMs = Number.NEGATIVE_INFINITY;

  function read(accounts: readonly string[], signal: AbortSignal): AsyncIterable<Usage> {
    const now = clock.now();
    return backend.usage(accounts, { metering: 'current', window: { from: now, to: now } }, signal);
  }

  async function keep(usages: Iterable<Usage>): Promise<void> {
    const now = clock.now();
    const window = { from: now, to: now };
    const sifted = [...usages].map((usage) => deps.sieve.pass(usage, { metering: 'current', window }));
    await samples.add(
      offering.uuid,
      sifted.flatMap(({ account, measuredAt: at, quantities }) =>
        Object.entries(quantities).map(([component, quantity]) => ({ account, component, at, quantity })),
      ),
    );
  }

  async function sampleAll(accounts: readonly string[], signal: AbortSignal): Promise<SamplePass> {
    const { usages, failure } = await collectUsage(read(accounts, signal), signal);
    const told = [...usages.values()];
    for (let i = 0; i < told.length; i += AT_ONCE) await keep(told.slice(i, i + AT_ONCE));
    return { sampled: usages.size, unreadable: accounts.length - usages.size, failure };
  }

  /** Once a day: nothing reads what is older. */
  async function forgetOld(): Promise<void> {
    if (clock.monotonicMs() - forgottenAtMs < DAY_MS) return;
    forgottenAtMs = clock.monotonicMs();
    await samples.forget(offering.uuid, new Date(clock.now().getTime() - deps.keepMs));
  }

  return {
    pass: async (signal) => {
      const accounts = await accountsToSample(deps, signal);
      const result = await sampleAll(accounts, signal);
      if (result.failure !== undefined) log.warn({ err: result.failure }, 'some accounts could not be sampled');
      await forgetOld();
      return result;
    },
    one: async (account, signal) => {
      const usages: Usage[] = [];
      for await (const usage of read([account], signal)) usages.push(usage);
      await keep(usages);
      return usages.length > 0;
    },
  };
}

async function accountsToSample(deps: SamplerDeps, signal: AbortSignal): Promise<readonly string[]> {
  const { offering, waldur, samples, clock, log } = deps;
  try {
    const accounts: string[] = [];
    const query = { offering: offering.uuid, states: METERED_STATES };
    for await (const page of waldur.resources.listMetered(query, signal)) {
      accounts.push(...page.map(({ backendId }) => backendId).filter((account) => account !== ''));
    }
    return accounts;
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: toAgentError(error) }, 'resources could not be listed: the accounts sampled before are sampled');
    const now = clock.now();
    return await samples.accounts(offering.uuid, { from: new Date(now.getTime() - DAY_MS), to: now });
  }
}
