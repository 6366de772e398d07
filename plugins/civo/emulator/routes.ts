import type { Account } from './account.ts';
import { credentialAnswer, pageAnswer, quotaAnswer, regionAnswer, storeAnswer } from './answers.ts';
import { Refusal, type Region, type Reply } from './types.ts';

/** A request after authentication. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

type Handler = (account: Account, call: Call, id: string) => Promise<unknown>;

const STORES = '/v2/objectstores';
const CREDENTIALS = '/v2/objectstore/credentials';

/** `:id` stands for one segment. */
const ROUTES: readonly (readonly [method: string, path: string, handler: Handler])[] = [
  ['GET', '/v2/regions', async ({ options }) => options.regions.map(regionAnswer)],
  ['GET', '/v2/quota', async (account) => quotaAnswer(account)],
  ['GET', STORES, listStores],
  ['POST', STORES, createStore],
  [
    'GET',
    `${STORES}/:id`,
    async (account, call, id) => storeAnswer(account, account.store(regionOf(account, call).code, id)),
  ],
  ['PUT', `${STORES}/:id`, resizeStore],
  ['DELETE', `${STORES}/:id`, removeStore],
  ['GET', `${STORES}/:id/stats`, stats],
  ['GET', CREDENTIALS, listCredentials],
  ['POST', CREDENTIALS, createCredential],
  [
    'GET',
    `${CREDENTIALS}/:id`,
    async (account, call, id) => credentialAnswer(account, account.credential(regionOf(account, call).code, id)),
  ],
  ['PUT', `${CREDENTIALS}/:id`, updateCredential],
  ['DELETE', `${CREDENTIALS}/:id`, removeCredential],
];

const SUCCESS = { result: 'success' };

export async function route(account: Account, call: Call): Promise<Reply> {
  for (const [method, pattern, handler] of ROUTES) {
    const id = match(pattern, call.path);
    if (method !== call.method || id === undefined) continue;
    try {
      return { status: 200, body: await handler(account, call, id) };
    } catch (error) {
      if (error instanceof Refusal) return error.reply;
      throw error;
    }
  }
  return { status: 404, body: { result: 'not_found', status: 404 } };
}

/** The id in the path, empty where the pattern has none; undefined when the path is another one. */
function match(pattern: string, path: string): string | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  let id = '';
  for (const [index, part] of wanted.entries()) {
    const segment = given[index] ?? '';
    if (part === ':id') id = decodeURIComponent(segment);
    else if (part !== segment) return undefined;
  }
  return pattern.includes(':id') && id === '' ? undefined : id;
}

/** @throws Refusal for a region that is missing, unknown or without object stores. */
function regionOf({ options }: Account, { query }: Call): Region {
  const code = query.get('region') ?? '';
  if (code === '') throw new Refusal(400, 'parameter_value_missing', 'region is missing');
  const region = options.regions.find((one) => one.code === code);
  if (region === undefined) {
    throw new Refusal(404, 'database_region_not_found', 'Failed to find the region within the internal database');
  }
  if (region.objectStore) return region;
  const reason = `Feature object_store is not supported in region ${code}`;
  throw new Refusal(400, 'database_region_feature_not_supported', reason);
}

async function listStores(account: Account, call: Call): Promise<object> {
  const { code } = regionOf(account, call);
  return pageAnswer(
    account.storesIn(code).map((store) => storeAnswer(account, store)),
    call.query,
  );
}

async function createStore(account: Account, call: Call): Promise<object> {
  const { name, max_size_gb: size, access_key_id: key } = call.body;
  const region = regionOf(account, call);
  return storeAnswer(account, await account.createStore(region, text(name) ?? '', number(size) ?? 0, text(key)));
}

async function resizeStore(account: Account, call: Call, id: string): Promise<object> {
  const store = account.store(regionOf(account, call).code, id);
  await account.resizeStore(store, number(call.body['max_size_gb']) ?? 0);
  return storeAnswer(account, store);
}

async function removeStore(account: Account, call: Call, id: string): Promise<object> {
  await account.removeStore(account.store(regionOf(account, call).code, id));
  return SUCCESS;
}

/** Sizes in KB, rounded down; that of the store counts decimally whatever a KB is. */
async function stats(account: Account, call: Call, id: string): Promise<object> {
  const store = account.store(regionOf(account, call).code, id);
  const { bytes, objects } = await account.options.plane.stats(store);
  return {
    size_kb_utilised: Math.floor(bytes / account.options.kbBytes),
    max_size_kb: store.sizeGb * 1_000_000,
    num_objects: objects,
  };
}

async function listCredentials(account: Account, call: Call): Promise<object> {
  const { code } = regionOf(account, call);
  return pageAnswer(
    account.credentialsIn(code).map((one) => credentialAnswer(account, one)),
    call.query,
  );
}

async function createCredential(account: Account, call: Call): Promise<object> {
  const { code } = regionOf(account, call);
  const name = text(call.body['name']);
  if (name === undefined) throw new Refusal(400, 'parameter_name_missing', 'The name is missing');
  return credentialAnswer(account, await account.createCredential(code, { name, ...keysOf(call) }));
}

/** What is null or missing stays as it is. */
async function updateCredential(account: Account, call: Call, id: string): Promise<object> {
  const credential = account.credential(regionOf(account, call).code, id);
  await account.updateCredential(credential, keysOf(call));
  return credentialAnswer(account, credential);
}

async function removeCredential(account: Account, call: Call, id: string): Promise<object> {
  await account.removeCredential(account.credential(regionOf(account, call).code, id));
  return SUCCESS;
}

function keysOf({ body }: Call) {
  return {
    accessKey: text(body['access_key_id']),
    secretKey: text(body['secret_access_key_id']),
    maxSizeGb: number(body['max_size_gb']),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
