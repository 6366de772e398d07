import type { Clock } from '../../../src/lib/clock.ts';
import { createHttp } from '../../../src/lib/http.ts';
import type { Log } from '../../../src/lib/log.ts';
import { createReleasers } from '../../../src/lib/releasers.ts';
import { createMemoryDocuments } from '../../../src/plugin/memory-documents.ts';
import { withPeople } from '../central/keys.ts';
import { decideMapping } from '../central/mappings.ts';
import { createReceiver } from '../central/receive.ts';
import { createCentralRoutes } from '../central/routes.ts';
import { createGuard } from '../remote/auth.ts';
import { createRemoteClient } from '../remote/client.ts';
import { listen } from '../remote/listen.ts';
import { createHostRoutes } from '../remote/routes.ts';
import { createMockHost } from './mock-host.ts';

export interface MockSite {
  /** Ports by name: `central` and the hosts. */
  readonly ports: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Keys of a site in which nothing is real. */
export const MOCK_KEYS = {
  host: 'mock-api-key',
  admin: 'mock-admin-key',
  user: 'mock-user-key',
  events: 'mock-event-key',
} as const;

export const HOSTS = ['host1', 'host2', 'host3', 'host4'] as const;

/** Four made-up hosts and a central side over them, on loopback: the first port is the central one, the others follow. */
export async function startMockSite(firstPort: number, clock: Clock, log: Log, signal: AbortSignal): Promise<MockSite> {
  const releasers = createReleasers();
  const ports: Record<string, number> = {};
  const at = (offset: number): { listen: string } => ({
    listen: `127.0.0.1:${firstPort === 0 ? 0 : firstPort + offset}`,
  });
  try {
    const hosts = [];
    for (const [index, id] of HOSTS.entries()) {
      const { host, docker } = createMockHost(id, clock, log);
      const routes = createHostRoutes(host, createGuard(MOCK_KEYS.host, clock), docker);
      const listener = await listen(routes, at(index + 1), signal);
      releasers.add(listener.close);
      ports[id] = listener.port;
      const remote = { id, url: `http://127.0.0.1:${listener.port}`, api_key: MOCK_KEYS.host };
      const client = createRemoteClient({ http: (options) => createHttp(options, { clock }) }, remote);
      releasers.add(client.close);
      hosts.push({ id, client });
    }
    const store = createMemoryDocuments(clock);
    const by = { name: 'charlie', now: clock.now() };
    for (const { id: hostId } of hosts) {
      await decideMapping(store, { person: 'alice', hostId, user: 'alice' }, 'approved', by);
    }
    const receive = createReceiver({ store, clock, log, knows: (id) => id in ports, isHere: () => false });
    const events = createGuard(MOCK_KEYS.events, clock);
    const routes = createCentralRoutes({
      hosts,
      store,
      clock,
      log,
      userClaim: undefined,
      events,
      receive,
    });
    const holders = [
      { name: 'charlie', role: 'admin', key: MOCK_KEYS.admin },
      { name: 'alice', role: 'user', key: MOCK_KEYS.user },
    ] as const;
    const central = await listen(withPeople(routes, holders, clock), at(0), signal);
    releasers.add(central.close);
    ports['central'] = central.port;
    return { ports, close: () => releasers.release() };
  } catch (error) {
    await releasers.release();
    throw error;
  }
}
