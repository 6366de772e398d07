import type { Log } from '../../../src/lib/log.ts';
import type { Emulated, EmulateOptions } from '../../../src/plugin/contract.ts';
import { HOSTS, MOCK_KEYS, startMockSite } from './mock-site.ts';

/** Of the central side; the hosts have the ports after it. */
const PORT = 8436;

/** The made-up hosts as `agent sandbox --quota` starts them, and an agent that manages them from a made-up host of its own. */
export async function emulate({ clock, atUsualPorts }: EmulateOptions): Promise<Emulated> {
  const stopping = new AbortController();
  const site = await startMockSite(atUsualPorts ? PORT : 0, clock, QUIET, stopping.signal);
  const urlOf = (name: string): string => `http://127.0.0.1:${site.ports[name]}`;
  const central = urlOf('central');
  return {
    settings: {
      device: '/dev/sda1',
      host_id: 'central',
      MOCK_QUOTA: true,
      create_users: false,
      approval: 'manual',
      remote: HOSTS.map((id) => ({ id, url: urlOf(id), api_key: MOCK_KEYS.host })),
    },
    order: { attributes: { host: 'host1', username: 'diana' }, limits: {} },
    notes: [
      `central side: ${central}/api with the key ${MOCK_KEYS.admin} (charlie, administrator) or ${MOCK_KEYS.user} (alice)`,
      ...HOSTS.map((id) => `${id}: ${urlOf(id)}/remote-api with the user api and the key ${MOCK_KEYS.host}`),
      `curl -s -H 'Authorization: Bearer ${MOCK_KEYS.admin}' ${central}/api/quotas`,
      `curl -s -u api:${MOCK_KEYS.host} ${urlOf('host1')}/remote-api/quotas`,
      'An order for an existing user waits for: agent quota approve USER -c FILE',
    ],
    close: async () => {
      stopping.abort();
      await site.close();
    },
  };
}

const nothing = (): void => undefined;
const QUIET: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => QUIET };
