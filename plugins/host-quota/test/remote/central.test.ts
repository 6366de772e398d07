import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AgentError } from '../../../../src/lib/errors.ts';
import { manualClock } from '../../../../test/fakes/clock.ts';
import { openApi } from '../../openapi.ts';
import { central, clientOf, hostRoutes, type RunningHost, startHost } from './rig.ts';

const running: RunningHost[] = [];
afterEach(async () => {
  for (const host of running.splice(0)) await host.close();
});

async function hosts(...ids: readonly ('host1' | 'host2' | 'host3' | 'host4')[]) {
  for (const id of ids) running.push(await startHost(id));
  return running.map((host, index) => ({ id: ids[index] ?? '', client: host.client }));
}

/** Something else than a host: a login page, or a port that nothing listens on. */
async function odd(id: string, answer?: string) {
  const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(answer));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  if (answer === undefined) await close();
  return { id, client: clientOf(id, `http://127.0.0.1:${port}`), close };
}

/** As a host of another manager answers. */
function answerOfManager(sent: unknown[]): RunningHost['client']['pass'] {
  const items = {
    container: { container_id: 'c1', host_user_name: null },
    image: { image_id: 'i1', puller_host_user_name: 'bob', puller_uid: 1001 },
    volume: { volume_name: 'v1' },
  };
  return async ({ method, path, query = {}, body }) => {
    if (path === 'users/resolve') return { uid: 1000, name: 'alice' };
    const kind = String(query['entity_type']);
    if (method === 'POST') {
      sent.push(body);
      return { status: 'ok', kind: 'image', id: 'i1', uid: 1000 };
    }
    if (!Object.hasOwn(items, kind)) {
      throw new AgentError('entity_type must be container|image|volume', {
        code: 'X',
        disposition: 'terminal',
        status: 400,
      });
    }
    return { items: [items[kind as keyof typeof items]], total: 1, page: 1, page_size: 100 };
  };
}

describe('all hosts together', () => {
  it('are asked at once, and one that fails does not fail the others', async () => {
    const page = await odd('page', '<html>login</html>');
    const all = [...(await hosts('host1', 'host3')), page, await odd('dead')];
    const { body } = await central(all).call('GET', '/quotas');
    await page.close();
    expect(body).toMatchObject({
      host1: { results: expect.arrayContaining([expect.objectContaining({ name: '/dev/sda1' })]) },
      host3: { results: [{ name: 'tank/home' }, { name: 'tank/scratch' }] },
      page: { error: { msg: expect.any(String) } },
      dead: { error: { msg: expect.any(String) } },
    });
  });

  it.each(['/quotas', '/hosts/ping', '/admin/host-users'])('that are none are an empty object: %s', async (path) => {
    expect(await central([]).call('GET', path)).toEqual({ status: 200, body: {} });
  });

  it('one that keeps silent ends before the answer is due', async () => {
    const clock = manualClock();
    const silent = {
      id: 'silent',
      client: { ...(await odd('dead')).client, pass: () => new Promise<never>(() => undefined) },
    };
    const answer = central([...(await hosts('host3')), silent], undefined, { clock }).call('GET', '/quotas');
    const done = vi.waitFor(() => expect(clock.pending()).toBe(1));
    await done;
    await clock.advance(50_000);
    expect((await answer).body).toMatchObject({
      host3: { results: [{}, {}] },
      silent: { error: { msg: 'the host silent took longer than 50000 ms' } },
    });
  });

  it('are pinged', async () => {
    const all = [...(await hosts('host2')), await odd('dead')];
    expect((await central(all).call('GET', '/hosts/ping')).body).toMatchObject({
      host2: { status: 'ok', latency_ms: expect.any(Number) },
      dead: { status: 'error', error: expect.any(String) },
    });
  });

  it('are for operators', () => {
    const open = central([]).routes.filter(({ role }) => role !== 'operator');
    expect(open.map(({ path, role }) => [path, role])).toEqual([
      ['/api/health', 'public'],
      ['/api/me', 'user'],
      ['/api/me/quotas', 'user'],
      ['/api/me/mappings', 'user'],
      ['/api/me/mappings', 'user'],
      ['/api/me/mappings', 'user'],
      ['/api/internal/slave-events', 'own'],
    ]);
  });
});

