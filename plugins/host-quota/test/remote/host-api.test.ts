import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.ts';
import { silentLog } from '../../../../test/fakes/log.ts';
import { createMockHost } from '../../mock/mock-host.ts';
import { createGuard } from '../../remote/auth.ts';
import { listen } from '../../remote/listen.ts';
import { createHostRoutes } from '../../remote/routes.ts';
import { mustBeDescribed } from './described.ts';
import { ask, clientOf, KEY, type RunningHost, signal, startHost } from './rig.ts';

let host: RunningHost;
const open = async (...args: Parameters<typeof startHost>): Promise<string> => {
  host = await startHost(...args);
  return `${host.url}/remote-api`;
};
afterEach(() => host?.close());

describe('a key', () => {
  it('is needed, compared and limited', async () => {
    const url = await open('host1');
    expect(await ask(`${url}/ping`)).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await ask(`${url}/ping`, { key: null })).toEqual({ status: 401, body: { msg: 'authorization required' } });
    for (let tries = 0; tries < 10; tries++) {
      expect(await ask(`${url}/ping`, { key: `wrong ${tries}` })).toEqual({
        status: 403,
        body: { msg: 'access forbidden' },
      });
    }
    expect((await ask(`${url}/ping`, { key: 'wrong again' })).status).toBe(429);
    // Who guesses from there must not find out by guessing right.
    expect((await ask(`${url}/ping`)).status).toBe(429);
  });

  it('that is not configured is a failure of the host', async () => {
    const routes = createHostRoutes(
      createMockHost('host1', systemClock, silentLog()).host,
      createGuard(undefined, systemClock),
    );
    const listener = await listen(routes, { listen: '127.0.0.1:0' }, signal);
    const answer = await ask(`http://127.0.0.1:${listener.port}/remote-api/ping`);
    await listener.close();
    expect(answer).toEqual({ status: 500, body: { msg: 'api key not specified in app config' } });
  });

  it('that is wrong is for the operator of the client', async () => {
    await open('host1');
    const client = clientOf('host1', host.url, 'not the key');
    await expect(client.ping(signal)).rejects.toMatchObject({ disposition: 'operator', code: 'HOST_QUOTA_HOST_KEY' });
  });
});

