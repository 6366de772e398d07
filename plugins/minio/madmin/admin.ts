import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { createKeyedLock } from '../../../src/lib/keyed-lock.ts';
import { readObject, readObjects, readText } from '../decode.ts';
import { CODES, unless } from '../errors.ts';
import { type AdminCaller, type AdminOptions, createAdminCaller } from './call.ts';
import { type BucketQuota, quotaBody, readQuota } from './quota.ts';
import { type BucketFacts, type DataUsage, readBuckets, readUsage } from './usage.ts';

export interface AdminUser {
  readonly enabled: boolean;
  readonly policies: readonly string[];
}

/** A service account. */
export interface AdminKey {
  readonly id: string;
  readonly enabled: boolean;
  /** Undefined when it has none. */
  readonly expires: Date | undefined;
}

export interface NewKey {
  readonly user: string;
  /** 3 to 20 characters. */
  readonly accessKey: string;
  /** 8 to 40 characters. */
  readonly secretKey: string;
  /** Up to 32 characters that begin with a letter. */
  readonly name: string;
  /** Up to 256 characters. */
  readonly description: string;
}

/** Everything about a service account that an update writes: the server forgets the policy that is left out. */
export interface KeyChange {
  readonly accessKey: string;
  readonly secretKey?: string;
  readonly enabled?: boolean;
  readonly name?: string;
  readonly description?: string;
}

/**
 * The admin API, version 3. Calls about a user, policy or key that is not there throw `MINIO_NO_SUCH_USER`,
 * `MINIO_NO_SUCH_POLICY`, `MINIO_NO_SUCH_KEY`, `MINIO_NO_SUCH_BUCKET`; what returns undefined or a boolean does not.
 * Those marked with a key cost one derivation for each key.
 */
export interface Admin {
  info(signal: AbortSignal): Promise<JsonObject>;
  /** Undefined: proved absent. @throws AgentError `MINIO_SPECIAL_NAME` for the name of a service account */
  user(name: string, signal: AbortSignal): Promise<AdminUser | undefined>;
  /** One key. */
  users(signal: AbortSignal): Promise<ReadonlyMap<string, AdminUser>>;
  /** Creates or replaces, secret and all: ask `user` before. One key. */
  putUser(name: string, secretKey: string, signal: AbortSignal): Promise<void>;
  /** With its service accounts and the names of its policies. Returns false when there is none. */
  removeUser(name: string, signal: AbortSignal): Promise<boolean>;
  enableUser(name: string, enabled: boolean, signal: AbortSignal): Promise<void>;
  policy(name: string, signal: AbortSignal): Promise<Json | undefined>;
  policies(signal: AbortSignal): Promise<ReadonlyMap<string, Json>>;
  putPolicy(name: string, policy: JsonObject, signal: AbortSignal): Promise<void>;
  /** Absent is done. @throws AgentError transient `MINIO_POLICY_IN_USE` */
  removePolicy(name: string, signal: AbortSignal): Promise<void>;
  /** Returns false when it was attached already. One key. */
  attach(user: string, policy: string, signal: AbortSignal): Promise<boolean>;
  /** Returns false when it was not attached. One key. */
  detach(user: string, policy: string, signal: AbortSignal): Promise<boolean>;
  quota(bucket: string, signal: AbortSignal): Promise<BucketQuota>;
  setQuota(bucket: string, bytes: bigint | null, signal: AbortSignal): Promise<void>;
  /** One key. */
  keys(user: string, signal: AbortSignal): Promise<readonly AdminKey[]>;
  /** Of all users, without whether they are enabled: the server does not say so here. One key. */
  allKeys(signal: AbortSignal): Promise<ReadonlyMap<string, readonly AdminKey[]>>;
  /** One key. @throws AgentError `MINIO_KEY_TAKEN` */
  addKey(key: NewKey, signal: AbortSignal): Promise<void>;
  /** Two keys: what is left out of the change is read and written again. */
  changeKey(change: KeyChange, signal: AbortSignal): Promise<void>;
  removeKey(accessKey: string, signal: AbortSignal): Promise<boolean>;
  usage(signal: AbortSignal): Promise<DataUsage>;
  /** Those the caller may read or write, of one call. */
  buckets(signal: AbortSignal): Promise<readonly BucketFacts[]>;
  close(): void;
}

