import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHttp } from '../../lib/http.ts';
import { isJsonObject, type JsonObject } from '../../lib/json.ts';
import { formatBytes } from '../../lib/units.ts';
import { FIXTURE } from '../../sandbox/fixture.ts';
import type { Order, OrderState, Resource } from '../../sandbox/model.ts';
import { type Bucket, openBucket } from '../demo/bucket.ts';
import { type Consumer, createConsumer } from '../demo/consumer.ts';
import { type DemoSite, openDemoSite } from '../demo/site.ts';
import { createStage, type Stage } from '../demo/stage.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { Invocation } from '../parse.ts';
import { stopped } from '../stopped.ts';

const MIB = 1024 * 1024;
const FILES = [
  { key: 'runs/2026-08/sample-1.fastq', bytes: 96 * MIB },
  { key: 'runs/2026-08/sample-2.fastq', bytes: 160 * MIB },
];
const TOO_LARGE = { key: 'runs/2026-08/all.bam', bytes: 1024 * MIB };
const PATIENCE_MS = 10_000;

/** The life of one bucket, from the order to its end. Exit 0 only when Waldur ends up in the right state. */
export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const start = io.clock.monotonicMs();
  const stage = createStage(io.stdout, io.clock);
  stage.chapter('An embedded Waldur and an agent start on 127.0.0.1');
  const site = await openDemoSite(io);
  try {
    const wrong = await play(site, stage, io);
    const seconds = ((io.clock.monotonicMs() - start) / 1000).toFixed(1);
    const { style } = io.stdout;
    const right = `\n${style.green(style.glyphs.ok)} Waldur's final state is right. ${seconds} s in all.\n`;
    if (wrong.length === 0) io.stdout.write(right);
    for (const problem of wrong) io.stderr.write(`${style.red(style.glyphs.failed)} ${problem}\n`);
    if (invocation.flags.has('stay')) await stay(site, io);
    return wrong.length === 0 ? EXIT.ok : EXIT.failed;
  } finally {
    await site.close();
  }
}

/** For people who want to look around. Returns when they interrupt it, which is no failure. */
async function stay({ page }: DemoSite, io: Io): Promise<void> {
  io.stdout.write(`\nThe page is at ${page} until you press Ctrl-C.\n`);
  await stopped(io.signal);
}

async function play(site: DemoSite, stage: Stage, io: Io): Promise<string[]> {
  const { sandbox } = site;
  const consumer = consumerOf(site, io);
  const { signal } = io;
  stage.line('Waldur', `REST ${sandbox.url}, STOMP ${sandbox.wsUrl}`);
  await until(io, 'the agent to listen', () =>
    sandbox.broker.sessions().some(({ subscriptions }) => subscriptions > 0),
  );
  stage.end('agent', 'registered its queue and listens for orders');

  stage.chapter('Alice orders a bucket of 1 GiB');
  stage.line('Alice', 'POST marketplace-orders/ {"attributes": {"name": "reads", "storage_limit": 1}}');
  const { resource } = await finished(site, () => consumer.order(orderBody(site), signal), 'done', io, stage);
  stage.line('Alice', credentialsOf(resource));
  const bucket = openBucket(resource.backendMetadata['s3_credentials'], resource.backendId, () => io.clock.now());

  stage.chapter('She fills it over S3, and the agent reports what it holds');
  for (const file of FILES) await put(bucket, file, 200, io, stage);
  await put(bucket, TOO_LARGE, 507, io, stage);
  site.agent.reportNow();
  await until(io, 'the usage report', () => usageOf(site, resource) !== undefined);
  stage.end('Waldur', `has ${usageOf(site, resource)} GB on record for this month`);

  stage.chapter('She raises the limit to 2 GiB');
  const raise = () => consumer.act(resource.uuid, 'update_options', { options: { storage_limit: 2 } }, signal);
  await finished(site, raise, 'done', io, stage);
  const quota = quotaOf(site, resource);
  const { headers } = await bucket.head(signal);
  stage.line('storage', `.quota now says ${formatBytes(quota)}, and S3 ${String(headers['x-amz-bucket-quota'])} bytes`);

  stage.chapter('She terminates it while it still holds data');
  const terminate = () => consumer.act(resource.uuid, 'terminate', {}, signal);
  const order = await finished(site, terminate, 'erred', io, stage);
  stage.line('Alice', `reads: ${order.errorMessage}`);

  stage.chapter('She empties it and terminates it again');
  for (const { key } of FILES) {
    const { status } = await bucket.remove(key, signal);
    stage.line('Alice', `DELETE ${key}: ${status}`);
  }
  await finished(site, terminate, 'done', io, stage);

  return verify(site, resource, quota);
}

