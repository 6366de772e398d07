import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttp } from '../../../src/lib/http.ts';
import type { Backend } from '../../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../../src/plugin/memory-documents.ts';
import { COMMON } from '../../../test/fakes/common-settings.ts';
import { silentLog } from '../../../test/fakes/log.ts';
import type { Fault } from '../../../test/labs/croit-facade.ts';
import { createBackend } from '../index.ts';
import {
  ACCOUNT,
  action,
  type Cluster,
  create,
  failure,
  found,
  MIB,
  observe,
  signal,
  startCluster,
  usage,
} from './lab.ts';

let cluster: Cluster;
let backend: Backend;
beforeEach(async () => {
  cluster = await startCluster();
  backend = cluster.open('croit', { timeout: 1 });
});
afterEach(() => cluster.close());

const OTHER_ACCOUNT = 'waldur_org_two_01234567';
const html = (status: number): Fault => ({ status, body: '<html><body><h1>502 Bad Gateway</h1></body></html>' });

/** What croit, or what stands in front of it, may answer to anything. */
const FAULTS: Readonly<Record<string, readonly [Fault, { code: string; disposition: string }]>> = {
  'an expired token': [
    { status: 401, body: '{"message":"token expired"}' },
    { code: 'CROIT_S3_AUTHENTICATION', disposition: 'operator' },
  ],
  'a token without rights': [
    { status: 403, body: '{}' },
    { code: 'CROIT_S3_FORBIDDEN', disposition: 'operator' },
  ],
  'a redirect to a login page': [
    { status: 302, body: '', headers: { location: 'https://sso.example.org/?next=x' } },
    { code: 'CROIT_REDIRECT', disposition: 'operator' },
  ],
  'a page that is not there': [html(404), { code: 'CROIT_S3_API', disposition: 'operator' }],
  'a request it does not like': [
    { status: 400, body: '{"detail":"bad"}' },
    { code: 'CROIT_S3_API', disposition: 'bug' },
  ],
  'too many requests': [
    { status: 429, body: '', headers: { 'retry-after': '7' } },
    { code: 'CROIT_RATE_LIMITED', disposition: 'transient' },
  ],
  'an error page': [html(502), { code: 'CROIT_FAILED', disposition: 'transient' }],
  'an error without words': [
    { status: 500, body: '' },
    { code: 'CROIT_FAILED', disposition: 'transient' },
  ],
  'a page instead of JSON': [html(200), { code: 'CROIT_BAD_ANSWER', disposition: 'transient' }],
  'JSON of another kind': [
    { status: 200, body: '{"users":[]}' },
    { code: 'CROIT_BAD_ANSWER', disposition: 'transient' },
  ],
  'half of its JSON': [
    { status: 200, body: '[{"uid":"wal' },
    { code: 'CROIT_BAD_ANSWER', disposition: 'transient' },
  ],
  'half of its answer': ['cut', { code: 'CROIT_UNREACHABLE', disposition: 'transient' }],
  'nothing: the connection ends': ['lost', { code: 'CROIT_UNREACHABLE', disposition: 'transient' }],
};

describe.each(Object.entries(FAULTS))('%s', (_, [fault, expected]) => {
  it('to every request is an error that says what to do, and no account is taken for absent or empty', async () => {
    await backend.apply(create(), signal);
    cluster.facade.fault = () => fault;
    for (const work of [observe(backend), usage(backend)]) expect(await failure(work)).toMatchObject(expected);
    expect(await failure(backend.apply(action({ kind: 'issue-key' }), signal))).toMatchObject(expected);
    const [api] = await backend.check(signal);
    expect(api).toMatchObject({ name: 'API', status: 'failed' });
    cluster.facade.fault = undefined;
    expect(await usage(backend)).toHaveLength(1);
  });

  it('about one account leaves the others alone, unless all are concerned', async () => {
    await backend.apply(create(), signal);
    await backend.apply(create({ bytes: MIB }, OTHER_ACCOUNT), signal);
    cluster.facade.fault = ({ path }) => (path.includes(`/${ACCOUNT}/`) ? fault : undefined);
    if (expected.disposition === 'operator') {
      expect(await failure(usage(backend, [ACCOUNT, OTHER_ACCOUNT]))).toMatchObject(expected);
      return;
    }
    expect(await usage(backend, [ACCOUNT, OTHER_ACCOUNT])).toMatchObject([
      { account: OTHER_ACCOUNT, quantities: { storage: 0n, objects: 0n } },
    ]);
    expect(await observe(backend, [ACCOUNT, OTHER_ACCOUNT])).toMatchObject([
      { account: OTHER_ACCOUNT, state: 'found' },
    ]);
  });

  it('to any one request of an order is repaired by trying again', async () => {
    // A reply that is lost or spoilt comes after the effect.
    for (let failing = 0; ; failing++) {
      let asked = 0;
      cluster.facade.fault = () => (asked++ === failing ? fault : undefined);
      const first = await backend.apply(create({ bytes: 5n * MIB }), signal).catch(() => undefined);
      cluster.facade.fault = undefined;
      await backend.apply(create({ bytes: 5n * MIB }), signal);
      expect((await found(backend)).quota).toEqual({ bytes: 5n * MIB, objects: null });
      const leftovers = cluster.user().keys.map((key) => key.access_key);
      for (const accessKey of leftovers) await backend.apply(action({ kind: 'revoke-key', accessKey }), signal);
      await backend.apply(action({ kind: 'delete-account', purge: false }), signal);
      expect(cluster.rgw.users.has(ACCOUNT)).toBe(false);
      if (first !== undefined && asked <= failing) break;
    }
  });
});

