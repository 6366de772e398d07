import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryDocuments } from '../../../../src/plugin/memory-documents.ts';
import { type ManualClock, manualClock } from '../../../../test/fakes/clock.ts';
import { recordingLog } from '../../../../test/fakes/log.ts';
import { createDevices } from '../../devices/devices.ts';
import { eachDevice } from '../../devices/each-device.ts';
import type { Driver } from '../../devices/types.ts';
import { createDockerDriver } from '../../docker/driver.ts';
import { toolFailed } from '../../errors.ts';
import { applyDefaults, writeDefaults } from '../../host/defaults.ts';
import { createHostService } from '../../host/service.ts';
import { createMockDriver, createMockNames } from '../../mock/driver.ts';
import { mockHost } from '../../mock/hosts.ts';
import { createGuard } from '../../remote/auth.ts';
import { type Listener, listen } from '../../remote/listen.ts';
import { createRemoteSite } from '../../remote/remote-site.ts';
import { createHostRoutes } from '../../remote/routes.ts';
import { look } from '../../state/monitor.ts';
import { createRig, type Rig } from '../docker/rig.ts';
import { ask, clientOf, KEY, signal } from '../remote/rig.ts';

const DOWN = expect.stringContaining('the Docker engine at /run/docker.sock does not answer');

/** A host with file systems, and an engine that is down; `more` kinds of devices on request. */
function hostWith(more: readonly Driver[] = [], rig: Rig = createRig()) {
  rig.engine.isDown = true;
  const clock = manualClock();
  const made = mockHost('host2', Math.floor(clock.now().getTime() / 1000));
  const { log, said } = recordingLog();
  const drivers = [createMockDriver(made), createDockerDriver(rig.open()), ...more];
  const host = createHostService({
    id: 'h',
    devices: createDevices(drivers, signal),
    names: createMockNames(made),
    store: createMemoryDocuments(clock),
    clock,
    log,
    registry: undefined,
    range: { uid_min: 1000, uid_max: 9999 },
    hasGroups: true,
  });
  return { host, said, clock };
}

/** A kind of file system whose tool fails. */
function broken(): Driver {
  const fail = async (): Promise<never> => {
    throw toolFailed('zfs', 'The ZFS modules are not loaded.');
  };
  return { kind: 'zfs', devices: fail, space: fail, read: fail, write: fail, grace: fail, look: fail, switchOn: fail };
}

describe('one device that fails', () => {
  let listener: Listener | undefined;
  afterEach(async () => {
    await listener?.close();
    listener = undefined;
  });
  const serve = async (...args: Parameters<typeof hostWith>): Promise<string> => {
    const routes = createHostRoutes(hostWith(...args).host, createGuard(KEY, manualClock()));
    listener = await listen(routes, { listen: '127.0.0.1:0' }, signal);
    return `http://127.0.0.1:${listener.port}`;
  };

  it('leaves the list of the others as it is, and is there with the reason', async () => {
    const { host, said } = hostWith();
    expect(await host.list(signal)).toMatchObject([
      { device: { name: '/dev/vdb1' }, users: [{ name: 'alice' }, { name: 'bob' }] },
      { device: { name: 'tank/home' }, users: [{ name: 'alice' }, { name: 'bob' }] },
      { device: { name: 'docker' }, reason: DOWN },
    ]);
    expect(said).toMatchObject([{ text: 'warn the device could not be read', fields: { device: 'docker' } }]);
  });

  it('leaves what one user has on the others', async () => {
    const { host } = hostWith();
    expect((await host.ofUser(1000, signal)).map(({ device }) => device.name)).toEqual(['/dev/vdb1', 'tank/home']);
  });

  it('is told over the remote API, as the description says', async () => {
    const url = await serve();
    const { status, body } = await ask(`${url}/remote-api/quotas`);
    expect([status, body]).toMatchObject([
      200,
      [
        { name: '/dev/vdb1' },
        { name: 'tank/home' },
        { name: 'docker', fstype: 'docker', unavailable: DOWN, usage: { total: 0, used: 0, free: 0, percent: 0 } },
      ],
    ]);
    expect((body as unknown[])[2]).not.toHaveProperty('user_quotas');
  });

  it('is unknown to who manages the host from elsewhere, and never absent', async () => {
    const client = clientOf('h', await serve());
    const on = (device: string) => createRemoteSite({ id: 'h', client }, device);
    expect((await on('tank/home').rows('user', signal)).rows).toHaveLength(2);
    await expect(on('docker').rows('user', signal)).rejects.toMatchObject({
      code: 'HOST_QUOTA_UNAVAILABLE',
      disposition: 'transient',
    });
    client.close();
  });

  it('of a kind that cannot be listed may be any of them: what is not in the list is not absent either', async () => {
    const client = clientOf('h', await serve([broken()]));
    const site = createRemoteSite({ id: 'h', client }, 'pool/other');
    await expect(site.device(signal)).rejects.toMatchObject({ code: 'HOST_QUOTA_UNAVAILABLE' });
    client.close();
  });

  it('keeps others neither from their defaults nor from their events', async () => {
    const { host } = hostWith();
    const limits = { blockSoft: 0n, blockHard: 1000n, inodeSoft: 0n, inodeHard: 0n };
    for (const name of ['docker', '/dev/vdb1'])
      await writeDefaults(host, await host.devices.find(name, signal), limits);
    await host.set(1001, await host.devices.find('/dev/vdb1', signal), { blockHard: 0n, blockSoft: 0n }, signal);
    expect(await applyDefaults(host, signal)).toMatch(/^1 user got the default limits; docker: the Docker engine/);

    const { host: other, said } = hostWith([broken()]);
    const now = (): Date => other.clock.now();
    expect(await look({ host: other, store: other.store, endingSeconds: 86_400, now }, signal)).toBe(1);
    expect(said).toMatchObject([{ fields: { device: 'zfs' } }]);
  });
});

describe('a kind of device that cannot be listed', () => {
  it('is in the list under its name, and the others are as they are', async () => {
    const { host } = hostWith([broken()]);
    expect((await host.list(signal)).map(({ device }) => device.name)).toEqual([
      '/dev/vdb1',
      'tank/home',
      'zfs',
      'docker',
    ]);
    expect((await host.devices.find('/dev/vdb1', signal)).fstype).toBe('ext4');
    // It may be a device of that kind: an order for it waits.
    await expect(host.devices.find('pool/other', signal)).rejects.toMatchObject({ disposition: 'operator' });
  });

  it('is the failure of the host when there is no other', async () => {
    const devices = createDevices([broken(), broken()], signal);
    await expect(devices.list(signal)).rejects.toThrow('modules are not loaded');
  });
});

describe('a device that keeps silent', () => {
  it('has its deadline, and the others are done', async () => {
    const { host, clock } = hostWith();
    const silent = (ms: ManualClock) =>
      eachDevice({ devices: host.devices, clock: ms }, 1000, signal, async ({ name }) => {
        return name === 'docker' ? new Promise<string>(() => undefined) : name;
      });
    const waiting = silent(clock);
    await clock.advance(1000);
    expect(await waiting).toMatchObject({
      done: ['/dev/vdb1', 'tank/home'],
      lost: [{ name: 'docker', error: { code: 'DEADLINE' } }],
    });
    expect(clock.pending()).toBe(0);
  });
});
