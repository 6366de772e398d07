import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { Frame } from '../../../../src/sandbox/broker/frame.ts';
import { type Login, openRaw, type RawClient } from '../raw-client.ts';
import type { Target } from '../target.ts';

/** A broker for one file of rules, and a user with a vhost and the queue `q` of its own for every test. */
export interface World {
  readonly target: () => Target;
  readonly login: () => Login;
  readonly open: () => Promise<RawClient>;
  readonly connected: (headers?: Record<string, string>) => Promise<RawClient>;
  /** To `q`, with the id `sub` unless the headers say otherwise. */
  readonly subscribed: (headers?: Record<string, string>) => Promise<RawClient>;
  /** To `q`. */
  readonly publish: (...bodies: string[]) => Promise<void>;
}

export const DIED = { code: 1000, reason: 'STOMP died', unread: [] };

export function createWorld(start: () => Promise<Target>): World {
  let target: Target;
  let login: Login;
  const clients: RawClient[] = [];

  beforeAll(async () => {
    target = await start();
  });
  afterAll(() => target.stop());
  beforeEach(async () => {
    const id = randomUUID().replaceAll('-', '');
    login = { vhost: id, login: `login-${id}`, password: `password-${id}` };
    await target.broker.putVhost(login.vhost);
    await target.broker.putUser(login.login, login.password);
    await target.broker.putPermission(login.vhost, login.login);
    await target.broker.putQueue(login.vhost, 'q');
  });

  afterEach(async () => {
    for (const client of clients) client.ws.terminate();
    await Promise.all(clients.splice(0).map((client) => client.closed));
  });

  const open = async (): Promise<RawClient> => {
    const client = await openRaw(target.url);
    clients.push(client);
    return client;
  };
  const connected = async (headers: Record<string, string> = {}): Promise<RawClient> => {
    const client = await open();
    await client.connect(login, headers);
    return client;
  };
  return {
    target: () => target,
    login: () => login,
    open,
    connected,
    subscribed: async (headers = {}) => {
      const client = await connected();
      await subscribe(client, headers);
      return client;
    },
    publish: async (...bodies) => {
      for (const body of bodies) await target.broker.publish({ vhost: login.vhost, queue: 'q', body });
    },
  };
}

export async function subscribe(client: RawClient, headers: Record<string, string>): Promise<void> {
  client.send('SUBSCRIBE', { id: 'sub', destination: '/amq/queue/q', receipt: 'subscribed', ...headers });
  expect(short(await client.next())).toBe('RECEIPT subscribed');
}

/** `MESSAGE body again`, `RECEIPT id`. */
export function short(frame: Frame): string {
  const again = frame.headers.get('redelivered') === 'true' ? 'again' : '';
  return [frame.command, frame.headers.get('receipt-id'), frame.body.toString(), again].filter(Boolean).join(' ');
}
