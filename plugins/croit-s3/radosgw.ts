import { forAccounts } from '../../src/lib/for-accounts.ts';
import type { HttpRequest } from '../../src/lib/http.ts';
import { badAnswer } from '../../src/lib/http-errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import type { Check, PluginContext } from '../../src/plugin/contract.ts';
import { encodeQuery, type KeyPair, sign } from '../../src/s3/sigv4.ts';
import type { Client, Sighting, User } from './client.ts';
import { connect } from './connect.ts';
import { parseExact, readObjects, readText } from './decode.ts';
import { CODES, hasCode, ignoring, unsupported, vanished } from './errors.ts';
import { shareListing } from './listing.ts';
import { explain, PEER, readBuckets, readPage, readUser } from './radosgw-answers.ts';
import { segment } from './segment.ts';
import { endpointOf, type Settings } from './settings.ts';

type Query = Parameters<typeof encodeQuery>[0];

/** A client of the Admin Ops of a RADOS Gateway. Everything it says goes into the query: bodies are not implemented there. */
export function createRadosgw(context: PluginContext<Settings>): Client {
  const { settings, clock, log } = context;
  const endpoint = endpointOf(settings);
  const admin = settings.admin_path ?? 'admin';
  const keys: KeyPair = { accessKey: settings.admin_access_key ?? '', secretKey: settings.admin_secret_key ?? '' };
  const http = connect(context, {
    baseUrl: `${endpoint}/`,
    peer: PEER,
    headers: async ({ method, path }) =>
      sign({
        method,
        host: new URL(endpoint).host,
        path: `/${path}`,
        body: '',
        keys,
        region: 'default',
        now: clock.now(),
      }),
    explain: (request, answer) => explain(request, answer, settings, clock.now()),
  });

  async function call(
    operation: string,
    method: HttpRequest['method'],
    entity: 'user' | 'bucket',
    query: Query,
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<Json | undefined> {
    const request: HttpRequest = {
      operation,
      method,
      path: `${admin}/${entity}?${encodeQuery(query)}`,
      answer: 'text',
      ...(timeoutMs !== undefined && { timeoutMs }),
    };
    const { body } = await http.request(request, signal).finally(() => {
      if (method !== 'GET') listing.forget();
    });
    try {
      return parseExact(String(body));
    } catch {
      // Without the cause: the parser quotes the text, and the text holds keys.
      throw badAnswer(PEER, request, 'something that is not JSON');
    }
  }

  async function user(account: string, signal: AbortSignal): Promise<User | undefined> {
    try {
      return readUser(await call('users.get', 'GET', 'user', { uid: uid(account) }, signal));
    } catch (error) {
      if (hasCode(error, CODES.userNotFound)) return undefined;
      throw error;
    }
  }

  async function list(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const all = new Set<string>();
    let marker: string | undefined;
    do {
      const query = { list: '', 'max-entries': PAGE, marker };
      const page = readPage(await call('users.list', 'GET', 'user', query, signal));
      for (const name of page.names) all.add(name);
      if (marker !== undefined && page.marker === marker)
        throw badAnswer(PEER, { operation: 'users.list' }, 'the same page again');
      marker = page.marker;
    } while (marker !== undefined);
    return all;
  }

  const listing = shareListing(clock, list);

  async function modify(account: string, change: Query, signal: AbortSignal): Promise<void> {
    await call('users.modify', 'POST', 'user', { uid: uid(account), ...change }, signal);
  }

  return {
    canSuspend: true,
    user,
    present: async (accounts, signal) => {
      const all = await listing.read((names) => accounts.every((account) => names.has(account)), signal);
      return accounts.filter((account) => all.has(account));
    },
    users: async function* (accounts, signal) {
      const wanted = accounts === 'all' ? await list(signal) : accounts;
      yield* forAccounts<Sighting>(wanted, log, signal, async (account) => ({
        account,
        user: await user(account, signal),
      }));
    },
    create: async ({ account, name, email }, signal) => {
      const { default_placement: placement, default_storage_class: storageClass, max_buckets: maxBuckets } = settings;
      const query = {
        uid: uid(account),
        'display-name': name,
        email,
        // Left out, the gateway mints a key that would stay unknown.
        'generate-key': 'False',
        'max-buckets': maxBuckets,
        'default-placement': placement === '' ? undefined : [placement, storageClass].filter(Boolean).join('/'),
      };
      await call('users.create', 'PUT', 'user', query, signal);
    },
    adopt: async ({ account, maxBuckets }, signal) => {
      if (settings.max_buckets === undefined || settings.max_buckets === maxBuckets) return false;
      await modify(account, { 'max-buckets': settings.max_buckets }, signal);
      return true;
    },
    remove: async (account, signal) => {
      await ignoring(CODES.userNotFound, call('users.delete', 'DELETE', 'user', { uid: uid(account) }, signal));
    },
    suspend: (account, suspended, signal) => modify(account, { suspended: suspended ? 'True' : 'False' }, signal),
    setQuota: async (account, scope, { enabled, maxSize, maxObjects }, signal) => {
      const query = {
        quota: '',
        uid: uid(account),
        'quota-type': scope,
        enabled: enabled ? 'True' : 'False',
        'max-size': maxSize,
        'max-objects': maxObjects,
      };
      await call('quota.set', 'PUT', 'user', query, signal);
    },
    keys: async (account, signal) => {
      const found = await user(account, signal);
      if (found === undefined) throw vanished(account);
      return found.keys ?? [];
    },
    putKey: async (account, { accessKey, secretKey }, signal) => {
      const query = { key: '', uid: uid(account), 'access-key': accessKey, 'secret-key': secretKey };
      await call('keys.put', 'PUT', 'user', query, signal);
    },
    deleteKey: async (account, accessKey, signal) => {
      const query = { key: '', uid: uid(account), 'access-key': accessKey };
      await ignoring(CODES.keyNotFound, call('keys.delete', 'DELETE', 'user', query, signal));
    },
    buckets: async (account, signal) =>
      readBuckets(await call('buckets.list', 'GET', 'bucket', { uid: uid(account), stats: 'True' }, signal)),
    stopWrites: (account, signal) => modify(account, { suspended: 'True' }, signal),
    purgeBucket: async (account, bucket, signal) => {
      const [tenant, name] = account.split('$');
      const query = { bucket: name === undefined ? bucket : `${tenant}/${bucket}`, 'purge-objects': 'True' };
      // The gateway goes on after the caller gave up, so a bucket that takes longer is found smaller by the next try.
      await ignoring(CODES.bucketNotFound, call('buckets.purge', 'DELETE', 'bucket', query, signal, PURGE_MS));
    },
    series: () => Promise.reject(unsupported('Metering GB days')),
    probe: async (signal) => {
      const where = `${endpoint}/${admin}`;
      try {
        const own = await call('users.get', 'GET', 'user', { 'access-key': keys.accessKey }, signal);
        return [capabilities(isJsonObject(own) ? own : {}, where)];
      } catch (error) {
        // It may not even read itself.
        if (hasCode(error, CODES.forbidden)) return [capabilities({}, where)];
        throw error;
      }
    },
    close: () => http.close(),
  };
}

const PAGE = 1000;
const PURGE_MS = 110_000;

/** @throws AgentError terminal for what is no user name. */
function uid(account: string): string {
  segment('a user name', account);
  return account;
}

/** What the admin user may do, as the gateway has it: nothing is tried out. */
function capabilities(own: JsonObject, where: string): Check {
  const caps = new Map((readObjects(own['caps']) ?? []).map(({ type, perm }) => [readText(type), readText(perm)]));
  const lacking = NEEDED.filter((type) => {
    const perm = caps.get(type) ?? '';
    return perm !== '*' && !(perm.includes('read') && perm.includes('write'));
  });
  const name = 'capabilities';
  if (lacking.length === 0)
    return { name, status: 'ok', detail: `the admin user of ${where} may manage users and buckets` };
  const caption = lacking.map((type) => `${type}=*`).join(';');
  return {
    name,
    status: 'failed',
    detail: `the admin user of ${where} needs ${caption}`,
    hint: `radosgw-admin caps add --uid=${readText(own['user_id']) || 'ADMIN'} --caps='${caption}'`,
  };
}

const NEEDED = ['users', 'buckets'];
