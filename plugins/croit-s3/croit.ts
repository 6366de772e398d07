import type { Http, HttpRequest } from '../../src/lib/http.ts';
import { badAnswer } from '../../src/lib/http-errors.ts';
import type { Json, JsonObject } from '../../src/lib/json.ts';
import type { PluginContext } from '../../src/plugin/contract.ts';
import { encodeQuery, type KeyPair } from '../../src/s3/sigv4.ts';
import type { Client, User } from './client.ts';
import { connect } from './connect.ts';
import { explain, PEER, readBuckets, readSeries, readUser, uidOf } from './croit-answers.ts';
import { parseExact, readKeys, readObjects } from './decode.ts';
import { CODES, ignoring, unsupported } from './errors.ts';
import { shareListing } from './listing.ts';
import { purgeWithOwnKeys } from './purge.ts';
import { NOTHING, type QuotaChange } from './quota.ts';
import { segment } from './segment.ts';
import type { Settings } from './settings.ts';

type Query = Parameters<typeof encodeQuery>[0];

/** A client of croit's management API. */
export function createCroit(context: PluginContext<Settings>): Client {
  const { settings, clock, log } = context;
  const http = connect(context, {
    baseUrl: `${settings.api_url?.replace(/\/+$/, '')}/api/`,
    peer: PEER,
    headers: async () => ({ authorization: authorization(settings) }),
    explain: (request, answer) => explain(request, answer, settings, clock.now()),
  });
  const call = caller(http, () => listing.forget());
  const listing = shareListing(clock, async (signal) => {
    return new Map((await list({}, signal)).map((item) => [uidOf(item), item]));
  });

  async function list(query: Query, signal: AbortSignal): Promise<readonly JsonObject[]> {
    const users = readObjects(await call('users.list', 'GET', 's3/users', { query }, signal));
    if (users === undefined) throw badAnswer(PEER, { operation: 'users.list' }, 'something that is no list of users');
    return users;
  }

  async function user(account: string, signal: AbortSignal): Promise<User | undefined> {
    segment('a user name', account);
    // There is no call for one user, and a filter that is ignored does no harm; one that is misread does, so that an
    // absence is only proved by the whole list.
    const found = (await list({ 'uid[]': account }, signal)).find((item) => uidOf(item) === account);
    if (found !== undefined) return readUser(found);
    listing.forget();
    const item = (await listing.read(() => true, signal)).get(account);
    return item && readUser(item);
  }

  const client: Client = {
    canSuspend: false,
    user,
    present: async (accounts, signal) => {
      const all = await listing.read((users) => accounts.every((account) => users.has(account)), signal);
      return accounts.filter((account) => all.has(account));
    },
    users: async function* (accounts, signal) {
      if (accounts !== 'all' && accounts.length === 1) {
        for (const account of accounts) yield { account, user: await user(account, signal) };
        return;
      }
      if (accounts === 'all') listing.forget();
      const all = await listing.read(
        (users) => accounts === 'all' || accounts.every((name) => users.has(name)),
        signal,
      );
      for (const account of accounts === 'all' ? all.keys() : accounts) {
        signal.throwIfAborted();
        const found = all.get(account);
        try {
          yield { account, user: found && readUser(found) };
        } catch (err) {
          log.warn({ err, account }, 'the account could not be read');
        }
      }
    },
    create: async ({ account, name, email }, signal) => {
      const body = {
        uid: account,
        name,
        email,
        ...(settings.default_placement !== '' && { defaultPlacement: settings.default_placement }),
        ...(settings.default_storage_class !== '' && { defaultStorageClass: settings.default_storage_class }),
      };
      segment('a user name', account);
      await call('users.create', 'POST', 's3/users', { body: JSON.stringify(body) }, signal);
      // croit makes a key with every user, which was not asked for and would be unknown.
      for (const { accessKey } of await client.keys(account, signal))
        await client.deleteKey(account, accessKey, signal);
    },
    adopt: async () => false,
    remove: (account, signal) =>
      ignoring(CODES.userNotFound, call('users.delete', 'DELETE', path(account), {}, signal)),
    suspend: () => Promise.reject(unsupported('Suspending an account')),
    setQuota: async (account, scope, change, signal) => {
      const body = quotaBody(change);
      await call('quota.set', 'PUT', path(account, scope === 'user' ? 'quota' : 'bucket-quota'), { body }, signal);
    },
    keys: async (account, signal) => {
      const keys = readKeys(await call('keys.list', 'GET', path(account, 'keys'), {}, signal));
      if (keys === undefined) throw badAnswer(PEER, { operation: 'keys.list' }, 'something that is no list of keys');
      return keys;
    },
    putKey: async (account, { accessKey, secretKey }: KeyPair, signal) => {
      const target = path(account, 'keys', accessKey);
      await call('keys.put', 'PUT', target, { query: { secretKey } }, signal);
    },
    deleteKey: (account, accessKey, signal) =>
      ignoring(CODES.keyNotFound, call('keys.delete', 'DELETE', path(account, 'keys', accessKey), {}, signal)),
    buckets: async (account, signal) =>
      readBuckets(await call('buckets.list', 'GET', path(account, 'buckets'), {}, signal)),
    stopWrites: async (account, signal) => {
      // Buckets follow at once, the user's total only after the gateway has looked at its statistics.
      await client.setQuota(account, 'bucket', NOTHING, signal);
      await client.setQuota(account, 'user', NOTHING, signal);
    },
    purgeBucket: (account, bucket, signal) => purgeWithOwnKeys(context, client, account, bucket, signal),
    series: async (account, { from, to }, signal) => {
      const query = {
        graph: 's3-user-data',
        'template-s3-user-name': account,
        startTime: Math.floor(from.getTime() / 1000),
        endTime: Math.ceil(to.getTime() / 1000),
        maxDataPoints: 2000,
      };
      return readSeries(await call('stats.read', 'GET', 'stats', { query }, signal));
    },
    probe: async (signal) => {
      const { length } = await list({}, signal);
      return [{ name: 'croit API', status: 'ok', detail: `${settings.api_url}, ${length} S3 users` }];
    },
    close: () => http.close(),
  };
  return client;
}