describe('what croit says in its own way', () => {
  it('an expired token reads as such', async () => {
    cluster.facade.fault = () => ({ status: 401, body: '' });
    const refused = await failure(backend.apply(create(), signal));
    expect(refused.message).toBe(
      'create (users): croit rejected the API token: check that it is valid and not expired',
    );
  });

  it('how long to wait is passed on', async () => {
    cluster.facade.fault = () => ({ status: 503, body: 'busy', headers: { 'retry-after': '7' } });
    expect(await failure(observe(backend))).toMatchObject({ retryAfterMs: 7000 });
  });

  it('a graph that is not there does not mean that the user is gone', async () => {
    await backend.apply(create(), signal);
    cluster.facade.fault = ({ path }) =>
      path === 'stats' ? { status: 404, body: '{"message":"unknown graph"}', headers: JSON_TYPE } : undefined;
    expect(await failure(usage(backend, [ACCOUNT], DAYS))).toMatchObject({
      code: 'CROIT_S3_API',
      disposition: 'operator',
    });
  });

  it('an unknown member is no trouble, a user without quotas is unknown', async () => {
    await backend.apply(create(), signal);
    const quota = { enabled: true, maxSize: 5, maxObjects: -1, checkOnRaw: false };
    const users = [
      { uid: ACCOUNT, name: 'x', email: '', userQuota: quota, bucketQuota: { enabled: false }, futureThing: {} },
      { uid: OTHER_ACCOUNT, userQuota: null },
    ];
    cluster.facade.fault = ({ path }) =>
      path === 's3/users'
        ? { status: 200, body: JSON.stringify(users) }
        : path.includes(OTHER_ACCOUNT)
          ? html(500)
          : undefined;
    expect(await observe(backend, [ACCOUNT, OTHER_ACCOUNT])).toMatchObject([{ account: ACCOUNT, resource: undefined }]);
    expect(cluster.lines.join('\n')).toContain('a user without quotas');
  });

  it('a server that never answers is given up in time', async () => {
    cluster.facade.fault = () => 'silence';
    const waiting = failure(observe(backend));
    await expect.poll(() => cluster.facade.requests.length).toBe(1);
    await cluster.clock.advance(1000);
    expect(await waiting).toMatchObject({ code: 'CROIT_TIMEOUT', disposition: 'transient' });
  });

  it('a slow server is waited for', async () => {
    cluster.facade.latencyMs = 50;
    await backend.apply(create(), signal);
    expect((await found(backend)).quota.bytes).toBe(10n * MIB);
  });

  it('a server that is not there is no absence', async () => {
    const away = cluster.open('croit', { api_url: 'http://127.0.0.1:1', s3_endpoint: 'http://127.0.0.1:1' });
    expect(await failure(observe(away))).toMatchObject({ code: 'CROIT_UNREACHABLE', disposition: 'transient' });
    expect(await away.check(signal)).toMatchObject([{ status: 'failed' }, { status: 'failed' }]);
  });

  it('a filter that it misreads proves nothing', async () => {
    await backend.apply(create(), signal);
    cluster.facade.fault = ({ query }) => (query['uid[]'] === undefined ? undefined : { status: 200, body: '[]' });
    expect((await found(backend)).quota.bytes).toBe(10n * MIB);
    expect((await backend.apply(action({ kind: 'delete-account', purge: false }), signal)).changed).toBe(true);
    expect(await observe(backend)).toEqual([{ state: 'absent', account: ACCOUNT }]);
  });

  it('asks nothing when there is no account to ask about', async () => {
    expect(await usage(backend, [])).toEqual([]);
    expect(cluster.facade.requests).toEqual([]);
  });

  it('a CA file that is not there is the operator’s business, until it is there', async () => {
    const strict = cluster.open('croit', { ca_file: '/nonexistent/ca.pem' });
    const refused = await failure(observe(strict));
    expect(refused).toMatchObject({ code: 'CROIT_S3_CA_FILE', disposition: 'operator' });
    expect(refused.message).toContain('/nonexistent/ca.pem');
  });

  it('a CA file is read with the first request, and trusted by all of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'croit-'));
    await writeFile(join(folder, 'ca.pem'), 'the authority');
    const trusted: unknown[] = [];
    const settings = cluster.settings('croit', { ca_file: join(folder, 'ca.pem'), verify_ssl: true, timeout: 60 });
    const trusting = createBackend({
      settings,
      log: silentLog(),
      http: ({ ca, verifySsl, timeoutMs, ...options }) => {
        trusted.push([ca, verifySsl, timeoutMs]);
        return createHttp(options, { clock: cluster.clock });
      },
      clock: cluster.clock,
      common: COMMON,
      store: createMemoryDocuments(cluster.clock),
      random: (bytes) => new Uint8Array(bytes),
    });
    expect(trusted).toEqual([]);
    await trusting.apply(create(), signal);
    await trusting.check(signal);
    await trusting.close();
    await rm(folder, { recursive: true });
    expect(trusted).toEqual([
      ['the authority', true, 60_000],
      ['the authority', true, 60_000],
    ]);
  });

  it('without s3_endpoint consumers are sent to croit, and the check warns', async () => {
    const alone = cluster.open('croit', { s3_endpoint: undefined as never });
    expect(await alone.check(signal)).toMatchObject([
      { name: 'croit API', status: 'ok', detail: expect.stringContaining('1 S3 users') },
      { name: 'S3 endpoint', status: 'warning', hint: expect.stringContaining('s3_endpoint') },
    ]);
  });
});

