import { describe, expect, it } from 'vitest';
import type { Documents } from '../../../../src/plugin/contract.ts';
import { enforcePass, planPass } from '../../docker/enforcement/enforce.ts';
import type { Container } from '../../docker/engine/types.ts';
import { createFakeEngine } from './fake-engine.ts';
import { ALICE, BOB, container, id, image, MIB } from './objects.ts';
import { createRig, type Rig, signal } from './rig.ts';

const mine = { labels: { 'qman.user': 'alice' } };

function own({ now }: Rig, number: number, changes: Partial<Container> = {}): Container {
  return container(number, { ...mine, createdAt: now() - 1000 + number, ...changes });
}

async function told(rig: Rig): Promise<readonly string[]> {
  return (await rig.events()).map(({ event, name, detail }) =>
    [event, name, detail['container_name']].filter((word) => typeof word === 'string').join(' '),
  );
}

async function rigOver(docker: Parameters<typeof createRig>[0]): Promise<Rig> {
  const rig = createRig(docker);
  rig.engine.containersNow = [
    own(rig, 1, { bytes: 2n * MIB }),
    own(rig, 2, { bytes: 3n * MIB }),
    own(rig, 3, { bytes: 1n * MIB, state: 'exited' }),
    container(9, { labels: { 'qman.user': 'bob' }, bytes: 50n * MIB, createdAt: rig.now() }),
  ];
  await rig.setLimit(ALICE, 3n);
  await rig.setLimit(BOB, 60n);
  return rig;
}