/** `changed` is called after everything but reading. */
function caller(http: Http, changed: () => void) {
  return async (
    operation: string,
    method: HttpRequest['method'],
    target: string,
    { query, body }: { readonly query?: Query; readonly body?: string },
    signal: AbortSignal,
  ): Promise<Json | undefined> => {
    const search = query === undefined ? '' : encodeQuery(query);
    const request: HttpRequest = {
      operation,
      method,
      path: search === '' ? target : `${target}?${search}`,
      headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
      answer: 'text',
      ...(body !== undefined && { body }),
    };
    const { body: text } = await http.request(request, signal).finally(() => {
      if (method !== 'GET') changed();
    });
    try {
      return parseExact(String(text));
    } catch {
      // Without the cause: the parser quotes the text, and the text may hold keys.
      throw badAnswer(PEER, request, 'something that is not JSON');
    }
  };
}

function authorization({ token, username, password }: Settings): string {
  if (token !== undefined) return `Bearer ${token}`;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function path(account: string, ...rest: readonly string[]): string {
  const [what, id] = rest;
  const key = id === undefined ? '' : `/${segment('an access key', id)}`;
  return `s3/users/${segment('a user name', account)}${what === undefined ? '' : `/${what}`}${key}`;
}

/** By hand: sizes may be larger than a number of JavaScript. */
function quotaBody({ enabled, maxSize, maxObjects }: QuotaChange): string {
  const entries = Object.entries({ enabled, maxSize, maxObjects }).filter(([, value]) => value !== undefined);
  return `{${entries.map(([key, value]) => `"${key}":${value}`).join(',')}}`;
}
