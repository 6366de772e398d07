import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AdminOps } from '../../plugins/croit-s3/test/fake-rgw.ts';
import { encodeQuery, type KeyPair, sign } from '../../src/s3/sigv4.ts';
import { type Facade, remoteAdmin, startFacade } from './croit-facade.ts';

export const GATEWAY = {
  endpoint: env('RGW_ENDPOINT'),
  admin: { accessKey: env('RGW_ADMIN_ACCESS_KEY'), secretKey: env('RGW_ADMIN_SECRET_KEY') },
  /** Of a user without capabilities. */
  plain: { accessKey: env('RGW_PLAIN_ACCESS_KEY'), secretKey: env('RGW_PLAIN_SECRET_KEY') },
} as const;

export const TOKEN = 'lab-croit-token-0123456789';

/** The gateway of test/labs/ceph.sh, empty, behind something that can fail, and croit's API in front of it. */
export interface CephLab {
  /** Of the relay. */
  readonly endpoint: string;
  readonly facade: Facade;
  readonly admin: AdminOps;
  /** From now on both APIs answer 503 to everything about the account. */
  hide(account: string): void;
  /** A key pair that the plugin does not know about. */
  key(account: string): Promise<KeyPair>;
  revoke(account: string, keys: KeyPair): Promise<void>;
  close(): Promise<void>;
}

export async function openCephLab(): Promise<CephLab> {
  const admin = remoteAdmin(GATEWAY.endpoint, GATEWAY.admin);
  await wipe(admin);
  const relay = await startRelay(GATEWAY.endpoint);
  const facade = await startFacade({ admin, token: TOKEN });
  return {
    endpoint: relay.url,
    facade,
    admin,
    hide: (account) => {
      relay.refuse((url) => url.searchParams.get('uid') === account);
      facade.fault = ({ path, query }) =>
        path.includes(account) || query['uid[]'] === account ? { status: 503, body: '<h1>busy</h1>' } : undefined;
    },
    key: async (account) => {
      const keys = {
        accessKey: `LAB${crypto.randomUUID().slice(0, 17).toUpperCase()}`,
        secretKey: crypto.randomUUID(),
      };
      const query = { key: '', uid: account, 'access-key': keys.accessKey, 'secret-key': keys.secretKey };
      const { status } = await admin('PUT', 'user', query);
      if (status !== 200) throw new Error(`a key for ${account}: ${status}`);
      return keys;
    },
    revoke: async (account, { accessKey }) => {
      await admin('DELETE', 'user', { key: '', uid: account, 'access-key': accessKey });
    },
    close: async () => {
      await facade.close();
      await relay.close();
    },
  };
}

export interface S3Answer {
  readonly status: number;
  readonly text: string;
}

/** What a consumer's client sends. */
export async function s3(
  keys: KeyPair,
  method: string,
  target: string,
  query: Parameters<typeof encodeQuery>[0] = {},
  body = '',
): Promise<S3Answer> {
  const search = encodeQuery(query);
  const path = search === '' ? target : `${target}?${search}`;
  const { host } = new URL(GATEWAY.endpoint);
  const headers = sign({ method, host, path, body, keys, region: 'default', now: new Date() });
  const answer = await fetch(GATEWAY.endpoint + path, { method, headers, ...(body !== '' && { body }) });
  return { status: answer.status, text: await answer.text() };
}

/** Everybody but the two users the lab comes with. */
async function wipe(admin: AdminOps): Promise<void> {
  const { body } = await admin('GET', 'user', { list: '' });
  const { keys } = body as { readonly keys: readonly string[] };
  for (const uid of keys.filter((name) => name !== 'admin' && name !== 'plain')) {
    await admin('DELETE', 'user', { uid, 'purge-data': 'True' });
  }
}

interface Relay {
  readonly url: string;
  refuse(matches: (url: URL) => boolean): void;
  close(): Promise<void>;
}

/** Passes requests on as they are: signatures cover the host they were made for. */
async function startRelay(target: string): Promise<Relay> {
  let refused: (url: URL) => boolean = () => false;
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, response) => {
    if (refused(new URL(incoming.url ?? '', target))) return void response.writeHead(503).end('<h1>busy</h1>');
    const { method, url, headers } = incoming;
    const outgoing = forward({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuse: (matches) => {
      refused = matches;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function env(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run test/labs/ceph.sh`);
  return value;
}
