import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../src/lib/json.ts';
import { manualClock } from '../../../../test/fakes/clock.ts';
import { COMMON } from '../../../../test/fakes/common-settings.ts';
import { silentLog } from '../../../../test/fakes/log.ts';
import { createDevices } from '../../devices/devices.ts';
import { createDockerDriver } from '../../docker/driver.ts';
import { enforcePass } from '../../docker/enforcement/enforce.ts';
import { createHostService } from '../../host/service.ts';
import { writeLetter } from '../../notify/letter.ts';
import { createGuard } from '../../remote/auth.ts';
import { createHostRoutes } from '../../remote/routes.ts';
import { problems } from '../../settings.ts';
import { look } from '../../state/monitor.ts';
import { withDefaults } from '../lab.ts';
import { mustBeDescribed } from '../remote/described.ts';
import { ALICE, BOB, container, id, image, MIB, volume } from './objects.ts';
import { createRig, type Rig, signal } from './rig.ts';

const KEY = 'a key of the hosts';

function serve(rig: Rig, docker = rig.open(), isOn = true) {
  const devices = createDevices([createDockerDriver(docker)], signal);
  const range = { uid_min: 1000, uid_max: 9999 };
  const host = createHostService({
    id: 'h',
    devices,
    names: docker.names,
    store: rig.store,
    clock: rig.clock,
    log: silentLog(),
    registry: undefined,
    range,
    hasGroups: false,
  });
  const routes = createHostRoutes(host, createGuard(KEY, manualClock()), isOn ? docker : undefined);
  const ask = async (
    method: string,
    path: string,
    { query = '', body, params = {} }: { query?: string; body?: Json; params?: Record<string, string> } = {},
  ) => {
    const route = routes.find((one) => one.method === method && one.path === `/remote-api${path}`);
    const headers = { authorization: `Basic ${Buffer.from(`api:${KEY}`).toString('base64')}` };
    const request = {
      params,
      query: new URLSearchParams(query),
      headers,
      remoteAddress: '127.0.0.1',
      body,
    };
    const reply = await route?.handle(request, signal);
    mustBeDescribed(method, `/remote-api${path}`.replace(/:(\w+)/g, '{$1}'), reply?.status ?? 0, reply?.body);
    return { status: reply?.status, body: reply?.body };
  };
  return { host, docker, ask };
}

function fill(rig: Rig): void {
  const createdAt = rig.now();
  rig.engine.containersNow = [
    container(1, { labels: { 'qman.user': 'alice' }, bytes: 3n * MIB, createdAt }),
    container(2, { createdAt, bytes: MIB }),
    container(3, { labels: { 'qman.user': 'gone' }, createdAt, bytes: MIB }),
  ];
  rig.engine.imagesNow = [image(901, [1, 2]), image(902, [1, 3])];
  rig.engine.volumesNow = [volume('data', { labels: { 'qman.user': '1001' }, bytes: 2n * MIB })];
}

