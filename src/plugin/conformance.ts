import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isAgentError } from '../lib/errors.ts';
import { isJsonObject, type Json } from '../lib/json.ts';
import { collect, type Lab, OURS, type Step, type World, withWorld } from './conformance-world.ts';
import type { Action, Plugin, Quota } from './contract.ts';
import { accountName } from './naming.ts';
import { COMMON_SETTINGS, pluginProblems, settingsValidator } from './schema.ts';

export type { Lab } from './conformance-world.ts';

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
  lab(): Promise<Lab>;
}

const OTHER = 'fedcba9876543210fedcba9876543210';
const MIB = 1_048_576n;

/** The tests every plugin passes: what the agent relies on, and nothing about how a backend does it. */
export function conformance<Settings>(runner: Runner, options: ConformanceOptions<Settings>): void {
  const { plugin, refuses = [] } = options;
  const rules = plugin.naming(options.settings);
  const account = accountName({ organisation: 'org', project: 'one', resource: OURS }, rules);
  const second = accountName({ organisation: 'org', project: 'two', resource: OURS }, rules);
  const metering = plugin.metering[0] ?? 'current';
  const components = Object.entries(plugin.components);
  const canLimit = (unit: string): boolean => components.some(([, { limit, unit: its }]) => limit && its === unit);
  const quotaOf = (value: bigint | null): Quota => ({
    bytes: canLimit('bytes') ? value : null,
    objects: canLimit('objects') ? value : null,
  });
  const create = { kind: 'create-account', displayName: 'Files of One', quota: quotaOf(MIB) } as const;
  const steps: readonly Step[] = [
    create,
    { kind: 'set-quota', from: quotaOf(MIB), to: quotaOf(2n * MIB) },
    { kind: 'suspend' },
    { kind: 'resume' },
    { kind: 'delete-account', purge: true },
  ];
  const keySteps: readonly Step[] = [{ kind: 'issue-key' }, { kind: 'revoke-key', accessKey: 'AKIAUNKNOWNUNKNOWN00' }];
  const test = (name: string, body: (world: World) => Promise<void>): void => {
    runner.it(name, async () => withWorld(await options.lab(), account, body));
  };

  runner.describe(`${plugin.id} conforms to the plugin contract`, () => {
    runner.it('can be loaded', async () => assert.deepEqual(pluginProblems(plugin), []));
    runner.it('has a README that names every setting and every action it refuses', () => readmeIsComplete(options));
    runner.it('has a sample.yaml whose settings are valid', () => sampleIsValid(options));

    test('checks a healthy backend without a failure', async (world) => {
      const checks = await world.backend().check(new AbortController().signal);
      const failed = checks.filter(({ status }) => status === 'failed');
      assert.ok(checks.length > 0);
      assert.deepEqual(failed, []);
      world.conceals(checks);
    });

    test('proves an absence', async (world) => {
      assert.deepEqual(await world.observe(), { state: 'absent', account });
    });

    test('creates an account with our stamp, once', async (world) => {
      assert.equal((await world.apply(create)).changed, true);
      const found = await world.found();
      assert.deepEqual(
        [found.resource, found.suspended, found.quota, found.accessKeys],
        [OURS, false, create.quota, []],
      );
      for (const { url } of found.endpoints) assert.ok(URL.canParse(url), `${url} is not an absolute URL`);
      assert.equal((await world.apply(create)).changed, false);
      assert.deepEqual(await world.found(), found);
    });

    test('creates an account for which no limit was ordered', async (world) => {
      await world.apply({ ...create, quota: {} });
      assert.equal((await world.found()).resource, OURS);
    });

    test('lists the accounts with a stamp, and no others', async (world) => {
      await world.apply(create);
      await world.lab.makeForeign(second);
      const all = await collect(world.backend().observe('all', new AbortController().signal));
      const names = all.map((observed) => observed.account);
      assert.deepEqual(names, [account]);
    });

    test('lists the accounts without a stamp, and no others, where it can', async (world) => {
      const { unstamped } = world.backend();
      if (unstamped === undefined) return;
      await world.apply(create);
      await world.lab.makeForeign(second);
      assert.ok((await collect(unstamped(new AbortController().signal))).includes(second));
      assert.ok(!(await collect(unstamped(new AbortController().signal))).includes(account));
    });

    test('leaves an account without a stamp alone', async (world) => {
      await world.lab.makeForeign(account);
      await isLeftAlone(world, undefined);
    });

    test('leaves the account of another resource alone', async (world) => {
      await world.apply(create, { resource: OTHER });
      await isLeftAlone(world, OTHER);
    });

    async function isLeftAlone(world: World, owner: string | undefined): Promise<void> {
      const before = await world.found();
      assert.equal(before.resource, owner);
      for (const step of [...steps, ...keySteps]) await world.refuses(step);
      assert.deepEqual(await world.found(), before);
    }

    test('tells no limit from nothing allowed, and reads back what it set', async (world) => {
      await world.apply(create);
      for (const value of [null, 0n, 10n * MIB, 3n * 2n ** 40n]) {
        const { quota: from } = await world.found();
        const step = { kind: 'set-quota', from, to: quotaOf(value) } as const;
        await world.apply(step);
        assert.deepEqual((await world.found()).quota, step.to);
        assert.equal((await world.apply(step)).changed, false);
      }
    });

    for (const unit of ['bytes', 'objects'] as const) {
      if (canLimit(unit)) continue;
      test(`refuses a limit of ${unit}, which it cannot enforce`, async (world) => {
        await world.refuses({ ...create, quota: { [unit]: MIB } });
        assert.equal((await world.observe()).state, 'absent');
        await world.apply(create);
        const before = await world.found();
        await world.refuses({ kind: 'set-quota', from: before.quota, to: { ...before.quota, [unit]: MIB } });
        assert.deepEqual(await world.found(), before);
      });
    }

    test('suspends and resumes, and repeating either changes nothing', async (world) => {
      await world.apply(create);
      for (const kind of ['suspend', 'resume'] as const) {
        if (refuses.includes(kind)) {
          await world.refuses({ kind });
          continue;
        }
        assert.equal((await world.apply({ kind })).changed, true);
        assert.equal((await world.found()).suspended, kind === 'suspend');
        assert.equal((await world.apply({ kind })).changed, false);
      }
    });

    test('issues another key every time, and revokes it once', async (world) => {
      await world.apply(create);
      if (plugin.keys === 0) return world.refuses({ kind: 'issue-key' });
      const [first, other] = [await world.issue(), await world.issue()];
      assert.notEqual(first.accessKey, other.accessKey);
      assert.notEqual(first.secretKey, other.secretKey);
      assert.ok(URL.canParse(first.endpoint), `${first.endpoint} is not an absolute URL`);
      const both = await world.found();
      assert.deepEqual(new Set(both.accessKeys), new Set([first.accessKey, other.accessKey]));
      world.conceals(both, first.secretKey, other.secretKey);
      const revoke = { kind: 'revoke-key', accessKey: first.accessKey } as const;
      assert.equal((await world.apply(revoke)).changed, true);
      assert.equal((await world.apply(revoke)).changed, false);
      assert.deepEqual((await world.found()).accessKeys, [other.accessKey]);
    });

    test('deletes an account that holds data only when told to', async (world) => {
      await world.apply(create);
      await world.lab.store(account, 1000);
      const before = await world.found();
      await world.refuses({ kind: 'delete-account', purge: false });
      assert.deepEqual(await world.found(), before);
      assert.equal((await world.apply({ kind: 'delete-account', purge: true })).changed, true);
      assert.equal((await world.observe()).state, 'absent');
    });

    test('deletes an empty account, and an absent one is deleted already', async (world) => {
      const remove = { kind: 'delete-account', purge: false } as const;
      assert.equal((await world.apply(remove)).changed, false);
      await world.apply(create);
      assert.equal((await world.apply(remove)).changed, true);
      assert.equal((await world.observe()).state, 'absent');
      assert.equal((await world.apply(remove)).changed, false);
    });

    test('starts again without the keys of an account of the same name', async (world) => {
      await world.apply(create);
      if (plugin.keys > 0) await world.issue();
      await world.apply({ kind: 'delete-account', purge: true });
      await world.apply(create);
      assert.deepEqual((await world.found()).accessKeys, []);
    });

    test('measures what is stored; what it cannot read is missing, not empty', async (world) => {
      await world.apply(create);
      await world.apply(create, { account: second });
      for (const bytes of [1000, 24]) await world.lab.store(account, bytes);
      const measured = await world.usage([account, second], metering);
      const byAccount = new Map(measured.map((usage) => [usage.account, usage.quantities]));
      for (const [name, { unit, usage }] of components) {
        if (!usage || metering !== 'current') continue;
        assert.equal(byAccount.get(account)?.[name], unit === 'bytes' ? 1024n : 2n);
        assert.equal(byAccount.get(second)?.[name], 0n);
      }
      await world.lab.hide(account);
      const names = (await world.usage([account, second], metering)).map((usage) => usage.account);
      assert.ok(!names.includes(account), 'an account that cannot be read was reported');
      assert.ok(metering !== 'current' || names.includes(second), 'one unreadable account hides the others');
    });

    test('never reads an outage as an absence', async (world) => {
      await world.apply(create);
      await world.lab.hide(account);
      const seen = await collect(world.backend().observe([account], new AbortController().signal)).catch(
        (error: unknown) => {
          assert.ok(isAgentError(error) && error.disposition !== 'terminal', String(error));
          return [];
        },
      );
      assert.ok(!seen.some(({ state }) => state === 'absent'), 'an account that cannot be read was called absent');
    });

    test('stops when told to, before it changes anything', async (world) => {
      const stopped = AbortSignal.abort(new Error('stopped by the test'));
      const backend = world.backend();
      await assert.rejects(backend.apply({ ...create, account, resource: OURS }, stopped));
      assert.equal((await world.observe()).state, 'absent');
      await world.apply(create);
      const window = { from: new Date(0), to: new Date(1) };
      await assert.rejects(collect(backend.observe([account], stopped)));
      await assert.rejects(collect(backend.usage([account], { metering, window }, stopped)));
    });

    test('comes to the same with a restart and a repetition after every action', async (world) => {
      for (const step of steps) {
        if (refuses.includes(step.kind)) continue;
        await world.apply(step);
        const once = await world.observe();
        await world.restart();
        assert.deepEqual(await world.observe(), once, `a restart after ${step.kind} shows`);
        await world.apply(step);
        assert.deepEqual(await world.observe(), once, `repeating ${step.kind} shows`);
      }
      assert.equal((await world.observe()).state, 'absent');
    });
  });
}

