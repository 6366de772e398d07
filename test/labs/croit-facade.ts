import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseExact } from '../../plugins/croit-s3/decode.ts';
import { type Answer, error, type Query, stringify } from '../../plugins/croit-s3/test/fake-model.ts';
import type { AdminOps } from '../../plugins/croit-s3/test/fake-rgw.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import { encodeQuery, type KeyPair, sign } from '../../src/s3/sigv4.ts';

export interface FacadeRequest {
  readonly method: string;
  /** Below `/api`, decoded, without the query. */
  readonly path: string;
  readonly query: Query;
}

/** What goes wrong with a request. */
export type Fault =
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  /** The connection ends in the middle of the answer, or after the effect and before it. */
  | 'cut'
  | 'lost'
  /** No answer at all. */
  | 'silence';

export interface Facade {
  readonly url: string;
  readonly requests: readonly FacadeRequest[];
  fault: ((request: FacadeRequest) => Fault | undefined) | undefined;
  /** How a user that exists already is answered. */
  duplicateAs: 409 | 500;
  /** The one it knows now. */
  token: string;
  /** Added to every answer. */
  latencyMs: number;
  /** Takes a sample of every user's data, as croit does every three minutes. */
  sample(at: Date): Promise<void>;
  close(): Promise<void>;
}

export interface FacadeOptions {
  /** The gateway behind it. */
  readonly admin: AdminOps;
  readonly token: string;
  readonly username?: string;
  readonly password?: string;
}

