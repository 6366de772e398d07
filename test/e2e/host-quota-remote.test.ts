import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMockHost } from '../../plugins/host-quota/mock/mock-host.ts';
import { createGuard } from '../../plugins/host-quota/remote/auth.ts';
import { listen } from '../../plugins/host-quota/remote/listen.ts';
import { createHostRoutes } from '../../plugins/host-quota/remote/routes.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { HASTY, reach, ready, settled, soon, withSite } from './helpers.ts';

const KEY = 'the key of both hosts';
const ADMIN = 'the key of an administrator';

interface Host {
  readonly url: string;
  limit(uid: number): Promise<unknown>;
  set(uid: number, body: object): Promise<void>;
  down(): Promise<void>;
  up(): Promise<void>;
}

/** A storage host without a token of Waldur: made-up data, and the same remote API as a real one. */
async function startHost(id: 'host1' | 'host4'): Promise<Host> {
  const routes = createHostRoutes(createMockHost(id, systemClock, silentLog()).host, createGuard(KEY, systemClock));
  const stopped = new AbortController();
  const open = (port: number) => listen(routes, { listen: `127.0.0.1:${port}` }, stopped.signal);
  let listener = await open(0);
  const { port } = listener;
  const url = `http://127.0.0.1:${port}`;
  const ask = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const authorization = `Basic ${Buffer.from(`api:${KEY}`).toString('base64')}`;
    return (await fetch(`${url}/remote-api/${path}`, { ...init, headers: { authorization } })).json();
  };
  return {
    url,
    limit: async (uid) => {
      const devices = (await ask(`quotas/users/${uid}`)) as { name: string; user_quotas: Record<string, unknown>[] }[];
      return devices.find(({ name }) => name === '/dev/sda1')?.user_quotas[0]?.['block_hard_limit'];
    },
    set: async (uid, body) => {
      await ask(`quotas/users/${uid}?device=/dev/sda1`, { method: 'PUT', body: JSON.stringify(body) });
    },
    down: () => listener.close(),
    up: async () => {
      listener = await open(port);
    },
  };
}

test('one agent with a token manages hosts that have none, and one that is down stops only its own orders', async () => {
  const registry = mkdtempSync(join(tmpdir(), 'registry-'));
  const [first, second] = [await startHost('host1'), await startHost('host4')];
  const settings = `device: /dev/sda1
host_id: central
MOCK_QUOTA: true
create_users: false
registry: ${registry}
api_keys: [{ name: charlie, role: admin, key: ${ADMIN} }]
remote:
  - { id: host1, url: '${first.url}', api_key: ${KEY} }
  - { id: host4, url: '${second.url}', api_key: ${KEY} }
`;
  const agent = `${HASTY.agent}upkeep_interval: 1s\n`;
  await withSite({ ...HASTY, agent, offering: 'options', backend: 'host-quota', settings }, async (site) => {
    await ready(site);
    const order = (host: string, username: string) =>
      site.sandbox.placeOrder({ offering: site.offering, attributes: { storage_limit: 20, host, username } });
    const api = async (path: string, body?: object): Promise<unknown> => {
      const headers = { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' };
      const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      const answer = await fetch(`http://127.0.0.1:${site.port()}/api${path}`, { ...init, headers });
      expect(answer.status).toBe(200);
      return answer.json();
    };

    // Without a mapping the consumer could limit someone else.
    const refused = await reach(site, order('host1', 'diana'), 'erred');
    expect(refused.errorMessage).toContain('Nothing proves that diana on host1 is the person who ordered');
    expect(await first.limit(1003)).toBe(0);

    const mappings = ['host1', 'host4'].map((host_id) => ({
      oauth_user_name: 'consumer',
      host_id,
      host_user_name: host_id === 'host1' ? 'diana' : 'charlie',
    }));
    await api('/admin/mappings/batch', { mappings });
    const { resource } = await reach(site, order('host1', 'diana'), 'done');
    expect(resource.backendId).toBe('host1/user/1003@/dev/sda1');
    expect(await first.limit(1003)).toBe(20_480);
    expect(resource.backendMetadata).toMatchObject({ host: 'host1', username: 'diana' });

    const options = { storage_limit: 40 };
    const update = { type: 'Update', kind: 'options', resource: resource.uuid, options } as const;
    await reach(site, site.sandbox.placeOrder(update), 'done');
    expect(await first.limit(1003)).toBe(40_960);
    await first.set(1003, { block_hard_limit: 5, block_soft_limit: 0 });
    await soon(async () => expect(await first.limit(1003)).toBe(40_960));

    // A host that is down is unknown, never absent, and the other one works.
    await first.down();
    const waiting = site.sandbox.placeOrder({ ...update, options: { storage_limit: 60 } });
    const answer = (await api('/quotas')) as Record<string, object>;
    expect(answer).toMatchObject({
      host1: { error: { msg: expect.any(String) } },
      host4: { results: expect.any(Array) },
    });
    const { resource: other } = await reach(site, order('host4', 'charlie'), 'done');
    expect(other.backendId).toBe('host4/user/1002@/dev/sda1');
    expect(['done', 'erred']).not.toContain(waiting.state);
    expect(await second.limit(1002)).toBe(20_480);
    await first.up();
    await reach(site, waiting, 'done');
    expect(await first.limit(1003)).toBe(61_440);

    await reach(site, site.sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid }), 'done');
    expect(await first.limit(1003)).toBe(0);
    await settled(site);
  });
  await first.down();
  await second.down();
  rmSync(registry, { recursive: true });
});
