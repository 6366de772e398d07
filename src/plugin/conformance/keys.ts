import assert from 'node:assert/strict';
import type { Suite } from './suite.ts';
import type { World } from './world.ts';

export function testKeys({ create, options, plugin, test }: Suite): void {
  test('issues another key every time, and revokes it once', async (world) => {
    await world.apply(create);
    if (plugin.keys === 0) return world.refuses({ kind: 'issue-key' });
    const [first, other] = [await world.issue(), await world.issue()];
    assert.notEqual(first.accessKey, other.accessKey);
    assert.notEqual(first.secretKey, other.secretKey);
    assert.ok(URL.canParse(first.endpoint), `${first.endpoint} is not an absolute URL`);
    const expected = options.hasSingleKey === true ? [other.accessKey] : [first.accessKey, other.accessKey];
    assert.deepEqual(new Set(await works(world)), new Set(expected));
    world.conceals(await world.found(), first.secretKey, other.secretKey);
    const revoke = { kind: 'revoke-key', accessKey: first.accessKey } as const;
    assert.equal((await world.apply(revoke)).changed, options.hasSingleKey !== true);
    assert.equal((await world.apply(revoke)).changed, false);
    assert.deepEqual(await works(world), [other.accessKey]);
  });

  test('starts again without the keys of an account of the same name', async (world) => {
    await world.apply(create);
    const old = plugin.keys > 0 ? (await world.issue()).accessKey : undefined;
    await world.apply({ kind: 'delete-account', purge: true });
    await world.apply(create);
    const keys = await works(world);
    assert.ok(old === undefined || !keys.includes(old));
    if (options.hasSingleKey !== true) assert.deepEqual(keys, []);
  });
}

async function works(world: World): Promise<readonly string[]> {
  return (await world.found()).keys.filter(({ works }) => works).map(({ id }) => id);
}