/** What Waldur must say at the end of the demo; empty when it does. */
function verify(site: DemoSite, resource: Resource, quota: bigint): string[] {
  const states = site.sandbox.store.orders.by('resource', resource.uuid).map(({ state }) => state);
  const checks: [string, unknown, unknown][] = [
    ['orders', states.toSorted().join(' '), 'done done done erred'],
    ['resource', resource.state, 'Terminated'],
    ['option', resource.options?.['storage_limit'], 2],
    ['quota', quota, 2n * 1024n ** 3n],
    ['usage', usageOf(site, resource), '0.25'],
    ['credentials', resource.backendMetadata['s3_credentials'], undefined],
    ['invariants', JSON.stringify(site.sandbox.invariants()), '[]'],
  ];
  return checks
    .filter(([, is, want]) => is !== want)
    .map(([what, is, want]) => `${what}: ${String(is)} instead of ${String(want)}`);
}

/** Places an order, waits until it has its last state, and tells what was done for it. */
async function finished(
  site: DemoSite,
  place: () => Promise<string>,
  state: OrderState,
  io: Io,
  stage: Stage,
): Promise<Order> {
  const since = site.sandbox.journal.entries().at(-1)?.seq ?? 0;
  const uuid = await place();
  await until(io, `order ${uuid} to be ${state}`, () => site.sandbox.store.orders.get(uuid)?.state === state);
  const order = site.sandbox.store.orders.get(uuid);
  if (order === undefined) throw new Error(`order ${uuid} vanished`);
  for (const { action, account } of site.takeActions()) stage.line('storage', `${action} ${account}`);
  const calls = site.sandbox.journal
    .entries(since, 'http')
    .filter(
      ({ method, user, path = '' }) => method === 'POST' && user === 'provider-owner' && /orders|resources/.test(path),
    )
    .map(({ path = '' }) => path.split('/').at(-2));
  if (calls.length > 0) stage.line('agent', calls.join(', '));
  stage.end('Waldur', `order ${order.type} ${state}, resource ${order.resource.state}`);
  return order;
}

/** Things happen in other parts of this process, so a short look every few milliseconds is enough. */
async function until(io: Io, what: string, isSo: () => boolean): Promise<void> {
  const deadline = io.clock.monotonicMs() + PATIENCE_MS;
  while (!isSo()) {
    if (io.clock.monotonicMs() > deadline) throw new Error(`waited ${PATIENCE_MS / 1000} s for ${what}`);
    await io.clock.sleep(5, io.signal);
  }
}

function consumerOf({ sandbox }: DemoSite, io: Io): Consumer {
  const headers = async () => ({ authorization: `Token ${sandbox.token('consumer')}` });
  return createConsumer(createHttp({ baseUrl: sandbox.url, peer: 'Waldur', headers }, { clock: io.clock }));
}

function orderBody({ sandbox: { url, store } }: DemoSite): JsonObject {
  const plan = store.offerings.get(FIXTURE.options)?.plans[0]?.uuid ?? '';
  return {
    plan: `${url}marketplace-plans/${plan}/`,
    offering: `${url}marketplace-public-offerings/${FIXTURE.options}/`,
    project: `${url}projects/${FIXTURE.project}/`,
    attributes: { name: 'reads', storage_limit: 1 },
    accepting_terms_of_service: true,
  };
}

/** @throws Error when the answer is not the one that was expected */
async function put(
  bucket: Bucket,
  { key, bytes }: (typeof FILES)[number],
  expected: number,
  io: Io,
  stage: Stage,
): Promise<void> {
  const { status, code } = await bucket.put(key, bytes, io.signal);
  stage.line('Alice', `PUT ${key}, ${formatBytes(BigInt(bytes))}: ${status} ${code ?? ''}`.trimEnd());
  if (status !== expected) throw new Error(`PUT ${key} was answered with ${status} instead of ${expected}`);
}

function quotaOf({ storage }: DemoSite, { backendId }: Resource): bigint {
  const record: unknown = JSON.parse(readFileSync(join(storage, backendId, '.quota'), 'utf8'));
  return BigInt(isJsonObject(record) ? Number(record['max_size_bytes']) : 0);
}

function usageOf({ sandbox }: DemoSite, { uuid }: Resource): string | undefined {
  const usage = sandbox.store.usages.all().find(({ resource }) => resource.uuid === uuid);
  return usage && (Number(usage.cents) / 100).toFixed(2);
}

function credentialsOf({ backendMetadata }: Resource): string {
  const credentials = backendMetadata['s3_credentials'];
  if (!isJsonObject(credentials)) return 'has no credentials';
  const { access_key: key, endpoint } = credentials;
  return `sees access key ${JSON.stringify(key)}, secret key ********, endpoint ${JSON.stringify(endpoint)}`;
}
