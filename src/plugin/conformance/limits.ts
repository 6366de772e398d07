import assert from 'node:assert/strict';
import { MIB, type Suite } from './suite.ts';

/** Limits, attributes and flags. */
export function testLimits({ create, options, plugin, quota, refuses, rules, test }: Suite): void {
  test('tells no limit from nothing allowed, and reads back what it set', async (world) => {
    await world.apply(create);
    for (const value of [null, 0n, 10n * MIB, 3n * 2n ** 40n]) {
      const { quota: from } = await world.found();
      const step = { kind: 'set-quota', from, to: quota(value) } as const;
      await world.apply(step);
      assert.deepEqual((await world.found()).quota, step.to);
      assert.equal((await world.apply(step)).changed, false);
    }
  });

  for (const unit of ['bytes', 'objects'] as const) {
    if (rules(unit) !== undefined) continue;
    test(`refuses a limit of ${unit}, which it cannot enforce`, async (world) => {
      await world.refuses({ ...create, quota: { [unit]: MIB } });
      assert.equal((await world.observe()).state, 'absent');
      await world.apply(create);
      const before = await world.found();
      await world.refuses({ kind: 'set-quota', from: before.quota, to: { ...before.quota, [unit]: MIB } });
      assert.deepEqual(await world.found(), before);
    });
  }

  test('changes the attributes it has, and refuses others', async (world) => {
    await world.apply(create);
    const { attributes = {} } = await world.found();
    const wanted = Object.entries(options.attributes?.change ?? {});
    assert.ok(plugin.attributes === undefined || options.attributes !== undefined, 'the suite was told no attributes');
    for (const [path, value] of Object.entries(create.attributes)) {
      if (path in attributes) assert.deepEqual(attributes[path], value, `${path} is not what was ordered`);
    }
    const changes = wanted.map(([path, to]) => ({ path, from: attributes[path] ?? null, to }));
    if (changes.length > 0) {
      assert.equal((await world.apply({ kind: 'configure', changes })).changed, true);
      const after = await world.found();
      for (const { path, to } of changes) assert.deepEqual(after.attributes?.[path], to, `${path} was not changed`);
      assert.equal((await world.apply({ kind: 'configure', changes })).changed, false);
    }
    const before = await world.found();
    await world.refuses({ kind: 'configure', changes: [{ path: 'no_such_attribute', from: null, to: 'x' }] });
    assert.deepEqual(await world.found(), before);
  });

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
}