export function createAdmin(options: AdminOptions): Admin {
  const caller = createAdminCaller(options);
  const { call } = caller;
  return {
    info: async (signal) =>
      readObject(await call({ operation: 'info', method: 'GET', route: 'info', answer: 'plain' }, signal)),
    ...usersOf(caller),
    ...policiesOf(caller),
    ...keysOf(caller),
    quota: async (bucket, signal) => {
      const route = { operation: 'quota.get', method: 'GET', route: 'get-bucket-quota' } as const;
      return readQuota(await call({ ...route, query: { bucket }, answer: 'plain' }, signal));
    },
    setQuota: async (bucket, bytes, signal) => {
      const route = { operation: 'quota.set', method: 'PUT', route: 'set-bucket-quota' } as const;
      await call({ ...route, query: { bucket }, plain: quotaBody(bytes) }, signal);
    },
    usage: async (signal) =>
      readUsage(await call({ operation: 'usage.get', method: 'GET', route: 'datausageinfo', answer: 'plain' }, signal)),
    buckets: async (signal) => {
      const route = { operation: 'buckets.list', method: 'GET', route: 'accountinfo' } as const;
      return readBuckets(await call({ ...route, answer: 'plain' }, signal));
    },
    close: () => caller.close(),
  };
}

type Users = Pick<Admin, 'user' | 'users' | 'putUser' | 'removeUser' | 'enableUser'>;

function usersOf({ call }: AdminCaller): Users {
  return {
    user: async (name, signal) => {
      const route = { operation: 'users.get', method: 'GET', route: 'user-info' } as const;
      const answer = call({ ...route, query: { accessKey: name }, answer: 'plain' }, signal);
      const found = await unless([CODES.noSuchUser], undefined, answer);
      return found === undefined ? undefined : readUser(found);
    },
    users: async (signal) => {
      const route = { operation: 'users.list', method: 'GET', route: 'list-users' } as const;
      const all = readObject(await call({ ...route, answer: 'encrypted' }, signal));
      return new Map(Object.entries(all).map(([name, user]) => [name, readUser(user)]));
    },
    putUser: async (name, secretKey, signal) => {
      const route = { operation: 'users.add', method: 'PUT', route: 'add-user' } as const;
      // Without a status the user is created disabled.
      await call({ ...route, query: { accessKey: name }, secret: { secretKey, status: 'enabled' } }, signal);
    },
    removeUser: async (name, signal) => {
      const route = { operation: 'users.remove', method: 'DELETE', route: 'remove-user' } as const;
      const removed = call({ ...route, query: { accessKey: name } }, signal).then(() => true);
      return unless([CODES.noSuchUser], false, removed);
    },
    enableUser: async (name, enabled, signal) => {
      const route = { operation: 'users.enable', method: 'PUT', route: 'set-user-status' } as const;
      await call({ ...route, query: { accessKey: name, status: enabled ? 'enabled' : 'disabled' } }, signal);
    },
  };
}

type Policies = Pick<Admin, 'policy' | 'policies' | 'putPolicy' | 'removePolicy' | 'attach' | 'detach'>;