describe('Docker as a device', () => {
  it('keeps limits in KiB as other devices do, with usage in bytes and its parts', async () => {
    const rig = createRig();
    fill(rig);
    const { ask } = serve(rig);
    const set = await ask('PUT', '/quotas/users/:uid', {
      params: { uid: String(ALICE) },
      query: 'device=docker',
      body: { block_hard_limit: 10_240 },
    });
    expect(set.body).toMatchObject({
      uid: ALICE,
      block_hard_limit: 10_240,
      block_soft_limit: 10_240,
      block_current: 3 * 2 ** 20,
      docker_container_bytes: 3 * 2 ** 20,
    });
    // Another process on the same state.
    expect((await serve(rig).ask('GET', '/quotas')).body).toMatchObject([
      {
        name: 'docker',
        fstype: 'docker',
        mount_points: ['/var/lib/docker'],
        user_quota_format: 'docker',
        unattributed_usage: 5 * 2 ** 20,
        // 10 MiB sold and 5 of no one.
        usage: { total: 15 * 2 ** 20, used: 10 * 2 ** 20, free: 5 * 2 ** 20, percent: 66.6 },
        user_quotas: [
          { name: 'alice', block_hard_limit: 10_240 },
          { name: 'bob', block_hard_limit: 0, docker_volume_bytes: 2 * 2 ** 20 },
        ],
      },
    ]);
    await ask('PUT', '/quotas/users/:uid', {
      params: { uid: String(ALICE) },
      query: 'device=docker',
      body: { block_hard_limit: 0 },
    });
    expect([...(await rig.open().limits())]).toEqual([]);
  });

  it('says the same total in the list of devices and in its own, and leaves out whose size is unknown', async () => {
    const rig = createRig({ DOCKER_QUOTA_RESERVED_BYTES: 2 ** 30 });
    fill(rig);
    rig.engine.containersNow = rig.engine.containersNow.map((one) =>
      one.name === 'c1' ? { ...one, bytes: undefined } : one,
    );
    const { host, docker, ask } = serve(rig);
    expect(await host.list(signal)).toMatchObject([
      { space: { total: 2n ** 30n, used: (await docker.view(signal)).usage.used }, users: [{ name: 'bob' }] },
    ]);
    expect((await ask('GET', '/docker/usage/attribution-detail')).body).toMatchObject({
      users: [
        { host_user_name: 'alice', unknown_sizes: ['container c1'] },
        { host_user_name: 'bob', unknown_sizes: [] },
      ],
      other_bytes: expect.any(Number),
    });
  });

  it('lists its things with their owners, takes decisions at once, and forgets them', async () => {
    const rig = createRig();
    fill(rig);
    const { ask } = serve(rig);
    const MI = 2 ** 20;
    expect((await ask('GET', '/docker/containers')).body).toMatchObject({
      containers: [
        { container_id: id(1), name: 'c1', host_user_name: 'alice', attribution: 'label', needs_review: false },
        { name: 'c2', uid: null, attribution: null, status: 'running' },
        { name: 'c3', uid: null, needs_review: true, created_at: expect.stringMatching(/Z$/) },
      ],
      total_bytes: 5 * MI,
      attributed_bytes: 3 * MI,
      unattributed_bytes: 2 * MI,
    });
    expect((await ask('GET', '/docker/usage/review-queue')).body).toMatchObject([
      { name: 'c3', reason: 'label-names-no-user', label: 'gone' },
      {},
      {},
      {},
      {},
    ]);
    const decided = await ask('POST', '/docker/usage/attribute', {
      body: { kind: 'container', id: id(2).slice(0, 12), host_user_name: 'bob' },
    });
    expect(decided).toEqual({ status: 200, body: { status: 'ok', kind: 'container', id: id(2), uid: BOB } });
    expect((await ask('GET', '/docker/inspect', { query: 'kind=container&id=c2' })).body).toMatchObject({
      inspect: { host_user_name: 'bob', attribution: 'override', evidence: null },
    });
    for (const query of ['id=c2', 'kind=container']) {
      expect((await ask('GET', '/docker/inspect', { query })).status, query).toBe(400);
    }
    await ask('POST', '/docker/usage/attribute', { body: { kind: 'image', id: 'i901:1', uid: ALICE } });
    // Both images have layer 1; the first one brought it.
    expect((await ask('GET', '/docker/images')).body).toMatchObject({
      images: [{ tags: ['i901:1'], puller_host_user_name: 'alice' }, { puller_uid: null }],
      layers: [
        { layer_id: id(1), image_id: id(901), first_puller_host_user_name: 'alice' },
        { layer_id: id(2), first_puller_uid: ALICE },
        { layer_id: id(3), first_puller_uid: null },
      ],
      total_image_bytes: 4 * MI,
      total_layer_bytes: 3 * MI,
      attributed_layer_bytes: 2 * MI,
      layers_by_user: { [ALICE]: 2 * MI },
    });
    expect((await ask('GET', '/docker/inspect', { query: 'kind=image&id=i901:1' })).body).toMatchObject({
      inspect: { kind: 'image', layers: [{}, {}] },
    });
    expect((await ask('GET', '/docker/volumes')).body).toMatchObject({
      volumes: [{ volume_name: 'data', host_user_name: 'bob', attribution_source: 'label', ref_count: 0 }],
      attributed_bytes: 2 * MI,
    });
    await ask('DELETE', '/docker/usage/attribute', { query: `kind=container&id=${id(2)}` });
    expect((await ask('GET', '/docker/inspect', { query: 'id=c2&kind=container' })).body).toMatchObject({
      inspect: { uid: null },
    });
  });

  it('answers other managers about objects of one kind, in their words', async () => {
    const rig = createRig();
    fill(rig);
    rig.engine.eventsNow = [{ at: rig.now(), type: 'container', action: 'start', id: id(3), attributes: {} }];
    const { ask, docker } = serve(rig);
    await docker.sync(signal);
    const get = async (path: string, query: string) => (await ask('GET', `/docker/usage/${path}`, { query })).body;
    expect(await get('review-queue', 'entity_type=container&page_size=1')).toMatchObject({
      items: [{ entity_type: 'container', container_id: id(3), uid: null, unresolved_events: 0 }],
      total: 2,
      page: 1,
      page_size: 1,
    });
    expect(await get('review-queue', 'entity_type=container&page_size=1&page=2')).toMatchObject({
      items: [{ container_id: id(2), reason: 'unattributed' }],
    });
    // Two layers, one decision.
    expect(await get('review-queue', 'entity_type=image')).toMatchObject({
      items: [{ image_id: id(901), puller_uid: null }, { image_id: id(902) }],
      total: 2,
    });
    expect(await get('review-queue', 'entity_type=volume')).toMatchObject({ items: [], total: 0 });
    expect(await get('events', `entity_type=container&entity_id=${id(3)}`)).toMatchObject({
      events: [{ source: 'docker', payload: expect.stringContaining('start') }],
    });
    const body = { entity_type: 'container', container_id: id(3), host_user_name: 'bob', uid: BOB, cascade: false };
    expect((await ask('POST', '/docker/usage/attribute', { body })).body).toMatchObject({ status: 'ok' });
    expect(await get('attribution-detail', `entity_type=container&entity_id=${id(3)}`)).toMatchObject({
      auto: { name: 'c3', label: 'gone' },
      override: { host_user_name: 'bob', uid: BOB, resolved_by: 'api' },
    });
    expect(await get('attribution-detail', 'entity_type=volume&volume_name=data')).toMatchObject({ override: null });
    for (const query of ['entity_type=network', 'entity_type=container', 'entity_type=volume&entity_id=x']) {
      const { status } = await ask('GET', '/docker/usage/attribution-detail', { query });
      expect(status, query).toBe(query.endsWith('x') ? 404 : 400);
    }
    expect((await ask('GET', '/docker/usage/review-queue', { query: 'entity_type=image&page=0' })).status).toBe(400);
  });

  it.each([
    ['a kind that is none', { kind: 'network', id: 'x', uid: ALICE }, 400],
    ['nothing', {}, 400],
    ['no user', { kind: 'container', id: 'c2' }, 400],
    ['an unknown user', { kind: 'container', id: 'c2', host_user_name: 'mallory' }, 400],
    ['root', { kind: 'container', id: 'c2', uid: 0 }, 400],
    ['what is not there', { kind: 'container', id: 'c99', uid: ALICE }, 404],
    ['a path', { kind: 'image', id: '../../etc', uid: ALICE }, 404],
  ])('refuses a decision about %s', async (_, body, status) => {
    const rig = createRig();
    fill(rig);
    expect((await serve(rig).ask('POST', '/docker/usage/attribute', { body })).status).toBe(status);
    expect(await rig.store.list('docker/override/')).toEqual([]);
  });

  it('answers 502 while the engine is down, and 400 or nothing where it is off', async () => {
    const rig = createRig();
    rig.engine.isDown = true;
    const { ask } = serve(rig);
    for (const path of [
      'containers',
      'images',
      'volumes',
      'inspect',
      'usage/attribution-detail',
      'usage/review-queue',
    ]) {
      expect((await ask('GET', `/docker/${path}`, { query: 'kind=container&id=c1' })).status, path).toBe(502);
    }
    const off = serve(rig, rig.open(), false);
    expect(await off.ask('GET', '/docker/containers')).toMatchObject({
      status: 400,
      body: { msg: 'Docker quotas are not enabled' },
    });
    expect(await off.ask('GET', '/docker/usage/review-queue')).toMatchObject({ status: 200, body: [] });
    for (const path of ['attribution-detail', 'events', 'review-queue']) {
      for (const query of ['', 'entity_type=container']) {
        expect((await off.ask('GET', `/docker/usage/${path}`, { query })).status, path + query).toBe(200);
      }
    }
  });

  it('has events of its own, which the look at other devices does not repeat', async () => {
    const rig = createRig();
    fill(rig);
    await rig.setLimit(ALICE, 1n);
    const { host, docker } = serve(rig);
    expect(await look({ host, store: rig.store, endingSeconds: 60, now: () => rig.clock.now() }, signal)).toBe(0);
    await enforcePass(docker, signal);
    const [event] = await rig.events();
    if (event === undefined) throw new Error('there is no event');
    const { subject, text } = writeLetter(event, 'storage1');
    expect(subject).toBe('Docker quota exceeded: docker on storage1');
    expect(text).toContain('Hard limit  1 MiB');
  });

  it('says that limits need a state that lasts', async () => {
    const rig = createRig();
    const driver = createDockerDriver(rig.open());
    const [device] = await driver.devices(signal);
    if (device === undefined) throw new Error('there is no device');
    expect(await driver.look(device, 'user', signal)).toMatchObject({
      state: 'until-remount',
      hint: expect.stringContaining('state'),
    });
    const durable = createDockerDriver(rig.open({ store: { ...rig.store, isDurable: true } }));
    expect(await durable.look(device, 'user', signal)).toMatchObject({
      state: 'on',
      detail: expect.stringContaining('monitor'),
    });
  });

  it('is looked at once a minute, however often it is asked for', async () => {
    const rig = createRig();
    let listed = 0;
    const docker = rig.open({
      engine: {
        ...rig.engine,
        containers: async () => {
          listed++;
          return [];
        },
      },
    });
    await Promise.all([docker.view(signal), docker.view(signal), docker.view(signal)]);
    expect(listed).toBe(1);
    await rig.clock.advance(60_001);
    await docker.view(signal);
    expect(listed).toBe(2);
  });
});

describe('settings', () => {
  it('of Docker that cannot be are told', () => {
    const found = problems(
      withDefaults({ device: 'docker', subject: 'project', base_dir: '/x', USE_DOCKER_QUOTA: false }),
      COMMON,
    );
    expect(found.map(({ setting }) => setting)).toEqual(['subject', 'USE_DOCKER_QUOTA']);
    expect(problems(withDefaults({ device: 'docker' }), COMMON)).toEqual([]);
  });
});