describe('the remote API', () => {
  it('lists eligible users by name, and resolves others too', async () => {
    const url = await open('host1');
    expect((await ask(`${url}/users`)).body).toEqual(['alice', 'bob', 'charlie', 'diana', 'eve']);
    expect(await ask(`${url}/users/resolve?username=%20alice%20`)).toEqual({
      status: 200,
      body: { uid: 1000, name: 'alice' },
    });
    expect(await ask(`${url}/users/resolve?username=nobody`)).toEqual({
      status: 404,
      body: { msg: 'user not found: nobody' },
    });
    expect((await ask(`${url}/users/resolve`)).status).toBe(400);
  });

  it('has limits in KiB, usage in bytes and times in epoch seconds', async () => {
    const url = await open('host1');
    const devices = (await ask(`${url}/quotas`)).body as { name: string; user_quotas: Record<string, number>[] }[];
    // Made-up hosts keep their own order.
    expect(devices.map(({ name }) => name.slice('/dev/'.length))).toEqual([
      'sda1',
      'sdb1',
      'nvme0n1p1',
      'sdc1',
      'sdd1',
      'sde1',
    ]);
    const alice = devices.find(({ name }) => name === '/dev/sda1')?.user_quotas[0];
    expect(alice).toMatchObject({
      uid: 1000,
      name: 'alice',
      block_hard_limit: 500_000,
      block_soft_limit: 400_000,
      block_current: 450_000 * 1024,
      inode_current: 85_000,
      inode_soft_limit: 80_000,
    });
    expect((alice?.['block_time_limit'] ?? 0) - Date.now() / 1000).toBeGreaterThan(4.9 * 86_400);
    expect(devices[0]).not.toHaveProperty('group_quotas');
  });

  it('has inode fields of ZFS as 0, and its format', async () => {
    const url = await open('host3');
    const devices = (await ask(`${url}/quotas`)).body as Record<string, unknown>[];
    expect(devices.map(({ name, user_quota_format: format }) => [name, format])).toEqual([
      ['tank/home', 'zfs'],
      ['tank/scratch', 'zfs'],
    ]);
    expect(devices[0]?.['user_quotas']).toMatchObject([{ inode_hard_limit: 0, inode_current: 0 }, {}]);
  });

  it('has Docker among its devices: soft is hard, parts of the usage, and the percentage is of its total', async () => {
    const url = await open('host4');
    const GIB = 1024 ** 3;
    const devices = (await ask(`${url}/quotas`)).body as { name: string }[];
    expect(devices.map(({ name }) => name)).toEqual(['/dev/sda1', 'docker']);
    const row = (name: string, limit: number, used: number) => ({
      name,
      block_hard_limit: limit * 1024 ** 2,
      block_soft_limit: limit * 1024 ** 2,
      block_current: used * GIB,
      inode_hard_limit: 0,
    });
    expect(devices[1]).toMatchObject({
      user_quota_format: 'docker',
      usage: { total: 32 * GIB, used: 20 * GIB, free: 10 * GIB, percent: 62.5 },
      unattributed_usage: 2 * GIB,
      user_quotas: [row('alice', 10, 5), row('bob', 15, 9), row('charlie', 5, 6)],
    });
    expect((await ask(`${url}/docker/usage/review-queue`)).body).toMatchObject([
      { name: 'experiment', conflict: 'label-names-no-user' },
      { name: 'cache', kind: 'volume', reason: 'unattributed' },
    ]);
    // What an administrator decides counts at once.
    const body = { kind: 'volume', id: 'cache', host_user_name: 'alice' };
    expect((await ask(`${url}/docker/usage/attribute`, { method: 'POST', body })).status).toBe(200);
    expect((await ask(`${url}/quotas/users/by-name/alice`)).body).toMatchObject([
      {},
      {
        name: 'docker',
        unattributed_usage: GIB,
        user_quotas: [{ block_current: 6 * GIB, docker_volume_bytes: 2 * GIB }],
      },
    ]);
    await ask(`${url}/quotas/users/1000?device=docker`, { method: 'PUT', body: { block_hard_limit: 5 * 1024 ** 2 } });
    expect(((await ask(`${url}/quotas`)).body as unknown[])[1]).toMatchObject({ usage: { total: 26 * GIB } });
  });

  it('lists only the devices a user has something on, each with one row', async () => {
    const url = await open('host1');
    const devices = (await ask(`${url}/quotas/users/1003`)).body as { name: string; user_quotas: unknown[] }[];
    expect(devices.map(({ name, user_quotas: rows }) => [name, rows.length])).toEqual([
      ['/dev/sda1', 1],
      ['/dev/sde1', 1],
    ]);
    expect((await ask(`${url}/quotas/users/by-name/diana`)).body).toEqual(devices);
    expect(await ask(`${url}/quotas/users/4000`)).toEqual({ status: 200, body: [] });
    expect((await ask(`${url}/quotas/users/by-name/nobody`)).status).toBe(404);
  });

  it('sets what a body names, keeps what is null or missing, and answers what it read back', async () => {
    const url = await open('host1');
    const body = { block_hard_limit: 600_000, block_soft_limit: null };
    const answer = await ask(`${url}/quotas/users/1000?device=/dev/sda1`, { method: 'PUT', body });
    expect(answer).toMatchObject({
      status: 200,
      body: { uid: 1000, block_hard_limit: 600_000, block_soft_limit: 400_000, inode_hard_limit: 100_000 },
    });
  });

  it.each([
    ['a text', { block_hard_limit: '2000' }],
    ['a fraction', { block_hard_limit: 1.5 }],
    ['a truth', { block_hard_limit: true }],
    ['a negative number', { inode_hard_limit: -1 }],
    ['soft above hard', { block_hard_limit: 10, block_soft_limit: 20 }],
    ['no object', [1]],
  ])('refuses %s and changes nothing', async (_, body) => {
    const url = await open('host1');
    const before = (await ask(`${url}/quotas/users/1000`)).body;
    expect((await ask(`${url}/quotas/users/1000?device=/dev/sda1`, { method: 'PUT', body })).status).toBe(400);
    expect((await ask(`${url}/quotas/users/1000`)).body).toEqual(before);
  });

  it('refuses what is no device', async () => {
    const url = await open('host1');
    for (const device of ['', '?device=', '?device=/dev/nope', '?device=../x', '?device=tank/home;rm', '?device=-a']) {
      const answer = await ask(`${url}/quotas/users/1000${device}`, { method: 'PUT', body: { block_hard_limit: 1 } });
      expect(answer.status, device).toBe(400);
    }
  });

  it('has defaults: null before the first, and what is missing then is 0', async () => {
    const url = `${await open('host1')}/quotas/defaults?device=/dev/sda1`;
    expect(await ask(url)).toEqual({ status: 200, body: null });
    await ask(url, { method: 'PUT', body: { block_hard_limit: 2000, block_soft_limit: 1000, inode_hard_limit: 5 } });
    await ask(url, { method: 'PUT', body: { block_hard_limit: 3000, inode_hard_limit: null } });
    expect((await ask(url)).body).toEqual({
      device_name: '/dev/sda1',
      block_hard_limit: 3000,
      block_soft_limit: 0,
      inode_hard_limit: 0,
      inode_soft_limit: 0,
    });
    expect((await ask(url, { method: 'PUT', body: { block_hard_limit: '12' } })).status).toBe(400);
  });

  it('sets many at once, and leaves alone whom the rules protect', async () => {
    const url = await open('host1');
    const device = '/dev/sda1';
    const limits = { block_hard_limit: 420_000, block_soft_limit: 420_000 };
    const nonzero = { device, ...limits, preserve_if_nonzero: true };
    expect((await ask(`${url}/quotas/batch`, { method: 'POST', body: nonzero })).body).toEqual({
      total_users: 5,
      updated_users: 1,
      skipped_users: 4,
      errors: [],
    });
    const exceeds = { device, ...limits, preserve_if_usage_exceeds: true };
    // Alice and charlie use more than that.
    expect((await ask(`${url}/quotas/batch`, { method: 'POST', body: exceeds })).body).toMatchObject({
      updated_users: 3,
      skipped_users: 2,
    });
    const unknown = await ask(`${url}/quotas/batch`, { method: 'POST', body: { device: '/dev/nope' } });
    expect(unknown).toMatchObject({
      status: 200,
      body: { updated_users: 0, errors: expect.arrayContaining([expect.stringMatching(/^uid=1000: /)]) },
    });
    expect(await ask(`${url}/quotas/batch`, { method: 'POST', body: { device, block_hard_limit: 'x' } })).toMatchObject(
      {
        status: 400,
        body: { msg: expect.stringMatching(/^Invalid request: /) },
      },
    );
  });

  it('answers JSON for what is not there', async () => {
    const url = await open('host1');
    expect(await ask(`${url}/nothing`)).toMatchObject({ status: 404, body: { msg: 'not found' } });
    expect(await ask(`${url}/ping`, { method: 'DELETE' })).toMatchObject({ status: 405 });
  });
});

