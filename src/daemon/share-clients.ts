import type { WaldurConfig } from '../config/types.ts';
import type { Waldur } from '../waldur/client.ts';

export interface SharedClients {
  get(config: WaldurConfig): Waldur;
  closeUnused(used: readonly WaldurConfig[]): void;
  close(): void;
}

/** One client per server and credential, however many offerings there are. */
export function shareClients(create: (config: WaldurConfig) => Waldur): SharedClients {
  const clients = new Map<string, Waldur>();
  const closeExcept = (used: ReadonlySet<string>): void => {
    for (const [key, client] of clients) {
      if (used.has(key)) continue;
      client.close();
      clients.delete(key);
    }
  };
  return {
    get: (config) => {
      const key = JSON.stringify(config);
      const client = clients.get(key) ?? create(config);
      clients.set(key, client);
      return client;
    },
    closeUnused: (used) => closeExcept(new Set(used.map((config) => JSON.stringify(config)))),
    close: () => closeExcept(new Set()),
  };
}
