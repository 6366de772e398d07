import type { Http, HttpRequest } from '../../src/lib/http.ts';
import { badAnswer } from '../../src/lib/http-errors.ts';
import { isJsonObject, type Json } from '../../src/lib/json.ts';
import type { KeyPair } from '../../src/s3/index.ts';
import { isId, readCredential, readPage, readQuota, readRegion, readStats, readStore } from './decode.ts';
import { CODES, doing, hasCode, PEER, refusedAnyway } from './errors.ts';
import type { AccountQuota, Credential, Region, Stats, Store } from './model.ts';

/**
 * Civo's API for one region, which goes with every request. An absence is proved by Civo, or the call throws. Nothing is
 * retried here. The only file that knows paths and fields of requests.
 */
export interface Client {
  regions(signal: AbortSignal): Promise<readonly Region[]>;
  /** Undefined when Civo does not say what the account may use. */
  quota(signal: AbortSignal): Promise<AccountQuota | undefined>;
  /** All of the region, every page. */
  stores(signal: AbortSignal): Promise<readonly Store[]>;
  store(id: string, signal: AbortSignal): Promise<Store | undefined>;
  /** @throws AgentError terminal `CIVO_NAME_EXISTS` */
  createStore(store: NewStore, signal: AbortSignal): Promise<Store>;
  resizeStore(id: string, sizeGb: number, signal: AbortSignal): Promise<Store>;
  /** Absent is done. Returns whether there was one. */
  removeStore(id: string, signal: AbortSignal): Promise<boolean>;
  /** Undefined when the store is absent. */
  stats(id: string, signal: AbortSignal): Promise<Stats | undefined>;
  credentials(signal: AbortSignal): Promise<readonly Credential[]>;
  credential(id: string, signal: AbortSignal): Promise<Credential | undefined>;
  /** With keys that Civo mints. */
  createCredential(name: string, signal: AbortSignal): Promise<Credential>;
  replaceKeys(id: string, keys: KeyPair, signal: AbortSignal): Promise<Credential>;
  removeCredential(id: string, signal: AbortSignal): Promise<boolean>;
  close(): void;
}

export interface NewStore {
  readonly name: string;
  readonly sizeGb: number;
  readonly accessKey: string;
}

const PAGE = 100;
/** Of a listing that never ends, which a defect of the API would be. */
const MOST_PAGES = 1000;

type Call = (request: HttpRequest, signal: AbortSignal) => Promise<unknown>;

export function createClient(http: Http, region: string): Client {
  const call: Call = async (request, signal) => {
    const query = { ...request.query, region };
    const { body } = await http.request({ ...request, query }, signal);
    const refusal = isJsonObject(body) ? refusedAnyway(request, body) : undefined;
    if (refusal !== undefined) throw refusal;
    return body;
  };
  return {
    ...accountCalls(call, region),
    ...storeCalls(call, region),
    ...credentialCalls(call, region),
    close: () => http.close(),
  };
}

function accountCalls(call: Call, region: string): Pick<Client, 'regions' | 'quota'> {
  return {
    regions: async (signal) => {
      const request = { operation: 'regions.list', method: 'GET', path: 'regions' } as const;
      const body = await doing('list the regions', call(request, signal));
      if (!Array.isArray(body)) throw badAnswer(PEER, request, 'something that is no list of regions');
      return body.map(readRegion).filter((one) => one !== undefined);
    },
    quota: async (signal) => {
      const request = { operation: 'quota.get', method: 'GET', path: 'quota' } as const;
      return readQuota(await doing(`read the quota of the account in ${region}`, call(request, signal)));
    },
  };
}

type StoreCalls = 'stores' | 'store' | 'createStore' | 'resizeStore' | 'removeStore' | 'stats';

