import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Answer,
  error,
  type FakeBucket,
  type FakeUser,
  failure,
  fullName,
  newBucket,
  newKey,
  noQuota,
  type Query,
  storedSize,
  stringify,
} from './fake-model.ts';
import { fakeS3 } from './fake-s3.ts';

export const ADMIN = { accessKey: 'ADMINACCESSKEYADMIN0', secretKey: 'admin-secret-admin-secret-admin-secret-0' };

/** The Admin Ops, as a function: what the façade and the server below are made of. */
export type AdminOps = (method: string, entity: 'user' | 'bucket', query: Query) => Promise<Answer>;

export interface FakeRgw {
  readonly users: Map<string, FakeUser>;
  readonly buckets: Map<string, FakeBucket>;
  readonly admin: AdminOps;
  /** One line per request to the server, method and decoded path. */
  readonly requests: string[];
  /** Answers for the gateway, or ends the connection, when it returns true. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>) | undefined;
  /** Puts one object of this size into an account, in a bucket of its own. */
  store(account: string, bytes: number, bucket?: string): void;
  listen(): Promise<string>;
  close(): Promise<void>;
}

/**
 * As much of a RADOS Gateway 16.2 as the plugin speaks to, with the answers that were recorded from a real one. What holds
 * here is proved against the real one by test/labs/ceph.sh; this one is for speed and for faults.
 */
