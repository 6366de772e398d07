import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import type { LoginConfig } from '../../src/config/types.ts';

export interface LoginServer {
  readonly issuer: string;
  /** How often each path was asked for. */
  readonly asked: Map<string, number>;
  /** Whether it answers at all. */
  isDown: boolean;
  close(): Promise<void>;
}

export const CLIENT = { id: 'storage-agent', secret: 'a client secret that nobody may see' } as const;

/** What an agent knows of a login server: its people have `groups`, and operators are in `storage-operators`. */
export function loginConfig(server: Pick<LoginConfig, 'issuer'> & Partial<LoginConfig>): LoginConfig {
  return {
    clientId: CLIENT.id,
    clientSecret: undefined,
    ca: undefined,
    proxy: undefined,
    scope: 'openid profile',
    userClaim: 'preferred_username',
    roleClaim: 'groups',
    admins: ['storage-operators'],
    sessionMs: 8 * 3_600_000,
    ...server,
  };
}

const PEOPLE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  alice: {
    sub: 'alice',
    preferred_username: 'alice',
    groups: ['people'],
    host_user: 'alice',
    email: 'alice@example.org',
    email_verified: true,
  },
  charlie: {
    sub: 'charlie',
    preferred_username: 'charlie',
    groups: ['people', 'storage-operators'],
    email: 'root@example.org',
    email_verified: false,
  },
  nameless: { sub: 'nameless', groups: ['storage-operators'] },
};

/** A certified login server, of which `redirectUri` is the only client's. */
export async function startLoginServer(redirectUri: string): Promise<LoginServer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [
      { client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirectUri], response_types: ['code'] },
    ],
    claims: {
      openid: ['sub'],
      profile: ['preferred_username', 'host_user'],
      groups: ['groups'],
      email: ['email', 'email_verified'],
    },
    scopes: ['openid', 'profile', 'groups', 'email'],
    cookies: { keys: ['a key of the test'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
    findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...PEOPLE[id] }) }),
  });
  const asked = new Map<string, number>();
  const state = { isDown: false };
  const answer = provider.callback();
  server.on('request', (request, response) => {
    const { pathname } = new URL(request.url ?? '/', issuer);
    asked.set(pathname, (asked.get(pathname) ?? 0) + 1);
    if (state.isDown) response.writeHead(503).end('down');
    else void answer(request, response);
  });
  return {
    issuer,
    asked,
    get isDown() {
      return state.isDown;
    },
    set isDown(isDown) {
      state.isDown = isDown;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