it('every route has a description', () => {
  const described = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routes = [...central([]).routes, ...hostRoutes()].map(
    ({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`,
  );
  expect(routes.sort()).toEqual(described.sort());
});

describe('one host through the central side', () => {
  it('is set, batched and given defaults', async () => {
    const { call } = central(await hosts('host1'));
    const at = { params: { host: 'host1', uid: '1000' }, query: 'device=/dev/sda1' };
    const put = await call('PUT', '/quotas/:host/users/:uid', { ...at, body: { block_hard_limit: 700_000 } });
    expect(put).toMatchObject({ status: 200, body: { uid: 1000, block_hard_limit: 700_000 } });
    await call('PUT', '/quotas/:host/default-quota', { ...at, body: { block_hard_limit: 5 } });
    expect((await call('GET', '/quotas/:host/default-quota', at)).body).toMatchObject({ block_hard_limit: 5 });
    const body = { device: '/dev/sda1', block_hard_limit: 800_000 };
    expect((await call('POST', '/quotas/:host/batch', { ...at, body })).body).toMatchObject({ updated_users: 5 });
    expect((await call('GET', '/hosts/:host/users', at)).body).toContain('alice');
    expect((await call('GET', '/admin/host-users')).body).toMatchObject({
      host1: { results: ['alice', 'bob', 'charlie', 'diana', 'eve'] },
    });
    expect((await call('GET', '/quotas/:host', at)).body).toContainEqual(
      expect.objectContaining({ name: '/dev/sda1' }),
    );
    expect((await call('GET', '/quotas/:host/users/resolve', { ...at, query: 'username=bob' })).body).toEqual({
      uid: 1001,
      name: 'bob',
    });
  });

  it('has Docker of all hosts, of which one may answer something else, or of one as other managers ask', async () => {
    const strange = await odd('strange', JSON.stringify([{ name: '/dev/sda1' }]));
    const { call } = central([...(await hosts('host4', 'host1')), strange]);
    const path = '/admin/docker/usage/review-queue';
    expect((await call('GET', path)).body).toMatchObject({
      host4: { results: [{ name: 'experiment' }, { name: 'cache' }] },
      host1: { results: [] },
      strange: { error: { msg: expect.stringContaining('something else') } },
    });
    await strange.close();
    const query = 'host_id=host4&entity_type=volume&page_size=5';
    expect((await call('GET', path, { query })).body).toMatchObject({
      items: [{ entity_type: 'volume', volume_name: 'cache' }],
      total: 1,
      page_size: 5,
    });
    const at = { params: { host: 'host4' } };
    expect((await call('GET', '/quotas/:host/docker/containers', at)).body).toMatchObject({
      unattributed_bytes: 2 ** 30,
    });
    const one = { ...at, query: 'entity_type=volume&volume_name=cache' };
    expect((await call('GET', '/quotas/:host/docker/usage/attribution-detail', one)).body).toMatchObject({
      auto: { name: 'cache' },
      override: null,
    });
    const lost = { ...at, query: 'kind=container&id=nothing' };
    expect((await call('GET', '/quotas/:host/docker/inspect', lost)).status).toBe(404);
  });

  it('decides on hosts of other managers, too, which want to be asked by kind and told the uid', async () => {
    const sent: unknown[] = [];
    const client = { ...clientOf('other', 'http://127.0.0.1:9'), pass: answerOfManager(sent) };
    const { call } = central([{ id: 'other', client }]);
    expect((await call('GET', '/admin/docker/usage/review-queue')).body).toMatchObject({
      other: {
        results: [
          { kind: 'container', id: 'c1', host_user_name: null, reason: 'unresolved-events' },
          { kind: 'layer', id: 'i1', image: 'i1', host_user_name: 'bob' },
          { kind: 'volume', id: 'v1', name: 'v1' },
        ],
      },
    });
    const body = { kind: 'image', id: 'i1', host_user_name: 'alice' };
    await call('POST', '/admin/docker/usage/attribute', { query: 'host_id=other', body });
    expect(sent).toEqual([{ ...body, entity_type: 'image', image_id: 'i1', uid: 1000 }]);
  });

  it('passes on what it was refused, and is 502 when it does not answer', async () => {
    const { call } = central([...(await hosts('host1')), await odd('dead')]);
    const put = (host: string, device: string) =>
      call('PUT', '/quotas/:host/users/:uid', { params: { host, uid: '1000' }, query: `device=${device}`, body: {} });
    expect((await put('host1', '/dev/nope')).status).toBe(400);
    expect((await put('dead', '/dev/sda1')).status).toBe(502);
    expect(await put('none', '/dev/sda1')).toEqual({ status: 404, body: { msg: 'slave not found' } });
    expect(await call('GET', '/hosts/:host/users', { params: { host: 'none' } })).toMatchObject({
      status: 404,
      body: { msg: 'host not found' },
    });
  });
});

describe('events of hosts', () => {
  const body = { host_id: 'host1', events: [{ host_user_name: 'alice', event_type: 'disk_back_to_ok', detail: {} }] };

  it('need the key that is configured, alone or as a bearer', async () => {
    const path = '/internal/slave-events';
    expect((await central([]).call('POST', path, { body })).status).toBe(503);
    const { call, received } = central([], 'the secret of events');
    expect((await call('POST', path, { body })).status).toBe(401);
    expect((await call('POST', path, { body, headers: { 'x-api-key': 'wrong' } })).status).toBe(401);
    for (const headers of [
      { 'x-api-key': 'the secret of events' },
      { authorization: 'Bearer the secret of events' },
      { authorization: 'the secret of events' },
    ]) {
      expect(await call('POST', path, { body, headers })).toEqual({ status: 200, body: { msg: 'ok' } });
    }
    expect(received).toHaveLength(3);
    const bad = await call('POST', path, { body: { host_id: 'x' }, headers: { 'x-api-key': 'the secret of events' } });
    expect(bad).toEqual({ status: 400, body: { msg: 'host_id and events (array) required' } });
  });
});
