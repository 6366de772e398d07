import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import type { Order, OrderState, Resource } from '../../src/sandbox/model.ts';
import { openSite, type Site, type SiteOptions } from '../fakes/site.ts';

export const GIB = 1_073_741_824;
/** As long as nothing is slower than this, nothing hangs. */
const PATIENCE_MS = 60_000;
vi.setConfig({ testTimeout: 2 * PATIENCE_MS });

/** Waits pass twenty times faster, and orders are looked for every second of theirs. */
export const HASTY = { speed: 20, agent: 'reconcile_interval: 1s\npoll_interval: 1s\n' } as const;

/** A site for the time of `work`. What must hold after every test is checked at its end. */
export async function withSite(options: SiteOptions, work: (site: Site) => Promise<void>): Promise<void> {
  const site = await openSite(options);
  try {
    await work(site);
    expect(site.sandbox.invariants()).toEqual([]);
  } finally {
    await site.close();
  }
}

/** Starts the agent, and forgets what it asked for until it had nothing left to do. */
export async function ready(site: Site): Promise<void> {
  await site.start();
  await quiet(site);
  site.sandbox.journal.clear();
}

/** Resolves when the agent listens and has read the open orders since; without events, when it has read them. */
async function quiet({ sandbox, config }: Site): Promise<void> {
  const listens = config.offerings[0]?.stomp.enabled === true && sandbox.settings.profile !== '2024';
  await soon(() => {
    const subscribed = sandbox.journal.entries(0, 'stomp').findLast(({ method }) => method === 'SUBSCRIBE')?.seq;
    if (listens) expect(subscribed).toBeDefined();
    const lists = sandbox.journal.entries(subscribed, 'http').filter(({ path, status }) => {
      return path === '/api/marketplace-orders/' && status === 200;
    });
    expect(lists).not.toEqual([]);
  });
}

/** Repeats `check` until it passes. */
export function soon(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval: 4 });
}

export function reach(site: Site, order: Order, state: OrderState): Promise<Order> {
  return site.sandbox.await(order, state, AbortSignal.timeout(PATIENCE_MS));
}

/** Resolves when every change of an order was published, and nothing is left in the queues. */
export async function settled({ sandbox }: Site): Promise<void> {
  await soon(() => {
    const entries = sandbox.journal.entries();
    const transitions = entries.filter(({ kind, object }) => kind === 'transition' && object === 'order').length;
    const published = entries.filter(({ kind, object }) => kind === 'event' && object === 'order').length;
    expect(published).toBeGreaterThanOrEqual(transitions);
    for (const { owner, queue } of sandbox.store.consumers.all()) {
      expect(sandbox.broker.depth(owner.uuid, queue)).toEqual({ ready: 0, unacked: 0 });
    }
  });
}

/** An order that was carried out to its end, and everything it caused as well. */
export async function fulfilled(
  site: Site,
  request: Parameters<Site['sandbox']['placeOrder']>[0] = {},
): Promise<Order> {
  const order = site.sandbox.placeOrder(request);
  await reach(site, order, 'done');
  await settled(site);
  return order;
}

/** Checks that one order needed no more requests than it may, and starts counting anew. */
export function recount({ sandbox }: Site): void {
  expect(sandbox.invariants({ requestsPerOrder: 8 })).toEqual([]);
  sandbox.journal.clear();
}

/** What the agent asked about the order and its resource, as `POST order approve_by_provider`. */
export function requestsAbout({ sandbox }: Site, { uuid, resource }: Order): string[] {
  return sandbox.journal.entries(0, 'http').flatMap(({ method, path = '', user }) => {
    const about = path.includes(uuid) ? 'order' : path.includes(resource.uuid) ? 'resource' : undefined;
    if (about === undefined || user !== 'provider-owner') return [];
    return `${method} ${about} ${path.split('/')[4] ?? ''}`.trim();
  });
}

/** What someone else does over REST, as the user. */
export async function act(
  site: Site,
  user: string,
  path: string,
  body: JsonObject = {},
  method: 'POST' | 'PATCH' = 'POST',
): Promise<Json> {
  return send(method, `${site.sandbox.url}${path}`, body, { authorization: `Token ${site.sandbox.token(user)}` });
}

/** What the test API of the sandbox does. */
export async function tell(site: Site, path: string, body: JsonObject = {}): Promise<Json> {
  return send('POST', new URL(`/_test/${path}`, site.sandbox.url).href, body, {});
}

/** Someone of the staff takes the order into their own hands; answers whether Waldur let them. */
export async function person(site: Site, order: Order, action: string): Promise<boolean> {
  const url = new URL(`/_test/orders/${order.uuid}/person`, site.sandbox.url);
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ action }) });
  await answer.arrayBuffer();
  return answer.ok;
}

async function send(method: string, url: string, body: JsonObject, headers: Record<string, string>): Promise<Json> {
  const type = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method, headers: { ...headers, ...type }, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`);
  return text === '' ? null : (JSON.parse(text) as Json);
}

export interface AccountOnDisk {
  readonly resource: string;
  readonly name: string;
  readonly suspended: boolean;
  readonly keys: readonly { readonly access_key: string; readonly secret_key: string }[];
}

/** What the files of accounts say, empty when there are none. */
export function accountsOf({ storage }: Site): Readonly<Record<string, AccountOnDisk>> {
  const folder = join(storage, '.agent', 'accounts');
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  return Object.fromEntries(
    files.map((name) => [
      name.slice(0, -'.json'.length),
      JSON.parse(readFileSync(join(folder, name), 'utf8')) as AccountOnDisk,
    ]),
  );
}

export function bucketsOf({ storage }: Site): string[] {
  return readdirSync(storage).filter((name) => !name.startsWith('.'));
}

export function quotaOf({ storage }: Site, bucket: string): JsonObject {
  return JSON.parse(readFileSync(join(storage, bucket, '.quota'), 'utf8')) as JsonObject;
}

export function limitOf(site: Site, bucket: string): Json | undefined {
  return quotaOf(site, bucket)['max_size_bytes'];
}

/** Everything below the storage path but the contents of files: enough to see that nothing was made or removed. */
export function treeOf({ storage }: Site): string[] {
  return readdirSync(storage, { recursive: true, encoding: 'utf8' }).sort();
}

/** One account, complete and working: what the disk has is what Waldur tells the consumer. */
export function expectWorking(site: Site, resource: Resource): void {
  const account = resource.backendId;
  expect(resource).toMatchObject({ state: 'OK', backendMetadata: { s3_user: account, s3_bucket: account } });
  expect(bucketsOf(site).filter((name) => name.endsWith(resource.uuid.slice(0, 8)))).toEqual([account]);
  const record = accountsOf(site)[account];
  expect(record).toMatchObject({ resource: resource.uuid, suspended: false });
  const stored = resource.backendMetadata['s3_credentials'];
  const { access_key, secret_key } = isJsonObject(stored) ? stored : {};
  expect(record?.keys).toEqual([{ access_key, secret_key }]);
  const endpoints = site.sandbox.settings.profile === '2024' ? [] : ['S3'];
  expect(resource.endpoints.map(({ name }) => name)).toEqual(endpoints);
}
