import assert from 'node:assert/strict';
import type { Suite } from './suite.ts';

export function testUsage({ account, create, plugin, second, test }: Suite): void {
  test('measures what is stored; what it cannot read is missing, not empty', async (world) => {
    const [metering = 'current'] = plugin.metering;
    await world.apply(create);
    await world.apply(create, { account: second });
    for (const bytes of [1000, 24]) await world.lab.store(world.id(), bytes);
    const measured = await world.usage([account, second], metering);
    const byAccount = new Map(measured.map((usage) => [usage.account, usage.quantities]));
    for (const [name, { unit, usage }] of Object.entries(plugin.components)) {
      if (!usage || metering !== 'current') continue;
      assert.equal(byAccount.get(world.id())?.[name], unit === 'bytes' ? 1024n : 2n);
      assert.equal(byAccount.get(world.id(second))?.[name], 0n);
    }
    await world.lab.hide(world.id());
    const names = (await world.usage([account, second], metering)).map((usage) => usage.account);
    assert.ok(!names.includes(world.id()), 'an account that cannot be read was reported');
    assert.ok(metering !== 'current' || names.includes(world.id(second)), 'one unreadable account hides the others');
  });
}