describe('a pass of enforcement', () => {
  it('tells once, waits for the end of the grace, and then removes the newest until the usage is below', async () => {
    const rig = await rigOver({ docker: { mode: 'remove', grace: 86_400 } });
    await enforcePass(rig.open(), signal);
    await enforcePass(rig.open(), signal);
    expect([await told(rig), rig.engine.calls]).toEqual([['docker_quota_exceeded alice'], []]);
    expect((await rig.events())[0]?.detail).toMatchObject({
      uid: ALICE,
      block_current: 6 * 2 ** 20,
      block_hard_limit: 3072,
      removal_after: rig.now() + 86_400,
    });
    await rig.clock.advance(86_400_000);
    expect(await enforcePass(rig.open(), signal)).toBe(
      '1 user above the limit of Docker, 2 containers stopped or removed',
    );
    expect(rig.engine.calls).toEqual(['remove c3', 'stop c2', 'remove c2']);
    expect((await rig.events()).slice(1).map(({ detail }) => detail)).toMatchObject([
      {
        container_id: id(2).slice(0, 12),
        size_bytes: 3 * 2 ** 20,
        new_usage: 2 * 2 ** 20,
        removed_ids: [id(3).slice(0, 12), id(2).slice(0, 12)],
      },
      { container_id: id(3).slice(0, 12), size_bytes: 2 ** 20, new_usage: 5 * 2 ** 20 },
    ]);
    await enforcePass(rig.open(), signal);
    expect(rig.engine.containersNow.map(({ name }) => name)).toEqual(['c1', 'c9']);
    expect([
      ...(await rig.store.list('docker/excess/')),
      ...(await rig.store.list('docker/step/')),
      ...(await rig.store.list('docker/lease')),
    ]).toEqual([]);
  });

  it('runs the plan that it shows', async () => {
    const rig = await rigOver({ docker: { mode: 'remove', grace: 0 } });
    const [plan] = (await planPass(rig.open(), signal)).filter(({ verdict }) => verdict === 'act');
    await enforcePass(rig.open(), signal);
    expect(rig.engine.calls.filter((call) => call.startsWith('remove'))).toEqual(
      plan?.steps.map(({ action, name }) => `${action} ${name}`),
    );
  });

  it('gives notice again when removals are switched on later', async () => {
    const rig = await rigOver({});
    await enforcePass(rig.open(), signal);
    await rig.clock.advance(7 * 86_400_000);
    const later = createRig({ docker: { mode: 'remove' } });
    const docker = later.open({ store: rig.store, engine: rig.engine });
    await later.clock.advance(7 * 86_400_000);
    await enforcePass(docker, signal);
    expect(rig.engine.calls).toEqual([]);
    expect(await rig.store.get(`docker/excess/${ALICE}`)).toMatchObject({ toldAt: later.now() });
  });

  it('in the mode stop stops one running container in each pass and does not begin again', async () => {
    const rig = await rigOver({ DOCKER_QUOTA_AUTO_STOP_CONTAINERS: true });
    for (let pass = 0; pass < 5; pass++) {
      await enforcePass(rig.open(), signal);
      await rig.clock.advance(300_000);
    }
    expect(rig.engine.calls).toEqual(['stop c2', 'stop c1']);
    expect(await told(rig)).toEqual([
      'docker_container_stopped alice c2',
      'docker_quota_exceeded alice',
      'docker_container_stopped alice c1',
    ]);
  });

  it('over by images alone no container dies, and that is told once', async () => {
    const rig = createRig({ docker: { mode: 'remove', grace: 0 } });
    rig.engine.containersNow = [own(rig, 1)];
    rig.engine.imagesNow = [image(900, [1, 2, 3])];
    await rig.store.put(`docker/override/image/${id(900)}`, { uid: ALICE, by: 'test', at: 1 });
    await rig.setLimit(ALICE, 1n);
    for (let pass = 0; pass < 3; pass++) {
      await enforcePass(rig.open(), signal);
      await rig.clock.advance(300_000);
    }
    expect([rig.engine.calls, await told(rig)]).toEqual([
      [],
      ['docker_quota_exceeded alice', 'docker_quota_unresolvable alice'],
    ]);
  });

  it('a spoofed label is flagged, costs its victim nothing and saves its author nothing', async () => {
    const rig = createRig({ docker: { mode: 'remove', grace: 0, trust_label: false } });
    const trusting = createRig({ docker: { mode: 'remove', grace: 0 } });
    for (const one of [rig, trusting]) {
      const labels = { 'qman.user': 'alice', exitCode: '0' };
      one.engine.containersNow = [container(1, { name: 'spoof', labels, bytes: 9n * MIB, createdAt: one.now() })];
      const event = `${one.now()}.001:7`;
      one.audit.append(
        `type=SYSCALL msg=audit(${event}): syscall=59 success=yes auid=${BOB} uid=${BOB} exe="/usr/bin/docker" key="docker-client"\n` +
          `type=EXECVE msg=audit(${event}): argc=7 a0="docker" a1="run" a2="--name" a3="spoof" a4="-l" a5="qman.user=alice" a6="app:1"\n`,
      );
      await one.setLimit(ALICE, 1n);
      await one.setLimit(BOB, 1n);
      const { items } = await one.open().sync(signal);
      expect(items[0]?.attribution).toMatchObject({
        conflict: 'label-and-audit-differ',
        label: 'alice',
        evidence: { uid: BOB, event },
      });
      await enforcePass(one.open(), signal);
    }
    expect([trusting.engine.calls, await told(trusting)]).toEqual([[], []]);
    expect([rig.engine.calls, (await told(rig)).map((text) => text.split(' ')[1])]).toEqual([
      ['stop spoof', 'remove spoof'],
      ['bob', 'bob'],
    ]);
  });

  it('goes on past a container that hangs, and leaves suspended accounts alone', async () => {
    const rig = await rigOver({ docker: { mode: 'remove', grace: 0 } });
    rig.engine.stuck.add(id(2));
    expect(await enforcePass(rig.open(), signal)).toContain('1 could not be');
    expect(rig.engine.calls).toEqual(['remove c3', 'stop c2', 'stop c1', 'remove c1']);
    const other = await rigOver({ docker: { mode: 'remove', grace: 0 } });
    other.suspended.add(ALICE);
    await enforcePass(other.open(), signal);
    expect([other.engine.calls, await told(other)]).toEqual([[], []]);
  });

  it('does nothing while the size of something is unknown, and keeps the excess that was told', async () => {
    const rig = await rigOver({ docker: { mode: 'remove', grace: 100 } });
    await enforcePass(rig.open(), signal);
    rig.engine.volumesNow = [{ name: 'v', ...mine, createdAt: 0, bytes: undefined }];
    await rig.clock.advance(1_000_000);
    await enforcePass(rig.open(), signal);
    expect(rig.engine.calls).toEqual([]);
    rig.engine.volumesNow = [];
    await enforcePass(rig.open(), signal);
    expect(rig.engine.calls.length).toBeGreaterThan(0);
  });

  it('keeps the uid of a user who was deleted, under its number', async () => {
    const rig = await rigOver({ docker: { mode: 'remove', grace: 100 } });
    await enforcePass(rig.open(), signal);
    rig.users.length = 0;
    await rig.clock.advance(1_000_000);
    await enforcePass(rig.open(), signal);
    expect(rig.engine.calls).toEqual(['remove c3', 'stop c2', 'remove c2']);
    expect((await told(rig)).slice(1)).toEqual([
      'docker_container_removed #1000 c2',
      'docker_container_removed #1000 c3',
    ]);
  });

  it('is not made by two processes at once; one that died gives way after minutes', async () => {
    const rig = await rigOver({ docker: { mode: 'remove', grace: 0 } });
    await rig.store.put('docker/lease', { holder: 'someone', until: rig.clock.now().getTime() + 60_000 });
    await expect(enforcePass(rig.open(), signal)).rejects.toMatchObject({
      code: 'HOST_QUOTA_DOCKER_BUSY',
      disposition: 'transient',
    });
    await rig.clock.advance(60_000);
    await enforcePass(rig.open(), signal);
    expect(rig.engine.calls).not.toEqual([]);
  });

  it('fails as a whole when the engine is down, and changes nothing', async () => {
    const rig = await rigOver({ docker: { mode: 'remove', grace: 0 } });
    rig.engine.isDown = true;
    await expect(enforcePass(rig.open(), signal)).rejects.toMatchObject({ code: 'HOST_QUOTA_DOCKER_DOWN' });
    expect(await told(rig)).toEqual([]);
  });
});

