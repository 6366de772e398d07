import { createQueue, type Queue } from './queue.ts';

/** Who may come in and what is there: the part of RabbitMQ's management API that Mastermind uses. */
export interface Realm {
  putVhost(vhost: string): void;
  /** Creates the user or changes its password; live sessions stay. */
  putUser(login: string, password: string): void;
  hasUser(login: string): boolean;
  /** Takes its permissions with it. */
  deleteUser(login: string): void;
  /** @throws RangeError when there is no such vhost. */
  putPermission(vhost: string, login: string): void;
  hasPermission(vhost: string, login: string): boolean;
  /** Live sessions stay and keep receiving. */
  deletePermission(vhost: string, login: string): void;
  /** Keeps what is in a queue that exists. @throws RangeError when there is no such vhost. */
  putQueue(vhost: string, queue: string): void;
  hasQueue(vhost: string, queue: string): boolean;
  /** Subscribers get an ERROR frame and stay connected. */
  deleteQueue(vhost: string, queue: string): void;
  purgeQueue(vhost: string, queue: string): void;
  depth(vhost: string, queue: string): { readonly ready: number; readonly unacked: number };
}

export interface RealmAccess {
  /** Body of the ERROR frame that refuses the login; undefined lets it in. */
  readonly refusal: (login: string, passcode: string, vhost: string) => string | undefined;
  readonly queue: (vhost: string, name: string) => Queue | undefined;
}

/** The arguments of every queue that Mastermind declares. */
const QUEUE_ARGUMENTS = { ttlMs: 3_600_000, maxLength: 10_000 };

interface Vhost {
  readonly logins: Set<string>;
  readonly queues: Map<string, Queue>;
}

/** `now` is in milliseconds since the epoch; messages age by it. */
export function createRealm(now: () => number): Realm & RealmAccess {
  const passwords = new Map<string, string>();
  const vhosts = new Map<string, Vhost>();

  const mustExist = (name: string): Vhost => {
    const vhost = vhosts.get(name);
    if (vhost === undefined) throw new RangeError(`the sandbox broker has no vhost ${name}`);
    return vhost;
  };
  const queue = (vhost: string, name: string): Queue | undefined => vhosts.get(vhost)?.queues.get(name);

  return {
    putVhost: (name) => {
      if (!vhosts.has(name)) vhosts.set(name, { logins: new Set(), queues: new Map() });
    },
    putUser: (login, password) => {
      passwords.set(login, password);
    },
    hasUser: (login) => passwords.has(login),
    deleteUser: (login) => {
      passwords.delete(login);
      for (const vhost of vhosts.values()) vhost.logins.delete(login);
    },
    putPermission: (vhost, login) => {
      mustExist(vhost).logins.add(login);
    },
    hasPermission: (vhost, login) => vhosts.get(vhost)?.logins.has(login) ?? false,
    deletePermission: (vhost, login) => {
      vhosts.get(vhost)?.logins.delete(login);
    },
    putQueue: (vhost, name) => {
      const { queues } = mustExist(vhost);
      if (!queues.has(name)) queues.set(name, createQueue({ now, ...QUEUE_ARGUMENTS }));
    },
    hasQueue: (vhost, name) => queue(vhost, name) !== undefined,
    deleteQueue: (vhost, name) => {
      const deleted = queue(vhost, name);
      vhosts.get(vhost)?.queues.delete(name);
      deleted?.remove();
    },
    purgeQueue: (vhost, name) => queue(vhost, name)?.purge(),
    depth: (vhost, name) => queue(vhost, name)?.depth() ?? { ready: 0, unacked: 0 },
    refusal: (login, passcode, vhost) => {
      if (passwords.get(login) !== passcode) return `Access refused for user '${login}'\n`;
      if (vhosts.get(vhost)?.logins.has(login) !== true) return `Virtual host '${vhost}' access denied`;
      return undefined;
    },
    queue,
  };
}