/** croit's REST API in front of a RADOS Gateway: the shapes and quirks are croit's, users, quotas and keys the gateway's. */
export async function startFacade({ admin, token, username, password }: FacadeOptions): Promise<Facade> {
  const samples = new Map<string, { t: number; v: number }[]>();
  const requests: FacadeRequest[] = [];
  const basic = `Basic ${btoa(`${username}:${password}`)}`;
  const server = createServer((request, response) => void serve(request, response));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '', 'http://croit');
    const asked: FacadeRequest = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname.replace(/^\/api\//, '')),
      query: Object.fromEntries(url.searchParams),
    };
    requests.push(asked);
    if (facade.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, facade.latencyMs));
    const fault = facade.fault?.(asked);
    if (fault === 'silence') return;
    if (typeof fault === 'object') return void response.writeHead(fault.status, fault.headers).end(fault.body);
    const { authorization } = request.headers;
    const known = authorization === `Bearer ${facade.token}` || (username !== undefined && authorization === basic);
    const body = Buffer.concat(chunks).toString();
    const answer = known
      ? await route(asked, body === '' ? {} : objectOf(parseExact(body)))
      : error(401, 'Unauthorized');
    const text = answer.body === undefined ? '' : stringify(answer.body);
    if (fault === 'lost') return void response.destroy();
    if (fault !== 'cut') return void response.writeHead(answer.status, JSON_TYPE).end(text);
    response.writeHead(answer.status, { ...JSON_TYPE, 'content-length': String(text.length) });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  }

  async function route({ method, path, query }: FacadeRequest, body: JsonObject): Promise<Answer> {
    const [area, kind, uid, what, id] = path.split('/');
    if (area === 'stats') return stats(query);
    if (area !== 's3' || kind !== 'users') return error(404, 'no such route');
    if (uid === undefined) return method === 'GET' ? listUsers(query) : createUser(body);
    if (what === undefined) return method === 'DELETE' ? deleteUser(uid) : error(405, 'method not allowed');
    if (what === 'buckets') return listBuckets(uid);
    if (what === 'keys') return id === undefined ? listKeys(uid) : changeKey(method, uid, id, query);
    if (what === 'quota' || what === 'bucket-quota') return setQuota(uid, what === 'quota' ? 'user' : 'bucket', body);
    return error(404, 'no such route');
  }

  async function listUsers(query: Query): Promise<Answer> {
    const names = query['uid[]'] === undefined ? await allNames() : [query['uid[]']];
    const users = await Promise.all(names.map((uid) => admin('GET', 'user', { uid })));
    return { status: 200, body: users.filter(({ status }) => status === 200).map(({ body }) => shownUser(body)) };
  }

  async function allNames(): Promise<readonly string[]> {
    const names: string[] = [];
    let marker: string | undefined;
    do {
      const { body } = await admin('GET', 'user', { list: '', 'max-entries': '1000', ...(marker && { marker }) });
      const page = objectOf(body);
      names.push(...(page['keys'] as readonly string[]));
      marker = page['truncated'] === true ? text(page['marker']) : undefined;
    } while (marker !== undefined);
    return names;
  }

  async function createUser(body: JsonObject): Promise<Answer> {
    const { status } = await admin('PUT', 'user', {
      uid: text(body['uid']),
      'display-name': text(body['name']),
      email: text(body['email']),
      ...(body['defaultPlacement'] !== undefined && { 'default-placement': text(body['defaultPlacement']) }),
      'generate-key': 'True',
    });
    if (status === 200) return { status: 201 };
    if (status !== 409) return { status: 400, body: { message: 'invalid user' } };
    return {
      status: facade.duplicateAs,
      body: { code: facade.duplicateAs, message: `user ${text(body['uid'])} exists` },
    };
  }

  async function deleteUser(uid: string): Promise<Answer> {
    const { status } = await admin('DELETE', 'user', { uid });
    if (status === 200) return { status: 204 };
    if (status !== 409) return missing(uid);
    return { status: 500, body: { code: 500, message: 'Unable to remove user with buckets.' } };
  }

  async function listKeys(uid: string): Promise<Answer> {
    const { status, body } = await admin('GET', 'user', { uid });
    return status === 200 ? { status: 200, body: objectOf(body)['keys'] } : missing(uid);
  }

  async function changeKey(method: string, uid: string, id: string, query: Query): Promise<Answer> {
    const secret = method === 'PUT' ? { 'secret-key': query['secretKey'] ?? '' } : {};
    const { status } = await admin(method, 'user', { key: '', uid, 'access-key': id, ...secret });
    if (status === 200) return { status: 204 };
    if (status === 404) return missing(uid);
    if (status === 409) return { status: 409, body: { message: 'access key in use' } };
    return { status: 500, body: { code: 500, message: 'unable to find access key' } };
  }

  async function setQuota(uid: string, type: string, body: JsonObject): Promise<Answer> {
    const { enabled, maxSize, maxObjects } = body;
    const { status } = await admin('PUT', 'user', {
      quota: '',
      uid,
      'quota-type': type,
      enabled: enabled === true ? 'True' : 'False',
      ...(maxSize !== undefined && sizeParameter(BigInt(text(maxSize)))),
      ...(maxObjects !== undefined && { 'max-objects': text(maxObjects) }),
    });
    return status === 200 ? { status: 204 } : missing(uid);
  }

  async function listBuckets(uid: string): Promise<Answer> {
    const { body } = await admin('GET', 'bucket', { uid, stats: 'True' });
    const buckets = (body as readonly JsonObject[]).map(({ bucket = '', owner = '', usage }) => {
      const main = objectOf(objectOf(usage)['rgw.main']);
      const usageSum = 'size' in main ? { size: main['size'] ?? 0, numObjects: main['num_objects'] ?? 0 } : null;
      return { bucket, owner, usageSum };
    });
    return { status: 200, body: buckets };
  }

  function stats(query: Query): Answer {
    if (query['graph'] !== 's3-user-data') return { status: 404, body: { message: 'unknown graph' } };
    const [start, end] = [Number(query['startTime']), Number(query['endTime'])];
    const points = samples.get(query['template-s3-user-name'] ?? '')?.filter(({ t }) => t >= start && t <= end) ?? [];
    const graphs = points.length === 0 ? [] : [{ datapoints: points }];
    return { status: 200, body: { axis1: { unit: 'bytes', graphs } } };
  }

  const facade: Omit<Facade, 'url'> = {
    requests,
    fault: undefined,
    duplicateAs: 500,
    token,
    latencyMs: 0,
    sample: async (at) => {
      for (const uid of await allNames()) {
        const { body } = await listBuckets(uid);
        const sizes = (body as readonly JsonObject[]).map(({ usageSum }) => Number(objectOf(usageSum)['size'] ?? 0));
        const v = sizes.reduce((sum, size) => sum + size, 0);
        samples.set(uid, [...(samples.get(uid) ?? []), { t: Math.floor(at.getTime() / 1000), v }]);
      }
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(facade, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

/** The Admin Ops of a gateway that listens. */
export function remoteAdmin(endpoint: string, keys: KeyPair): AdminOps {
  const { host } = new URL(endpoint);
  return async (method, entity, query) => {
    const path = `/admin/${entity}?${encodeQuery(query)}`;
    const headers = sign({ method, host, path, body: '', keys, region: 'default', now: new Date() });
    const response = await fetch(endpoint + path, { method, headers });
    const answer = await response.text();
    return { status: response.status, body: parseExact(answer) };
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };

function missing(uid: string): Answer {
  return { status: 404, body: { message: `user ${uid} not found` } };
}

/** croit counts in KiB, rounded up; 0 and "none" pass. */
function sizeParameter(bytes: bigint): Query {
  return bytes <= 0n ? { 'max-size': String(bytes) } : { 'max-size-kb': String((bytes + 1023n) / 1024n) };
}

function shownUser(body: unknown): JsonObject {
  const user = objectOf(body);
  const tenant = text(user['tenant']);
  const quota = (value: Json | undefined): JsonObject => {
    const { enabled = false, max_size: maxSize = -1, max_objects: maxObjects = -1 } = objectOf(value);
    return { enabled, maxSize, maxObjects };
  };
  return {
    uid: `${tenant === '' ? '' : `${tenant}$`}${text(user['user_id'])}`,
    name: user['display_name'] ?? '',
    email: user['email'] ?? '',
    subusers: [],
    suspended: user['suspended'] === 1,
    userQuota: quota(user['user_quota']),
    bucketQuota: quota(user['bucket_quota']),
    defaultPlacement: user['default_placement'] ?? '',
    defaultStorageClass: user['default_storage_class'] ?? '',
  };
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function text(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
