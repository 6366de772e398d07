import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { isAgentError } from '../../lib/errors.ts';
import type { Action, Applied, Backend, Credentials, Found, Metering, Observed, Usage } from '../contract.ts';

/** A backend system of the test's own, empty at first. */
export interface Lab {
  /** The plugin's backend as a new process has it: called again for every restart. The suite closes what it opened. */
  open(): Backend;
  /** Makes an account of this name without a stamp, as anyone could. Resolves with its id where that is not the name. */
  makeForeign(account: string): Promise<unknown>;
  /** Puts one object of this size into the account. */
  store(account: string, bytes: number): Promise<void>;
  /** From now on the account cannot be read, although it is there. */
  hide(account: string): Promise<void>;
  /** Lets pass what pending accounts wait for; a backend whose accounts are ready at once has none. */
  settle?(): Promise<void>;
  /** What must never show: the secrets in the settings. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** An action without the account it is for. */
export type Step = Action extends infer A ? (A extends Action ? Omit<A, 'account' | 'resource'> : never) : never;

/** The lab and one account in it, with the assertions the suite is made of. */
export interface World {
  readonly lab: Lab;
  backend(): Backend;
  restart(): Promise<void>;
  /** The id of an account by the name it was made under. */
  id(name?: string): string;
  /** For our resource and account, or for those given. */
  apply(step: Step, of?: { account?: string; resource?: string }): Promise<Applied>;
  makeForeign(name: string): Promise<void>;
  observe(): Promise<Observed>;
  /** Fails when the account is not there. */
  found(): Promise<Found>;
  issue(): Promise<Credentials>;
  /** By the names of the accounts. */
  usage(names: readonly string[], metering: Metering): Promise<readonly Usage[]>;
  /** Fails unless the action is refused with a terminal AgentError, in words that hold no secret. */
  refuses(step: Step): Promise<void>;
  /** Fails when a secret of the settings, or one given, shows in `value`. */
  conceals(value: unknown, ...secrets: string[]): void;
}

export const OURS = '0123456789abcdef0123456789abcdef';
const WINDOW = { from: new Date('2026-08-01T00:00:00Z'), to: new Date('2026-09-01T00:00:00Z') };

export async function withWorld(lab: Lab, account: string, body: (world: World) => Promise<void>): Promise<void> {
  let backend = lab.open();
  const world = createWorld(lab, account, {
    get: () => backend,
    restart: async () => {
      await backend.close();
      backend = lab.open();
    },
  });
  try {
    await body(world);
  } finally {
    await backend.close();
    await lab.close();
  }
}

function createWorld(lab: Lab, account: string, process: { get(): Backend; restart(): Promise<void> }): World {
  const { signal } = new AbortController();
  const ids = new Map<string, string>();
  const id = (name = account): string => ids.get(name) ?? name;
  const world: World = {
    lab,
    backend: process.get,
    restart: process.restart,
    id,
    apply: async (step, of = {}) => {
      const name = of.account ?? account;
      const applied = await process.get().apply({ resource: OURS, ...step, ...of, account: id(name) }, signal);
      if (applied.account !== undefined) ids.set(name, applied.account);
      if (step.kind === 'create-account') await lab.settle?.();
      if (step.kind === 'delete-account') ids.delete(name);
      return applied;
    },
    makeForeign: async (name) => {
      const given = await lab.makeForeign(name);
      if (typeof given === 'string') ids.set(name, given);
    },
    observe: async () => {
      const sought = [{ account: id(), resource: OURS }];
      const [observed] = await collect(process.get().observe(sought, signal));
      assert.ok(observed, `${id()} is not in the answer`);
      assert.equal(observed.account, id());
      world.conceals(observed);
      return observed;
    },
    found: async () => {
      const observed = await world.observe();
      assert.ok(observed.state === 'found', `${account} is ${observed.state}`);
      return observed;
    },
    issue: async () => {
      const { credentials } = await world.apply({ kind: 'issue-key' });
      assert.ok(credentials, 'issue-key returned no credentials');
      return credentials;
    },
    usage: (names, metering) => collect(process.get().usage(names.map(id), { metering, window: WINDOW }, signal)),
    refuses: async (step) => {
      const error = await failureOf(world.apply(step));
      assert.ok(error !== undefined, `${step.kind} was not refused`);
      assert.ok(isAgentError(error), `${step.kind} was refused with ${inspect(error)}, which is no AgentError`);
      assert.equal(error.disposition, 'terminal', `${step.kind} was refused with ${error.code}`);
      world.conceals([error.message, error.hint, error.stack, String(error.cause)]);
    },
    conceals: (value, ...secrets) => {
      const text = JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item));
      for (const secret of [...lab.secrets, ...secrets]) assert.ok(!text.includes(secret), 'a secret shows');
    },
  };
  return world;
}

function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
