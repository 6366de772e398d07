import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Order, OrderState, Resource } from '../../src/sandbox/model.ts';
import type { OrderRequest } from '../../src/sandbox/order-request.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { dashed } from '../../src/sandbox/serialize/fields.ts';
import { outlivesKill, rabbitmqOf, signalRabbitmq, takesMessages } from '../fakes/rabbitmq.ts';
import { type Peer, type PeerOptions, startPeer } from './peer/start-peer.ts';

/**
 * Waldur's own agent, unmodified, against the sandbox: that an independent client accepts every answer, status, page,
 * queue and frame of it is what shows that the sandbox is like the server.
 */

const PATIENCE_MS = 60_000;
vi.setConfig({ testTimeout: 2 * PATIENCE_MS, hookTimeout: 2 * PATIENCE_MS });
const HOUR_MS = 3_600_000;

let sandbox: Sandbox;
let folder: string;
/** What the last one said is why an order waits in vain. */
let latest: Peer;

async function open(options: SandboxOptions = {}): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'python-peer-'));
  mkdirSync(join(folder, 'accounts'));
  sandbox = await startSandbox({ dispatchDelayMs: [0, 2], ...options });
}

async function close(): Promise<void> {
  await sandbox.close();
  rmSync(folder, { recursive: true });
}

describe('orders and events', () => {
  let peer: Peer;

  beforeAll(async () => {
    // The agent takes an order that is executing for its own: the server is done with those of options before it looks.
    await open({ processorDelayMs: [0, 0] });
    Object.assign(sandbox.store.offerings.get(FIXTURE.limit)?.pluginOptions ?? {}, {
      enable_membership_sync_status: true,
    });
    const offerings = { limit: {}, usage: { keys: true }, options: {} };
    peer = start({ mode: 'event_process', offerings, membership: true });
    await soon(() => expect(peer.ready()).toBe(true));
  });
  afterAll(async () => {
    expect(await peer.stop()).toBe(0);
    await close();
  });
  afterEach(() => {
    expect(notUnderstood()).toEqual([]);
    expect(sandbox.invariants()).toEqual([]);
  });

  test('creates, changes the limits of, terminates and restores', async () => {
    const { resource } = await finished({ name: 'One' }, 'done');
    expect(resource).toMatchObject({ state: 'OK', backendId: 'one', endpoints: [{ name: 'S3' }] });
    const { keys, limits } = account('one');
    expect(limits).toEqual({ storage: 100, objects: 1_000_000 });
    const [{ client_id: access_key, api_key: secret_key } = {}] = keys;
    expect(resource.backendMetadata['s3_credentials']).toEqual({ access_key, secret_key });

    await finished({ type: 'Update', resource: resource.uuid, limits: { storage: 7, objects: 8 } }, 'done');
    expect(resource.limits).toEqual({ storage: 7, objects: 8 });
    expect(account('one').limits).toEqual({ storage: 7, objects: 8 });

    await finished({ type: 'Terminate', resource: resource.uuid }, 'done');
    expect(resource.state).toBe('Terminated');
    expect(() => account('one')).toThrow('ENOENT');

    await finished({ type: 'Restore', resource: resource.uuid }, 'done');
    expect(resource).toMatchObject({ state: 'OK', backendId: 'one' });
    expect(account('one').resource).toBe(resource.uuid);
  });

  test('leaves an order of options to the server', async () => {
    const { resource } = await finished({ offering: FIXTURE.options, name: 'Optional' }, 'done');
    await finished({ type: 'Update', kind: 'options', resource: resource.uuid, options: { storage_limit: 9 } }, 'done');
    expect(resource).toMatchObject({ state: 'OK', options: { storage_limit: 9 } });
  });

  test('rejects what its backend does not want', async () => {
    const { resource } = await finished({ name: 'Rejected' }, 'rejected');
    expect(resource.state).toBe('Terminated');
  });

  test('fails what its backend fails at, and the resource by what it had become', async () => {
    const broken = await finished({ name: 'Broken' }, 'erred');
    expect(broken).toMatchObject({ errorMessage: 'the backend is out of order', resource: { state: 'Terminated' } });
    const { resource } = await finished({ name: 'Vanishing' }, 'done');
    rmSync(join(folder, 'accounts', 'vanishing.json'));
    await finished({ type: 'Update', resource: resource.uuid, limits: { storage: 1, objects: 1 } }, 'erred');
    expect(resource.state).toBe('Erred');
  });

  test('tries again when Waldur was out of order', async () => {
    const path = '*/set_backend_id/';
    sandbox.faults.add({ match: { path }, times: 1, action: { kind: 'status', status: 503 } });
    const { resource } = await finished({ name: 'Patient' }, 'done');
    expect(resource).toMatchObject({ state: 'OK', backendId: 'patient' });
  });

  test('keeps access keys with Waldur and changes one when asked to', async () => {
    const { resource } = await finished({ offering: FIXTURE.usage, name: 'Keyed' }, 'done');
    const stored = () => keysOf(resource).map(({ clientId, secret }) => ({ client_id: clientId, api_key: secret }));
    expect(stored()).toHaveLength(2);
    expect(stored()).toEqual(account('keyed').keys);
    const [key] = keysOf(resource);
    const old = key?.clientId;
    await control('keys/rotate', { key: key?.uuid ?? '' });
    await soon(() => expect(key?.state).toBe('OK'));
    expect(key?.clientId).not.toBe(old);
    expect(new Set(stored())).toEqual(new Set(account('keyed').keys));
  });

  test('pauses and resumes', async () => {
    const { resource } = await finished({ name: 'Paused' }, 'done');
    for (const [flag, state] of [
      ['paused', 'paused'],
      ['downscaled', 'downscaled'],
      ['', 'usable'],
    ] as const) {
      const flags = { paused: flag === 'paused', downscaled: flag === 'downscaled' };
      await control('flags', { resource: resource.uuid, ...flags });
      await soon(() => expect(resource.backendMetadata).toMatchObject({ state }));
      expect(account('paused').state).toBe(state);
    }
  });

  test('makes again what its backend lost, when someone presses sync', async () => {
    const { resource } = await finished({ name: 'Lost' }, 'done');
    rmSync(join(folder, 'accounts', 'lost.json'));
    await control('sync', { offering: FIXTURE.limit });
    await soon(() => expect(account('lost').resource).toBe(resource.uuid));
  });

  test('hears of people', async () => {
    const { resource } = await finished({ name: 'Shared' }, 'done');
    const synced = resource.lastSync;
    await act(`marketplace-provider-resources/${resource.uuid}/sync_user_roles/`);
    await soon(() => expect(answered(`${dashed(resource.uuid)}/set_membership_sync_statuses/`)).toEqual([200]));
    await act(`marketplace-provider-resources/${resource.uuid}/pull/`);
    await soon(() => expect(resource.lastSync).not.toBe(synced));
  });

  test('connects again after the broker was gone, and takes what waited', async () => {
    const before = sandbox.broker.sessions().map(({ id }) => id);
    sandbox.broker.fault({ kind: 'refuse', times: 3, status: 503 });
    sandbox.broker.fault({ kind: 'reset' });
    await finished({ name: 'Waiting' }, 'done');
    await soon(() => expect(sandbox.broker.sessions()).toHaveLength(3));
    expect(sandbox.broker.sessions().filter(({ id }) => before.includes(id))).toEqual([]);
  });

  test('has met nothing it did not expect', () => {
    const causes = /out of order|vanishing|503|STOMP server|Received an error/i;
    const errors = peer.log().filter(({ level, event }) => /error|critical/.test(level) && !causes.test(event));
    expect(errors.map(({ event }) => event.slice(0, 300))).toEqual([]);
  });
});