describe('the description', () => {
  it('is served, and tells an answer that is another one', async () => {
    const url = await open('host1');
    expect((await ask(`${url}/openapi.json`, { key: null })).body).toMatchObject({ openapi: '3.1.0' });
    expect(() => mustBeDescribed('GET', '/remote-api/ping', 200, { status: 'ok', more: 1 })).toThrow('additional');
    expect(() => mustBeDescribed('GET', '/remote-api/quotas', 200, [{ name: 'x' }])).toThrow('mount_points');
    expect(() => mustBeDescribed('GET', '/remote-api/nothing', 200, {})).toThrow('not described');
  });
});

describe('a listener', () => {
  it('can be a socket that only its owner opens, and takes the place of one that was left behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'socket-'));
    const path = join(folder, 's');
    const routes = createHostRoutes(
      createMockHost('host1', systemClock, silentLog()).host,
      createGuard(KEY, systemClock),
    );
    for (let life = 0; life < 2; life++) {
      const listener = await listen(routes, { listen: `unix:${path}` }, signal);
      const status = await new Promise((resolve, reject) => {
        request({ socketPath: path, path: '/remote-api/ping', auth: `api:${KEY}` }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        })
          .on('error', reject)
          .end();
      });
      expect(status).toBe(200);
      await listener.close();
    }
    await rm(folder, { recursive: true });
  });

  it('speaks TLS with the certificate it is given, which clients check', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tls-'));
    const [tls_cert, tls_key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const files = ['-nodes', '-keyout', tls_key, '-out', tls_cert, '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...curve, ...subject, ...files], { stdio: 'ignore' });
    const routes = createHostRoutes(
      createMockHost('host1', systemClock, silentLog()).host,
      createGuard(KEY, systemClock),
    );
    const listener = await listen(routes, { listen: '127.0.0.1:0', tls_cert, tls_key }, signal);
    const url = `https://127.0.0.1:${listener.port}`;
    const client = (more: object) => clientOf('host1', url, KEY, more);
    const [trusting, careless, strict] = [client({ ca_file: tls_cert }), client({ verify_ssl: false }), client({})];
    expect(await trusting.users(signal)).toContain('alice');
    expect(await careless.users(signal)).toContain('alice');
    await expect(strict.ping(signal)).rejects.toThrow(/certificate/i);
    await expect(fetch(`http://127.0.0.1:${listener.port}/remote-api/ping`)).rejects.toThrow();
    for (const one of [trusting, careless, strict]) one.close();
    await listener.close();
    await rm(folder, { recursive: true });
  });

  it('on an address that is taken says so', async () => {
    await open('host1');
    await expect(listen([], { listen: `127.0.0.1:${host.port}` }, signal)).rejects.toMatchObject({
      code: 'HOST_QUOTA_LISTEN',
      disposition: 'operator',
    });
  });
});
