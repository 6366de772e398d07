import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MOCK_KEYS, startMockSite } from '../../../plugins/host-quota/mock/mock-site.ts';
import { freePort } from '../../../src/cli/demo/free-port.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createReleasers } from '../../../src/lib/releasers.ts';
import { startSandboxLogin } from '../../../src/sandbox/login/login-server.ts';
import { recordingLog } from '../../fakes/log.ts';
import { openSite } from '../../fakes/site.ts';

/** An agent over storage hosts: four made-up ones, one with 5,000 users, and one that is dead. */
export interface QuotaSite {
  readonly url: string;
  close(): Promise<void>;
}

/** Of a program that sets everything up. */
const SETUP_KEY = 'key-of-the-setup-0123456789';
export const HOSTILE = '<img src=x onerror="window.hit=1">';
const USERS = 5_000;
const MOCK_HOSTS = ['host1', 'host2', 'host3', 'host4'] as const;

export async function openQuotaSite(pageFolder: string): Promise<QuotaSite> {
  const releasers = createReleasers();
  const stop = new AbortController();
  const mock = await startMockSite(0, systemClock, recordingLog().log, stop.signal);
  releasers.add(() => mock.close());
  const big = await listen(bigHost());
  releasers.add(() => closed(big));
  const remotes = [
    ...MOCK_HOSTS.map((id) => ({ id, port: mock.ports[id] ?? 0, key: MOCK_KEYS.host })),
    { id: 'big', port: (big.address() as AddressInfo).port, key: 'x' },
    { id: 'dead', port: 9, key: 'x' },
  ];
  const login = await startSandboxLogin();
  releasers.add(() => login.close());
  const port = await freePort(Math.random);
  const url = `http://127.0.0.1:${port}`;
  const site = await openSite({
    pageFolder,
    agent: `web:
  public_url: ${url}
  login: { issuer: "${login.issuer}", client_id: ${login.clientId}, role_claim: groups, admins: [storage-operators] }
`,
    tune: (config) => ({ ...config, http: { ...config.http, port } }),
    backend: 'host-quota',
    stomp: false,
    settings: `device: /srv/data
host_id: here
create_users: false
approval: manual
remote:
${remotes.map(({ id, port, key }) => `  - { id: ${id}, url: "http://127.0.0.1:${port}", api_key: ${key} }`).join('\n')}
api_keys:
  - { name: setup, role: admin, key: ${SETUP_KEY} }
`,
  });
  releasers.add(() => site.close());
  await site.start();
  await map(url, { oauth_user_name: 'alice', host_id: 'host1', host_user_name: 'alice' });
  await map(url, { oauth_user_name: 'alice', host_id: 'host4', host_user_name: 'alice' });
  await map(url, { oauth_user_name: HOSTILE, host_id: 'host2', host_user_name: 'bob' });
  return { url, close: () => releasers.release() };
}

async function map(url: string, body: Readonly<Record<string, string>>): Promise<void> {
  const headers = { authorization: `Bearer ${SETUP_KEY}`, 'content-type': 'application/json' };
  const reply = await fetch(`${url}/api/admin/mappings`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(`mapping failed: ${reply.status} ${await reply.text()}`);
}

/** A host that answers the two calls the page needs of it; one of its users has a hostile name. */
function bigHost(): Server {
  const quotas = Array.from({ length: USERS }, (_, index) => ({
    uid: 10_000 + index,
    name: index === 7 ? HOSTILE : `user${String(index).padStart(4, '0')}`,
    block_hard_limit: 1024 * 1024,
    block_soft_limit: 900 * 1024,
    block_current: (index * 1_073_741_824) / USERS,
    inode_hard_limit: 1000,
    inode_soft_limit: 900,
    inode_current: index % 900,
    block_time_limit: 0,
    inode_time_limit: 0,
  }));
  const device = {
    name: '/dev/sdz1',
    mount_points: ['/srv/big'],
    fstype: 'ext4',
    opts: ['usrquota'],
    usage: { free: 10 ** 12, total: 2 * 10 ** 12, used: 10 ** 12, percent: 50 },
    user_quota_format: 'vfsv1',
    user_quota_info: { block_grace: 604_800, inode_grace: 604_800, flags: 0 },
    user_quotas: quotas,
  };
  return createServer((request, response) => {
    const answer = request.url?.endsWith('/ping') ? { status: 'ok' } : [device];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  });
}

function listen(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