describe('what events do not tell', () => {
  afterEach(close);

  test('orders that waited, and a key whose change was never reported', async () => {
    // To the peer, what happens now happened an hour ago.
    await open({ startsAt: new Date(Date.now() - HOUR_MS) });
    const waiting = sandbox.placeOrder({ offering: FIXTURE.usage, name: 'Early' });
    const first = start({ mode: 'event_process', offerings: { usage: { keys: true } } });
    await reached(waiting, 'done');
    await soon(() => expect(first.ready()).toBe(true));
    expect(await first.stop()).toBe(0);

    const [key] = keysOf(waiting.resource);
    await control('broker', { kind: 'deleteQueue' });
    await control('keys/rotate', { key: key?.uuid ?? '' });
    expect(key?.state).toBe('Updating');
    const second = start({ mode: 'event_process', offerings: { usage: { keys: true } } });
    await soon(() => expect(second.ready() && key?.state).toBe('OK'));
    expect(await second.stop()).toBe(0);
    expect(notUnderstood()).toEqual([]);
  });

  test('orders found by polling', async () => {
    await open();
    const order = sandbox.placeOrder({ name: 'Polled' });
    const peer = start({ mode: 'order_process', offerings: { limit: {} }, stomp: false });
    await reached(order, 'done');
    await peer.stop();
    expect(notUnderstood()).toEqual([]);
  });
});