function policiesOf({ call }: AdminCaller): Policies {
  const users = createKeyedLock();
  // The server loses one of two changes that meet.
  const change = (operation: 'attach' | 'detach', user: string, policy: string, signal: AbortSignal) =>
    users.hold(user, async () => {
      const route = `idp/builtin/policy/${operation}`;
      const secret = { policies: [policy], user };
      const done = call({ operation: `policies.${operation}`, method: 'POST', route, secret }, signal);
      return unless(
        [CODES.alreadyApplied],
        false,
        done.then(() => true),
      );
    });
  return {
    policy: async (name, signal) => {
      const route = { operation: 'policies.get', method: 'GET', route: 'info-canned-policy' } as const;
      const answer = call({ ...route, query: { name }, answer: 'plain' }, signal);
      return unless([CODES.noSuchPolicy], undefined, answer);
    },
    policies: async (signal) => {
      const route = { operation: 'policies.list', method: 'GET', route: 'list-canned-policies' } as const;
      return new Map(Object.entries(readObject(await call({ ...route, answer: 'plain' }, signal))));
    },
    putPolicy: async (name, policy, signal) => {
      const route = { operation: 'policies.put', method: 'PUT', route: 'add-canned-policy' } as const;
      await call({ ...route, query: { name }, plain: JSON.stringify(policy) }, signal);
    },
    removePolicy: async (name, signal) => {
      const route = { operation: 'policies.remove', method: 'DELETE', route: 'remove-canned-policy' } as const;
      await unless([CODES.noSuchPolicy], undefined, call({ ...route, query: { name } }, signal));
    },
    attach: (user, policy, signal) => change('attach', user, policy, signal),
    detach: (user, policy, signal) => change('detach', user, policy, signal),
  };
}

type Keys = Pick<Admin, 'keys' | 'allKeys' | 'addKey' | 'changeKey' | 'removeKey'>;

function keysOf({ call }: AdminCaller): Keys {
  return {
    keys: async (user, signal) => {
      const route = { operation: 'keys.list', method: 'GET', route: 'list-service-accounts' } as const;
      const answer = readObject(await call({ ...route, query: { user }, answer: 'encrypted' }, signal));
      return readObjects(answer['accounts']).map(readKey);
    },
    allKeys: async (signal) => {
      const route = { operation: 'keys.list-all', method: 'GET', route: 'list-access-keys-bulk' } as const;
      const query = { listType: 'svcacc-only', all: 'true' };
      const all = readObject(await call({ ...route, query, answer: 'encrypted' }, signal));
      return new Map(
        Object.entries(all).map(([user, keys]) => [
          user,
          readObjects(readObject(keys)['serviceAccounts']).map(readKey),
        ]),
      );
    },
    addKey: async ({ user: targetUser, ...key }, signal) => {
      const route = { operation: 'keys.add', method: 'PUT', route: 'add-service-account' } as const;
      await call({ ...route, secret: { targetUser, ...key } }, signal);
    },
    changeKey: async ({ accessKey, secretKey, enabled, name, description }, signal) => {
      const query = { accessKey };
      const reading = { operation: 'keys.get', method: 'GET', route: 'info-service-account' } as const;
      const now = readObject(await call({ ...reading, query, answer: 'encrypted' }, signal));
      const embedded = now['impliedPolicy'] === false ? (JSON.parse(readText(now['policy'])) as Json) : undefined;
      const expires = expiryOf(now['expiration']);
      const secret = {
        ...(embedded !== undefined && { newPolicy: embedded }),
        ...(secretKey !== undefined && { newSecretKey: secretKey }),
        newStatus: (enabled ?? now['accountStatus'] === 'on') ? 'on' : 'off',
        newName: name ?? readText(now['name']),
        newDescription: description ?? readText(now['description']),
        ...(expires !== undefined && { newExpiration: expires.toISOString() }),
      };
      const writing = { operation: 'keys.change', method: 'POST', route: 'update-service-account' } as const;
      await call({ ...writing, query, secret }, signal);
    },
    removeKey: async (accessKey, signal) => {
      const route = { operation: 'keys.remove', method: 'DELETE', route: 'delete-service-account' } as const;
      const removed = call({ ...route, query: { accessKey } }, signal).then(() => true);
      return unless([CODES.noSuchKey], false, removed);
    },
  };
}

function readUser(value: Json): AdminUser {
  const { status, policyName } = readObject(value);
  return { enabled: status === 'enabled', policies: readText(policyName).split(',').filter(Boolean) };
}

function readKey({ accessKey, accountStatus, expiration }: JsonObject): AdminKey {
  return { id: readText(accessKey), enabled: accountStatus !== 'off', expires: expiryOf(expiration) };
}

/** "Never" is written as the beginning of Unix time. */
function expiryOf(value: Json | undefined): Date | undefined {
  const time = Date.parse(readText(value));
  return time > 0 ? new Date(time) : undefined;
}