describe('a death between any two effects of a pass', () => {
  it.each([
    ['before', 'remove', false],
    ['after', 'remove', true],
    ['before', 'stop', false],
    ['after', 'stop', true],
  ] as const)('%s one, in the mode %s, loses no event and doubles none', async (_, mode, isAfter) => {
    for (let effects = 0; ; effects++) {
      const rig = await rigOver({ docker: { mode, grace: 0 } });
      let left = effects;
      let died = false;
      const live = async <T>(work: () => Promise<T>): Promise<T> => {
        if (!died && left-- > 0) return work();
        if (!died && isAfter) await work();
        died = true;
        throw new Error('dead');
      };
      const { store, engine } = rig;
      const mortal: Documents = {
        ...store,
        put: (...args) => live(() => store.put(...args)),
        delete: (...args) => live(() => store.delete(...args)),
        batch: (...args) => live(() => store.batch(...args)),
      };
      const dying = { ...createFakeEngine(), ...engine };
      const handed = {
        ...dying,
        containers: async () => engine.containersNow,
        stop: (...args: Parameters<typeof engine.stop>) => live(() => engine.stop(...args)),
        remove: (...args: Parameters<typeof engine.remove>) => live(() => engine.remove(...args)),
      };
      await enforcePass(rig.open({ store: mortal, engine: handed }), signal).catch(() => undefined);
      for (let pass = 0; pass < 4; pass++) {
        await rig.clock.advance(300_000);
        await enforcePass(rig.open(), signal);
      }
      const events = [...(await told(rig))].sort();
      const wanted =
        mode === 'remove'
          ? ['docker_container_removed alice c2', 'docker_container_removed alice c3', 'docker_quota_exceeded alice']
          : ['docker_container_stopped alice c1', 'docker_container_stopped alice c2', 'docker_quota_exceeded alice'];
      expect(events, `${effects} effects`).toEqual(wanted);
      const names = engine.containersNow.map(({ name, state }) => `${name} ${state}`);
      expect(names, `${effects} effects`).toEqual(
        mode === 'remove' ? ['c1 running', 'c9 running'] : ['c1 exited', 'c2 exited', 'c3 exited', 'c9 running'],
      );
      expect(await store.list('docker/step/')).toEqual([]);
      if (!died) return;
    }
  });
});