export function createFakeRgw(): FakeRgw {
  const users = new Map<string, FakeUser>();
  const buckets = new Map<string, FakeBucket>();
  const requests: string[] = [];
  let ids = 0;
  const nextId = (): number => ++ids;
  const server = createServer((request, response) => void serve(request, response));

  const admin: AdminOps = async (method, entity, query) => {
    const answer = entity === 'user' ? userOps(method, query) : bucketOps(method, query);
    return answer;
  };

  function userOps(method: string, query: Query): Answer {
    const { uid = '' } = query;
    if ('list' in query) return listUsers(query);
    if ('access-key' in query && method === 'GET') return found(ownerOf(query['access-key'] ?? ''));
    if (method === 'PUT' && !('key' in query) && !('quota' in query)) return createUser(uid, query);
    const user = users.get(uid);
    if (user === undefined) return error(404, 'NoSuchUser');
    if ('key' in query) return keyOps(method, user, query);
    if ('quota' in query) return quotaOps(method, user, query);
    if (method === 'POST') return found(modify(user, query));
    if (method !== 'DELETE') return found(user);
    if (owned(uid).length > 0) return error(409, 'BucketAlreadyExists');
    users.delete(uid);
    return { status: 200 };
  }

  function listUsers(query: Query): Answer {
    const all = [...users.keys()];
    const start = query['marker'] === undefined ? 0 : Number(query['marker'].slice('opaque:'.length));
    const keys = all.slice(start, start + Number(query['max-entries'] ?? 1000));
    const end = start + keys.length;
    const truncated = end < all.length;
    return {
      status: 200,
      body: { keys, truncated, count: keys.length, ...(truncated && { marker: `opaque:${end}` }) },
    };
  }

  function createUser(uid: string, query: Query): Answer {
    const email = (query['email'] ?? '').toLowerCase();
    if (!query['display-name']) return error(400, 'InvalidArgument');
    if (query['default-placement']?.startsWith('nosuch')) return error(400, 'InvalidArgument');
    if (users.has(uid)) return error(409, 'UserAlreadyExists');
    if (email !== '' && [...users.values()].some((user) => user.email === email)) return error(409, 'EmailExists');
    const [tenant, name] = uid.includes('$') ? uid.split('$') : ['', uid];
    const [placement = '', storageClass = ''] = (query['default-placement'] ?? '').split('/');
    const user: FakeUser = {
      tenant: tenant ?? '',
      user_id: name ?? '',
      display_name: query['display-name'],
      email,
      suspended: 0,
      max_buckets: Number(query['max-buckets'] ?? 1000),
      keys: [],
      caps: [],
      default_placement: placement,
      default_storage_class: storageClass,
      bucket_quota: noQuota(),
      user_quota: noQuota(),
    };
    if (query['access-key']) user.keys.push(newKey(uid, query['access-key'], query['secret-key'] ?? ''));
    else if (query['generate-key'] !== 'False')
      user.keys.push(newKey(uid, `AUTO${++ids}`, `auto-minted-secret-${ids}`));
    users.set(uid, user);
    return found(user);
  }

  function keyOps(method: string, user: FakeUser, query: Query): Answer {
    const accessKey = query['access-key'] ?? '';
    const owner = ownerOf(accessKey);
    if (method === 'DELETE') {
      if (owner !== user) return error(403, 'InvalidAccessKeyId');
      user.keys = user.keys.filter((key) => key.access_key !== accessKey);
      return { status: 200 };
    }
    if (owner !== undefined && owner !== user) return error(409, 'KeyExists');
    user.keys = user.keys.filter((key) => key.access_key !== accessKey);
    user.keys.push(newKey(fullName(user), accessKey, query['secret-key'] ?? ''));
    return { status: 200, body: user.keys };
  }

  function quotaOps(method: string, user: FakeUser, query: Query): Answer {
    if (method === 'GET')
      return { status: 200, body: { bucket_quota: user.bucket_quota, user_quota: user.user_quota } };
    const type = query['quota-type'];
    if (type !== 'user' && type !== 'bucket') return error(400, 'InvalidArgument');
    const quota = user[`${type}_quota`];
    if (query['enabled'] !== undefined) quota.enabled = query['enabled'] === 'True';
    if (query['max-size'] !== undefined) quota.max_size = storedSize(query['max-size']);
    if (query['max-size-kb'] !== undefined) quota.max_size = storedSize(query['max-size-kb'], 1024n);
    if (/^-?\d+$/.test(query['max-objects'] ?? '')) quota.max_objects = storedSize(query['max-objects'] ?? '');
    return { status: 200 };
  }

  function bucketOps(method: string, query: Query): Answer {
    if (method === 'GET') return { status: 200, body: owned(query['uid'] ?? '').map(shownBucket) };
    const bucket = buckets.get(query['bucket'] ?? '');
    if (bucket === undefined) return error(404, 'NoSuchBucket');
    if (bucket.versions.length > 0 && query['purge-objects'] !== 'True') return error(409, 'BucketNotEmpty');
    buckets.delete(query['bucket'] ?? '');
    return { status: 200 };
  }

  function owned(uid: string): FakeBucket[] {
    return [...buckets.values()].filter(({ owner }) => owner === uid);
  }

  function ownerOf(accessKey: string): FakeUser | undefined {
    return [...users.values()].find(({ keys }) => keys.some((key) => key.access_key === accessKey));
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '', 'http://rgw');
    const query = Object.fromEntries(url.searchParams);
    requests.push(`${request.method} ${decodeURIComponent(request.url ?? '')}`);
    if (await rgw.intercept?.(request, response)) return;
    const accessKey = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1];
    const signed = request.headers['x-amz-content-sha256'] !== undefined && !url.search.includes('+');
    const [, first = '', entity] = url.pathname.split('/');
    if (accessKey === undefined && url.pathname === '/')
      return send(response, { status: 200, body: '<ListAllMyBucketsResult/>' });
    const user = ownerOf(accessKey ?? '');
    if (user === undefined) return send(response, failure(first, 403, 'InvalidAccessKeyId'));
    if (!signed) return send(response, failure(first, 403, 'SignatureDoesNotMatch'));
    if (first === 'admin' && (entity === 'user' || entity === 'bucket')) {
      const type = entity === 'user' ? 'users' : 'buckets';
      const may = user.caps.some((cap) => cap.type === type);
      return send(response, may ? await admin(request.method ?? '', entity, query) : error(403, 'AccessDenied'));
    }
    const key = decodeURIComponent(url.pathname.slice(first.length + 2));
    const text = Buffer.concat(chunks).toString();
    send(
      response,
      fakeS3({ buckets, nextId }, { method: request.method ?? '', user, name: first, key, query, body: text }),
    );
  }

  const rgw: FakeRgw = {
    users,
    buckets,
    admin,
    requests,
    intercept: undefined,
    store: (account, bytes, name = `bucket-${++ids}`) => {
      const [tenant, plain] = account.split('$');
      const full = plain === undefined ? name : `${tenant}/${name}`;
      const bucket = buckets.get(full) ?? newBucket(account, name);
      buckets.set(full, bucket);
      bucket.versions.push({ key: `object-${++ids}`, size: bytes, id: 'null', marker: false });
    },
    listen: async () => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    close: async () => {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  createUser('admin', { 'display-name': 'admin', 'access-key': ADMIN.accessKey, 'secret-key': ADMIN.secretKey });
  users.get('admin')?.caps.push({ type: 'users', perm: '*' }, { type: 'buckets', perm: '*' });
  return rgw;
}

function modify(user: FakeUser, query: Query): FakeUser {
  if (query['suspended'] !== undefined) user.suspended = query['suspended'] === 'True' ? 1 : 0;
  if (query['max-buckets'] !== undefined) user.max_buckets = Number(query['max-buckets']);
  return user;
}

function shownBucket({ name, owner, versions }: FakeBucket): object {
  const objects = versions.filter(({ marker }) => !marker);
  const size = objects.reduce((sum, version) => sum + version.size, 0);
  const main = { size, size_actual: objects.length * 4096, num_objects: objects.length };
  return { bucket: name, owner, usage: versions.length === 0 ? {} : { 'rgw.main': main } };
}

function found(user: FakeUser | undefined): Answer {
  return user === undefined ? error(404, 'NoSuchUser') : { status: 200, body: user };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'application/xml' : 'application/json' });
  response.end(isText ? body : body === undefined ? '' : stringify(body));
}
