import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.ts';
import { manualClock } from '../../../../test/fakes/clock.ts';
import { createEngine } from '../../docker/engine/engine.ts';
import { takeSnapshot } from '../../docker/engine/snapshot.ts';
import { id } from './objects.ts';
import { type SocketServer, startRecordedEngine } from './socket-server.ts';

const { signal } = new AbortController();
const C1 = id(1);
let server: SocketServer;
beforeEach(async () => {
  server = await startRecordedEngine();
});
afterEach(() => server.close());

describe('the client of the engine', () => {
  it('has everything in one snapshot, and asks for the layers of an image once', async () => {
    const engine = createEngine(systemClock, server.path);
    const cache = new Map();
    const snap = await takeSnapshot(engine, cache, signal);
    // The recording has the layers of one of the two images; the other is gone by then.
    expect(snap.images.map(({ refs, layers }) => [refs, layers.length])).toEqual([[['bb:2'], 2]]);
    expect([snap.containers.length, snap.volumes[0]?.bytes, snap.layerBytes]).toEqual([1, 2_097_152n, 5_128_019n]);
    await takeSnapshot(engine, cache, signal);
    expect(server.calls.filter((call) => call.includes('462d47') && call.endsWith('history'))).toHaveLength(1);
    expect(server.calls.filter((call) => call === 'GET /version')).toHaveLength(1);
    expect((await engine.events(1, 2, signal)).length).toBeGreaterThan(20);
    expect(server.calls.at(-1)).toBe('GET /v1.41/events?since=1&until=2');
  });

  it.each([
    ['1.40', '1.12', 'v1.40'],
    ['1.41', '1.12', 'v1.41'],
    ['1.52', '1.44', 'v1.44'],
    ['1.47', '1.24', 'v1.41'],
  ])('of an engine that speaks %s down to %s speaks %s', async (newest, oldest, spoken) => {
    server.answers.set('GET /version', { status: 200, body: { ApiVersion: newest, MinAPIVersion: oldest } });
    server.answers.set(`GET /${spoken}/volumes`, { status: 200, body: { Volumes: null } });
    expect(await createEngine(systemClock, server.path).volumes(signal)).toEqual([]);
  });

  it('refuses an engine that is too old', async () => {
    server.answers.set('GET /version', { status: 200, body: { ApiVersion: '1.39' } });
    await expect(createEngine(systemClock, server.path).info(signal)).rejects.toMatchObject({
      code: 'HOST_QUOTA_DOCKER_OLD',
      disposition: 'operator',
    });
  });

  it('takes a container that is gone or stopped for done, and one that runs not', async () => {
    const engine = createEngine(systemClock, server.path);
    const [stop, remove] = [`POST /v1.41/containers/${C1}/stop?t=60`, `DELETE /v1.41/containers/${C1}`];
    for (const status of [204, 304, 404]) {
      server.answers.set(stop, { status, body: '' });
      await engine.stop(C1, signal);
    }
    for (const status of [204, 404]) {
      server.answers.set(remove, { status, body: '' });
      await engine.remove(C1, signal);
    }
    server.answers.set(remove, { status: 409, body: { message: 'You cannot remove a running container' } });
    await expect(engine.remove(C1, signal)).rejects.toMatchObject({
      code: 'HOST_QUOTA_DOCKER_REFUSED',
      status: 409,
      message: expect.stringContaining('running'),
    });
    // Neither by force nor with its volumes.
    expect(server.calls.filter((call) => call.startsWith('DELETE')).every((call) => !call.includes('?'))).toBe(true);
  });

  it.each(['../info', '-rf', 'abc', `${C1}/../x`, `${C1}?force=1`])('never asks about a container %s', async (name) => {
    const engine = createEngine(systemClock, server.path);
    await expect(engine.remove(name, signal)).rejects.toMatchObject({ code: 'HOST_QUOTA_BAD_NAME' });
    await expect(engine.stop(name, signal)).rejects.toMatchObject({ code: 'HOST_QUOTA_BAD_NAME' });
    expect(server.calls.filter((call) => !call.startsWith('GET'))).toEqual([]);
  });

  it('says what is wrong when there is no engine, or an answer of another kind', async () => {
    await expect(createEngine(systemClock, `${server.path}.none`).info(signal)).rejects.toMatchObject({
      code: 'HOST_QUOTA_DOCKER_DOWN',
      disposition: 'transient',
    });
    const engine = createEngine(systemClock, server.path);
    server.answers.set('GET /v1.41/info', { status: 500, body: { message: 'broken' } });
    await expect(engine.info(signal)).rejects.toMatchObject({
      disposition: 'transient',
      message: expect.stringContaining('500 broken'),
    });
    server.answers.set('GET /v1.41/info', { status: 200, body: '<html>' });
    await expect(engine.info(signal)).rejects.toMatchObject({ code: 'HOST_QUOTA_UNPARSEABLE' });
  });

  it('waits no longer than its deadline, and stops when it should', async () => {
    const clock = manualClock();
    const engine = createEngine(clock, server.path);
    await engine.info(signal);
    server.answers.delete('GET /v1.41/info');
    const waiting = engine.info(signal);
    const refused = expect(waiting).rejects.toMatchObject({ code: 'DEADLINE', disposition: 'transient' });
    await clock.advance(30_000);
    await refused;
    const stopping = new AbortController();
    const stopped = expect(engine.info(stopping.signal)).rejects.toThrow('the agent stops');
    stopping.abort(new Error('the agent stops'));
    await stopped;
  });

  it('lists volumes without sizes when those take too long', async () => {
    const clock = manualClock();
    const engine = createEngine(clock, server.path);
    server.answers.delete('GET /v1.41/system/df');
    const taking = takeSnapshot(engine, new Map(), signal);
    await expect.poll(() => server.calls.at(-1)).toBe('GET /v1.41/system/df');
    await clock.advance(180_000);
    expect(await taking).toMatchObject({
      layerBytes: undefined,
      volumes: [{ name: 'v1' }],
      containers: [{ name: 'c2' }],
    });
  });
});
