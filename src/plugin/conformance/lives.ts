import assert from 'node:assert/strict';
import type { Suite } from './suite.ts';
import { collect, OURS } from './world.ts';

/** Ends, interruptions and repetitions. */
export function testLives({ create, plugin, refuses, steps, test }: Suite): void {
  test('deletes an account that holds data only when told to', async (world) => {
    await world.apply(create);
    await world.lab.store(world.id(), 1000);
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
    const of = { account: world.id() };
    assert.equal((await world.apply(remove)).changed, true);
    assert.equal((await world.observe()).state, 'absent');
    assert.equal((await world.apply(remove, of)).changed, false);
  });

  test('stops when told to, before it changes anything', async (world) => {
    const stopped = AbortSignal.abort(new Error('stopped by the test'));
    const backend = world.backend();
    await assert.rejects(backend.apply({ ...create, account: world.id(), resource: OURS }, stopped));
    assert.equal((await world.observe()).state, 'absent');
    await world.apply(create);
    const window = { from: new Date(0), to: new Date(1) };
    const metering = plugin.metering[0] ?? 'current';
    await assert.rejects(collect(backend.observe([{ account: world.id() }], stopped)));
    await assert.rejects(collect(backend.usage([world.id()], { metering, window }, stopped)));
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
}