function storeCalls(call: Call, region: string): Pick<Client, StoreCalls> {
  const one = (id: string, rest = ''): string => `objectstores/${segment(id)}${rest}`;
  return {
    stores: (signal) =>
      doing(`list the stores of ${region}`, list(call, 'stores.list', 'objectstores', readStore, signal)),
    store: (id, signal) => {
      const request = { operation: 'stores.get', method: 'GET', path: one(id) } as const;
      return doing(`read the store ${id}`, absentIsUndefined(ask(call, request, readStore, signal)));
    },
    createStore: ({ name, sizeGb, accessKey }, signal) => {
      const body = { name, max_size_gb: sizeGb, access_key_id: accessKey, region };
      const request = { operation: 'stores.create', method: 'POST', path: 'objectstores', body } as const;
      return doing(`create the store ${name}`, ask(call, request, readStore, signal));
    },
    resizeStore: (id, sizeGb, signal) => {
      const body = { max_size_gb: sizeGb, region };
      const request = { operation: 'stores.update', method: 'PUT', path: one(id), body } as const;
      return doing(`change the size of the store ${id}`, ask(call, request, readStore, signal));
    },
    removeStore: (id, signal) => {
      const request = { operation: 'stores.delete', method: 'DELETE', path: one(id) } as const;
      return doing(`delete the store ${id}`, removed(ask(call, request, readDone, signal)));
    },
    stats: (id, signal) => {
      const request = { operation: 'stores.stats', method: 'GET', path: one(id, '/stats') } as const;
      return doing(`measure the store ${id}`, absentIsUndefined(ask(call, request, readStats, signal)));
    },
  };
}

type CredentialCalls = 'credentials' | 'credential' | 'createCredential' | 'replaceKeys' | 'removeCredential';

function credentialCalls(call: Call, region: string): Pick<Client, CredentialCalls> {
  const all = 'objectstore/credentials';
  const one = (id: string): string => `${all}/${segment(id)}`;
  return {
    credentials: (signal) =>
      doing(`list the credentials of ${region}`, list(call, 'credentials.list', all, readCredential, signal)),
    credential: (id, signal) => {
      const request = { operation: 'credentials.get', method: 'GET', path: one(id) } as const;
      return doing(`read the credential ${id}`, absentIsUndefined(ask(call, request, readCredential, signal)));
    },
    createCredential: (name, signal) => {
      const body = { name, access_key_id: null, secret_access_key_id: null, region };
      const request = { operation: 'credentials.create', method: 'POST', path: all, body } as const;
      return doing(`create the credential ${name}`, ask(call, request, readCredential, signal));
    },
    replaceKeys: (id, { accessKey, secretKey }, signal) => {
      const body = { access_key_id: accessKey, secret_access_key_id: secretKey, region };
      const request = { operation: 'credentials.update', method: 'PUT', path: one(id), body } as const;
      return doing(`replace the keys of the credential ${id}`, ask(call, request, readCredential, signal));
    },
    removeCredential: (id, signal) => {
      const request = { operation: 'credentials.delete', method: 'DELETE', path: one(id) } as const;
      return doing(`delete the credential ${id}`, removed(ask(call, request, readDone, signal)));
    },
  };
}

/** The answer of a call as `read` understands it. @throws AgentError transient `CIVO_BAD_ANSWER` when it does not */
async function ask<T>(
  call: Call,
  request: HttpRequest & { readonly body?: Json },
  read: (value: unknown) => T | undefined,
  signal: AbortSignal,
): Promise<T> {
  const value = read(await call(request, signal));
  if (value === undefined) throw badAnswer(PEER, request, 'something that was not understood');
  return value;
}

/** Every item of every page. One that cannot be read fails the listing, for absences are concluded from it. */
async function list<T>(
  call: Call,
  operation: string,
  path: string,
  read: (value: unknown) => T | undefined,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let page = 1, pages = 1; page <= pages; page++) {
    const request = { operation, method: 'GET', path, query: { page, per_page: PAGE } } as const;
    const answer = readPage(await call(request, signal));
    if (answer === undefined) throw badAnswer(PEER, request, 'something that is no page of a list');
    pages = answer.pages;
    if (pages > MOST_PAGES) throw badAnswer(PEER, request, `${pages} pages`);
    for (const item of answer.items) {
      const value = read(item);
      if (value === undefined) throw badAnswer(PEER, request, 'a list with an item that was not understood');
      all.push(value);
    }
  }
  return all;
}

async function absentIsUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, CODES.absent)) return undefined;
    throw error;
  }
}

async function removed(work: Promise<true>): Promise<boolean> {
  return (await absentIsUndefined(work)) === true;
}

/** What is empty comes from something in between, and says nothing of what was deleted. */
function readDone(value: unknown): true | undefined {
  return isJsonObject(value) ? true : undefined;
}

/** @throws RangeError for what is no id: it would reach another path. */
function segment(id: string): string {
  if (!isId(id)) throw new RangeError(`${JSON.stringify(id.slice(0, 80))} is no id of Civo`);
  return id;
}