async function readmeIsComplete<Settings>(options: ConformanceOptions<Settings>): Promise<void> {
  const readme = await readFile(join(options.folder, 'README.md'), 'utf8');
  const properties = options.plugin.settings['properties'];
  const settings = isJsonObject(properties) ? Object.keys(properties) : [];
  for (const word of [...settings, ...(options.refuses ?? [])]) {
    assert.ok(readme.includes(`\`${word}\``), `README.md does not say what \`${word}\` is`);
  }
}

async function sampleIsValid<Settings>({ folder, plugin }: ConformanceOptions<Settings>): Promise<void> {
  const sample: unknown = parse(await readFile(join(folder, 'sample.yaml'), 'utf8'));
  const offerings: Json = (isJsonObject(sample) && sample['offerings']) || [];
  assert.ok(Array.isArray(offerings) && offerings.length > 0, 'sample.yaml is not a configuration with offerings');
  for (const offering of offerings) {
    const settings = (isJsonObject(offering) && offering['backend_settings']) || {};
    const own = Object.entries(settings).filter(([key]) => !COMMON_SETTINGS.includes(key));
    const validate = settingsValidator().compile(plugin.settings);
    const data = Object.fromEntries(own);
    assert.ok(validate(data), `sample.yaml: ${JSON.stringify(validate.errors)}`);
    const common = { onTerminate: 'refuse', metering: plugin.metering[0] ?? 'current' } as const;
    assert.deepEqual(plugin.problems?.(data as Settings, common) ?? [], [], 'sample.yaml');
  }
}
