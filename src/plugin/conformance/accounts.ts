import assert from 'node:assert/strict';
import { isAgentError } from '../../lib/errors.ts';
import { OTHER, type Suite } from './suite.ts';
import { collect, OURS, type World } from './world.ts';

/** Being there, being ours, and being left alone. */
export function testAccounts(suite: Suite): void {
  testPresence(suite);
  testListings(suite);
  testOwnership(suite);
}

const signal = (): AbortSignal => new AbortController().signal;

function testPresence(suite: Suite): void {
  const { account, create, test } = suite;

  test('checks a healthy backend without a failure', async (world) => {
    const checks = await world.backend().check(signal());
    assert.ok(checks.length > 0);
    assert.deepEqual(
      checks.filter(({ status }) => status === 'failed'),
      [],
    );
    world.conceals(checks);
  });

  test('proves an absence', async (world) => {
    assert.deepEqual(await world.observe(), { state: 'absent', account });
  });

  test('creates an account with our stamp, once', async (world) => {
    assert.equal((await world.apply(create)).changed, true);
    const found = await world.found();
    assert.deepEqual([found.resource, found.suspended, found.quota], [OURS, false, create.quota]);
    if (suite.options.hasSingleKey !== true) assert.deepEqual(found.keys, []);
    for (const { url } of found.endpoints) assert.ok(URL.canParse(url), `${url} is not an absolute URL`);
    assert.equal((await world.apply(create)).changed, false);
    assert.deepEqual(await world.found(), found);
  });

  test('finds an account by its stamp before its id is known', async (world) => {
    await world.apply(create);
    const [observed] = await collect(world.backend().observe([{ account, resource: OURS }], signal()));
    assert.equal(observed?.state, 'found');
    assert.equal(observed.account, world.id());
  });

  test('creates an account for which no limit was ordered', async (world) => {
    await world.apply({ ...create, quota: {} });
    assert.equal((await world.found()).resource, OURS);
  });

  test('never reads an outage as an absence', async (world) => {
    await world.apply(create);
    await world.lab.hide(world.id());
    const sought = [{ account: world.id(), resource: OURS }];
    const seen = await collect(world.backend().observe(sought, signal())).catch((error: unknown) => {
      assert.ok(isAgentError(error) && error.disposition !== 'terminal', String(error));
      return [];
    });
    assert.ok(!seen.some(({ state }) => state === 'absent'), 'an account that cannot be read was called absent');
  });
}

function testListings({ second, create, test }: Suite): void {
  test('lists the accounts with a stamp, and no others', async (world) => {
    await world.apply(create);
    await world.makeForeign(second);
    const all = await collect(world.backend().observe('all', signal()));
    assert.deepEqual(
      all.map((observed) => observed.account),
      [world.id()],
    );
  });

  test('lists the accounts without a stamp, and no others, where it can', async (world) => {
    const { unstamped } = world.backend();
    if (unstamped === undefined) return;
    await world.apply(create);
    await world.makeForeign(second);
    const names = await collect(unstamped(signal()));
    assert.ok(names.includes(world.id(second)));
    assert.ok(!names.includes(world.id()));
  });
}

function testOwnership(suite: Suite): void {
  const { account, create, test } = suite;

  test('leaves an account without a stamp alone', async (world) => {
    await world.makeForeign(account);
    await isLeftAlone(suite, world, undefined);
  });

  test('leaves the account of another resource alone', async (world) => {
    await world.apply(create, { resource: OTHER });
    await isLeftAlone(suite, world, OTHER);
  });
}

async function isLeftAlone({ steps, keySteps }: Suite, world: World, owner: string | undefined): Promise<void> {
  const before = await world.found();
  assert.equal(before.resource, owner);
  for (const step of [...steps, ...keySteps]) await world.refuses(step);
  assert.deepEqual(await world.found(), before);
}