test('hears through RabbitMQ, also after that was killed', async () => {
  const rabbitmq = rabbitmqOf(process.env);
  await open({ rabbitmq });
  const brokerPort = Number(new URL(rabbitmq.wsUrl).port);
  const peer = start({ mode: 'event_process', offerings: { limit: {} }, brokerPort });
  try {
    await soon(() => expect(peer.ready()).toBe(true));
    await finished({ name: 'Before' }, 'done');
    const [{ to: queue } = {}] = sandbox.journal.entries(0, 'event');
    await soon(() => expect(queue !== undefined && outlivesKill(queue)).toBe(true));
    signalRabbitmq('SIGKILL');
    // What it does not take while it starts again is lost, as it is to Waldur; what it takes then waits for the peer.
    await soon(async () => expect(await takesMessages(rabbitmq)).toBe(true));
    await finished({ name: 'After' }, 'done');
    expect(notUnderstood()).toEqual([]);
    expect(await peer.stop()).toBe(0);
  } finally {
    peer.child.kill('SIGKILL');
    await close();
  }
});

describe('usage', () => {
  beforeAll(() => open());
  afterAll(close);

  test('is reported, not reported twice, and does not fall', async () => {
    const { resource } = sandbox.placeOrder({ name: 'Metered', state: 'executing' });
    await act(`marketplace-provider-resources/${resource.uuid}/set_backend_id/`, { backend_id: 'metered' });
    await act(`marketplace-orders/${sandbox.store.orders.all()[0]?.uuid ?? ''}/set_state_done/`);
    const used = (storage: number) => ({ storage, objects: 2 });

    await report({ TOTAL_ACCOUNT_USAGE: used(1.255), alice: used(1) }, () => {
      expect(usages()).toEqual(['objects 2.00', 'storage 1.25']);
      expect(sandbox.store.userUsages.all().map(({ username }) => username)).toEqual(['alice', 'alice']);
    });

    expect(answered('/set_usage/')).toEqual([201]);
    await report({ TOTAL_ACCOUNT_USAGE: used(1.255) }, (said) => expect(said).toContain('Usage unchanged'));
    await report({ TOTAL_ACCOUNT_USAGE: used(1) }, (said) => expect(said).toContain('Usage anomaly detected'));
    expect(answered('/set_usage/')).toEqual([201]);
    expect(usages()).toEqual(['objects 2.00', 'storage 1.25']);
    expect(notUnderstood()).toEqual([]);
  });
});

function start(options: Omit<PeerOptions, 'folder'>): Peer {
  latest = startPeer(sandbox, { folder, ...options });
  return latest;
}

async function finished(request: OrderRequest, state: OrderState): Promise<Order> {
  return reached(sandbox.placeOrder(request), state);
}

async function reached(order: Order, state: OrderState): Promise<Order> {
  try {
    return await sandbox.await(order, state, AbortSignal.timeout(PATIENCE_MS));
  } catch (cause) {
    const said = latest.log().map(({ level, event }) => `${level} ${event.slice(0, 200)}`);
    const lost = sandbox.journal.entries(0, 'event').filter(({ status }) => status === 0);
    const why = [`${order.uuid} is ${order.state}, and ${lost.length} events were not taken`, ...said.slice(-8)];
    throw new Error(why.join('\n'), { cause });
  }
}

interface Account {
  readonly resource: string;
  readonly limits: object;
  readonly keys: readonly { readonly client_id: string; readonly api_key: string }[];
  readonly state?: string;
}

function account(name: string): Account {
  return JSON.parse(readFileSync(join(folder, 'accounts', `${name}.json`), 'utf8')) as Account;
}

function soon(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval: 20 });
}

/** One run of its `report` mode, until it has shown what is waited for. */
async function report(usage: object, check: (said: string) => void): Promise<void> {
  writeFileSync(join(folder, 'accounts', 'metered.json'), JSON.stringify({ limits: {}, usage }));
  const peer = start({ mode: 'report', offerings: { limit: {} } });
  const said = () => peer.log().map(({ event }) => event);
  await soon(() => check(said().join('\n')));
  await peer.stop();
}

function usages(): string[] {
  const rows = sandbox.store.usages.all();
  return rows.map(({ component, cents }) => `${component.type} ${(Number(cents) / 100).toFixed(2)}`).toSorted();
}

function keysOf(resource: Resource) {
  return sandbox.store.keys.by('resource', resource.uuid);
}

/** What the peer asked for and the sandbox does not have. */
function notUnderstood() {
  return sandbox.journal
    .entries(0, 'warning')
    .map(({ object, method, path, detail }) => ({ object, method, path, detail }));
}

/** Statuses of the answers to requests whose path ends so. */
function answered(end: string) {
  const requests = sandbox.journal.entries(0, 'http').filter(({ path }) => path?.endsWith(end) === true);
  return requests.map(({ status }) => status);
}

async function control(path: string, body: object): Promise<void> {
  await send(sandbox.url.replace(/api\/$/, `_test/${path}`), body);
}

/** As a member of staff. */
async function act(path: string, body: object = {}): Promise<void> {
  await send(`${sandbox.url}${path}`, body);
}

async function send(url: string, body: object): Promise<void> {
  const headers = { authorization: `Token ${sandbox.token('staff')}`, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.ok, `${url}: ${answer.status}`).toBe(true);
}
