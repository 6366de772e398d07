import type { JsonObject } from '../../lib/json.ts';
import type { Action, BackendComponent, Plugin, Quota } from '../contract.ts';
import { keptLimit, type LimitRules } from '../limit-rules.ts';
import { accountName } from '../naming.ts';
import { type Lab, OURS, type Step, type World, withWorld } from './world.ts';

/** What vitest, jest and node:test have in common. */
export interface Runner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

export interface ConformanceOptions<Settings> {
  readonly plugin: Plugin<Settings>;
  /** Those of the backends the lab opens: account names depend on them. */
  readonly settings: Settings;
  /** Where README.md and sample.yaml are. */
  readonly folder: string;
  /** Optional abilities the backend does not have. The README must name each. */
  readonly refuses?: readonly Action['kind'][];
  /**
   * For a plugin with attributes: those an account is made with, in the normal form, and changes of those that may be
   * changed.
   */
  readonly attributes?: { readonly create: JsonObject; readonly change: JsonObject };
  /** The backend keeps exactly one key for each account: it is there from the start, and a new one replaces it. */
  readonly hasSingleKey?: boolean;
  lab(): Promise<Lab>;
}

/** What the groups of tests share: the two accounts, the steps an account goes through, and the plugin's rules. */
export interface Suite {
  readonly options: ConformanceOptions<unknown>;
  readonly plugin: Plugin;
  readonly refuses: readonly Action['kind'][];
  /** Names of two accounts of the same resource. */
  readonly account: string;
  readonly second: string;
  readonly create: Extract<Step, { kind: 'create-account' }>;
  /** A whole life, without keys. */
  readonly steps: readonly Step[];
  readonly keySteps: readonly Step[];
  /** The rules of the component that limits this unit; undefined when none does. */
  rules(unit: BackendComponent['unit']): LimitRules | undefined;
  /** This limit in all dimensions that can be limited, as the backend keeps it. */
  quota(value: bigint | null): Quota;
  test(name: string, body: (world: World) => Promise<void>): void;
}

export const OTHER = 'fedcba9876543210fedcba9876543210';
export const MIB = 1_048_576n;

export function createSuite<Settings>(runner: Runner, options: ConformanceOptions<Settings>): Suite {
  const { plugin, refuses = [], settings } = options;
  const naming = plugin.naming(settings);
  const account = accountName({ organisation: 'org', project: 'one', resource: OURS }, naming);
  const second = accountName({ organisation: 'org', project: 'two', resource: OURS }, naming);
  const rules = (unit: BackendComponent['unit']): LimitRules | undefined => {
    const limits = Object.values(plugin.components).filter((component) => component.unit === unit);
    return limits.map(({ limit }) => limit).find((limit) => limit !== false);
  };
  const keep = (unit: BackendComponent['unit'], value: bigint | null): bigint | null => {
    const its = rules(unit);
    return its === undefined ? null : (keptLimit(value, its) ?? keptLimit(MIB, its) ?? null);
  };
  const quota = (value: bigint | null): Quota => ({ bytes: keep('bytes', value), objects: keep('objects', value) });
  const attributes = options.attributes?.create ?? {};
  const create = { kind: 'create-account', displayName: 'Files of One', quota: quota(MIB), attributes } as const;
  const larger = quota((create.quota.bytes ?? create.quota.objects ?? MIB) * 2n);
  return {
    options: options as ConformanceOptions<unknown>,
    plugin: plugin as Plugin,
    refuses,
    account,
    second,
    create,
    steps: [
      create,
      { kind: 'set-quota', from: create.quota, to: larger },
      { kind: 'suspend' },
      { kind: 'resume' },
      { kind: 'delete-account', purge: true },
    ],
    keySteps: [{ kind: 'issue-key' }, { kind: 'revoke-key', accessKey: 'AKIAUNKNOWNUNKNOWN00' }],
    rules,
    quota,
    test: (name, body) => {
      runner.it(name, async () => withWorld(await options.lab(), account, body));
    },
  };
}