describe('a list of 10,000 users', () => {
  it('is read once, and whoever is in it is found', async () => {
    const someone = structuredClone(cluster.user('admin'));
    for (let i = 0; i < 10_000; i++) cluster.rgw.users.set(`u${i}`, { ...someone, user_id: `u${i}`, keys: [] });
    expect(await usage(backend, ['u0', 'u9999', 'gone'])).toMatchObject([{ account: 'u0' }, { account: 'u9999' }]);
    expect(cluster.facade.requests.filter(({ path }) => path === 's3/users')).toHaveLength(1);
  });
});

describe('GB days', () => {
  it('are integrated from what croit recorded, and absent where it recorded too little', async () => {
    await backend.apply(create(), signal);
    await backend.apply(create({ bytes: MIB }, OTHER_ACCOUNT), signal);
    const at = (minutes: number): Date => new Date(DAYS.window.from.getTime() + minutes * 60_000);
    cluster.rgw.store(ACCOUNT, 1000);
    await cluster.facade.sample(at(0));
    expect(await usage(backend, [ACCOUNT], DAYS)).toEqual([]);
    cluster.rgw.store(ACCOUNT, 2000);
    await cluster.facade.sample(at(3));
    expect(await usage(backend, [ACCOUNT, OTHER_ACCOUNT], DAYS)).toMatchObject([
      { account: ACCOUNT, quantities: { storage: 180n * 1000n + 180n * 3000n } },
      { account: OTHER_ACCOUNT, quantities: { storage: 0n } },
    ]);
    const asked = cluster.facade.requests.find(({ path }) => path === 'stats');
    expect(asked?.query).toEqual({
      graph: 's3-user-data',
      'template-s3-user-name': ACCOUNT,
      startTime: String(DAYS.window.from.getTime() / 1000),
      endTime: String(DAYS.window.to.getTime() / 1000),
      maxDataPoints: '2000',
    });
  });
});

const JSON_TYPE = { 'content-type': 'application/json' };
const DAYS = {
  metering: 'gb_days',
  window: { from: new Date('2026-08-01T00:00:00Z'), to: new Date('2026-08-25T10:00:00Z') },
} as const;
