import type { Clock } from '../../../src/lib/clock.ts';
import { createHttp } from '../../../src/lib/http.ts';
import type { Log } from '../../../src/lib/log.ts';
import { createReleasers } from '../../../src/lib/releasers.ts';
import { createMemoryDocuments } from '../../../src/plugin/memory-documents.ts';
import { withKeys } from '../central/keys.ts';
import { addMapping } from '../central/mappings.ts';
import { createReceiver, listNotifications } from '../central/receive.ts';
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

const HOSTS = ['host1', 'host2', 'host3', 'host4'] as const;

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
      const routes = createHostRoutes(createMockHost(id, clock), createGuard(MOCK_KEYS.host, clock));
      const listener = await listen(routes, at(index + 1), signal);
      releasers.add(listener.close);
      ports[id] = listener.port;
      const remote = { id, url: `http://127.0.0.1:${listener.port}`, api_key: MOCK_KEYS.host };
      const client = createRemoteClient({ http: (options) => createHttp(options, { clock }) }, remote);
      releasers.add(client.close);
      hosts.push({ id, client });
    }
    const store = createMemoryDocuments(clock);
    for (const { id: hostId } of hosts) await addMapping(store, { person: 'alice', hostId, user: 'alice' });
    const receive = createReceiver({ store, clock, log, knows: (id) => id in ports });
    const events = createGuard(MOCK_KEYS.events, clock);
    const routes = createCentralRoutes({
      hosts,
      store,
      clock,
      events,
      receive,
      notifications: () => listNotifications(store),
    });
    const holders = [
      { guard: createGuard(MOCK_KEYS.admin, clock), name: 'charlie', isOperator: true },
      { guard: createGuard(MOCK_KEYS.user, clock), name: 'alice', isOperator: false },
    ];
    const central = await listen(withKeys(routes, holders), at(0), signal);
    releasers.add(central.close);
    ports['central'] = central.port;
    return { ports, close: () => releasers.release() };
  } catch (error) {
    await releasers.release();
    throw error;
  }
}
