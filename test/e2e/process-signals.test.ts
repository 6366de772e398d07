import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import {
  closeAll,
  FIVE,
  killGroup,
  NOTIFIED,
  openProcessSite,
  type ProcessSite,
  patience,
  type RunningAgent,
  soon,
  start,
} from '../fakes/process.ts';

vi.setConfig({ testTimeout: 120_000 });
afterEach(closeAll);

/** Resolves when such a request was received. */
const asked = ({ sandbox }: Pick<ProcessSite, 'sandbox'>, path: RegExp): Promise<void> =>
  soon(() => expect(sandbox.journal.entries(0, 'http').some((entry) => path.test(entry.path ?? ''))).toBe(true));

/** Ids of the sessions on the event bus. */
const sessions = ({ sandbox }: Pick<ProcessSite, 'sandbox'>): string[] =>
  sandbox.broker
    .sessions()
    .filter(({ subscriptions }) => subscriptions > 0)
    .map(({ id }) => id)
    .toSorted();

const listening = (site: Pick<ProcessSite, 'sandbox'>, count: number): Promise<void> =>
  soon(() => expect(sessions(site)).toHaveLength(count));

async function nothingLeft(agent: RunningAgent): Promise<void> {
  expect(killGroup(agent.child, 0)).toBe(false);
  await expect(agent.page('/healthz')).rejects.toThrow();
}

test('SIGTERM lets the order in progress finish', async () => {
  const site = await openProcessSite();
  const { sandbox } = site;
  const agent = await site.run();
  await listening(site, 1);
  sandbox.settings.latencyMs = 100;
  const order = sandbox.placeOrder(FIVE);
  await asked(site, /approve_by_provider/);
  agent.child.kill('SIGTERM');
  await agent.says(/"stopping; a second signal leaves at once"/);
  expect((await agent.page('/readyz')).text).toContain('"detail":"draining"');
  expect(await agent.ended).toBe(0);
  expect(order.state).toBe('done');
  expect(order.resource.backendMetadata).toHaveProperty('s3_credentials');
  expect(sandbox.invariants()).toEqual([]);
  expect(agent.output.stderr).toBe('');
  await nothingLeft(agent);
});

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('a second %s leaves at once', async (signal, code) => {
  const site = await openProcessSite();
  const agent = await site.run();
  await listening(site, 1);
  site.sandbox.faults.add({ match: { path: '*/approve_by_provider/' }, action: { kind: 'delay', ms: 60_000 } });
  site.sandbox.placeOrder(FIVE);
  await asked(site, /approve_by_provider/);
  agent.child.kill(signal);
  await agent.says(/"stopping; a second signal leaves at once"/);
  agent.child.kill(signal);
  expect(await agent.ended).toBe(code);
  await nothingLeft(agent);
});

test('a drain that takes too long is cut short, and the next start finishes the order', async () => {
  const site = await openProcessSite();
  const { sandbox } = site;
  site.configure({ drain_timeout: '1s' });
  const agent = await site.run();
  await listening(site, 1);
  sandbox.faults.add({ match: { path: '*/set_backend_id/' }, action: { kind: 'delay', ms: 60_000 }, times: 1 });
  const order = sandbox.placeOrder(FIVE);
  await asked(site, /set_backend_id/);
  agent.child.kill('SIGTERM');
  expect(await agent.ended).toBe(75);
  expect(order.state).toBe('executing');
  await nothingLeft(agent);
  await site.run();
  await sandbox.await(order, 'done', patience());
  expect(sandbox.invariants()).toEqual([]);
});

/**
 * Hears a signal as soon as the program listens to it, long before the daemon runs. It is emitted and not sent: since
 * Node 22 modules load without a turn of the event loop, and a signal that was sent would arrive after all of them.
 */
const EARLY = `let sent = false; process.on('newListener', (name) => {
  if (name !== 'SIGTERM' || sent) return;
  sent = true;
  queueMicrotask(() => process.emit(name, name));
})`;

test('SIGTERM while it loads is not lost', async () => {
  const site = await openProcessSite();
  const env = { WALDUR_TOKEN: site.sandbox.token('provider-owner') };
  const program = start(['run', '-c', site.file], { env, preload: EARLY });
  expect(await program.ended).toBe(0);
  expect(program.output).toMatchObject({ stdout: '', stderr: '' });
});

/** Stands in for a bug: an exception from nowhere, whenever the test wants one. */
const PLANTED = `process.on('SIGWINCH', () => { throw new Error('planted') })`;

test('an exception no one caught is told, and the order in progress still finishes', async () => {
  const site = await openProcessSite();
  const { sandbox } = site;
  const agent = await site.run({ preload: PLANTED });
  await listening(site, 1);
  sandbox.settings.latencyMs = 100;
  const order = sandbox.placeOrder(FIVE);
  await asked(site, /approve_by_provider/);
  agent.child.kill('SIGWINCH');
  expect(await agent.ended).toBe(70);
  expect(agent.output.stdout).toMatch(/"code":"BUG",.*"message":"planted".*"unexpected error, stopping"/);
  expect(order.state).toBe('done');
  await nothingLeft(agent);
});

test('SIGHUP starts, restarts and stops what changed, and leaves the rest alone', async () => {
  const site = await openProcessSite();
  const [limit, usage, options] = [site.offering('limit'), site.offering('usage'), site.offering('options')];
  site.configure({ offerings: [limit] });
  const agent = await site.run();
  await listening(site, 1);
  const [first = ''] = sessions(site);

  const reload = async (offerings: readonly unknown[], outcome: RegExp): Promise<void> => {
    site.configure({ offerings });
    agent.child.kill('SIGHUP');
    await agent.says(outcome);
    await listening(site, offerings.length);
    expect(sessions(site)).toContain(first);
  };
  await reload([limit, usage], /1 offering added, 0 removed, 0 restarted/);
  const second = sessions(site).filter((id) => id !== first);
  await reload([limit, { ...usage, policy: 'no-delete' }, options], /1 offering added, 0 removed, 1 restarted/);
  expect(sessions(site)).not.toContain(second[0]);
  await reload([limit], /0 offerings added, 2 removed, 0 restarted/);

  expect(await agent.metric('config_last_reload_successful')).toEqual(['config_last_reload_successful 1']);
  expect(await agent.metric('stomp_connected')).toEqual(['stomp_connected{offering="limit"} 1']);
  await site.sandbox.await(site.sandbox.placeOrder(FIVE), 'done', patience());
});

test.each([
  ['a broken file', { offerings: [{ name: 'x' }] }, /"code":"CONFIG_INVALID"/],
  ['a key that needs a restart', { concurrency: 3 }, /concurrency can only change with a restart/],
])('SIGHUP with %s changes nothing', async (_, config, reason) => {
  const site = await openProcessSite();
  const agent = await site.run();
  await listening(site, 1);
  const before = sessions(site);
  site.configure(config);
  agent.child.kill('SIGHUP');
  await agent.says(/"reload rejected, the old configuration stays"/);
  expect(agent.output.stdout).toMatch(reason);
  expect(await agent.metric('config_last_reload_successful')).toEqual(['config_last_reload_successful 0']);
  expect(sessions(site)).toEqual(before);
  await site.sandbox.await(site.sandbox.placeOrder(FIVE), 'done', patience());
});

test('SIGHUP changes the level of the log', async () => {
  const site = await openProcessSite();
  const { sandbox } = site;
  const agent = await site.run();
  await listening(site, 1);
  const before = sessions(site);
  site.configure({ log_level: 'error' });
  agent.child.kill('SIGHUP');
  await soon(() => {
    expect(sessions(site)).toHaveLength(1);
    expect(sessions(site)).not.toEqual(before);
  });
  await sandbox.await(sandbox.placeOrder(FIVE), 'done', patience());
  site.configure();
  agent.child.kill('SIGHUP');
  await agent.says(/"configuration reloaded"/);
  expect(agent.output.stdout).not.toContain('"order handled"');
});

test('SIGTERM during a reload that waits for an order lets the order finish', async () => {
  const site = await openProcessSite();
  const { sandbox } = site;
  const agent = await site.run({ ...NOTIFIED, env: { NOTIFY_SOCKET: '/dev/null' } });
  await listening(site, 1);
  sandbox.settings.latencyMs = 100;
  const order = sandbox.placeOrder(FIVE);
  await asked(site, /approve_by_provider/);
  site.configure({ poll_interval: '5s' });
  agent.child.kill('SIGHUP');
  await agent.says(/RELOADING=1/, 'extra');
  agent.child.kill('SIGTERM');
  expect(await agent.ended).toBe(0);
  expect(agent.output.stdout).toContain('stopped before the new configuration was taken over');
  expect(order.state).toBe('done');
  expect(agent.output.stderr).toBe('');
  await nothingLeft(agent);
});

test('a reload does not wait forever for an order', async () => {
  const site = await openProcessSite();
  const { sandbox } = site;
  site.configure({ drain_timeout: '1s' });
  const agent = await site.run();
  await listening(site, 1);
  sandbox.faults.add({ match: { path: '*/set_backend_id/' }, action: { kind: 'delay', ms: 60_000 }, times: 1 });
  const order = sandbox.placeOrder(FIVE);
  await asked(site, /set_backend_id/);
  site.configure({ drain_timeout: '1s', offerings: [site.offering('limit', { policy: 'no-delete' })] });
  agent.child.kill('SIGHUP');
  await agent.says(/"configuration reloaded"/);
  await sandbox.await(order, 'done', patience());
});

test('SIGUSR2 reports now', async () => {
  const site = await openProcessSite();
  const { sandbox } = site;
  site.configure({ offerings: [site.offering('usage')] });
  const agent = await site.run();
  const attributes = { storage_limit: 5 };
  const order = sandbox.placeOrder({ offering: FIXTURE.usage, attributes });
  await sandbox.await(order, 'done', patience());
  const bucket = join(site.storages.usage, order.resource.backendId);
  writeFileSync(join(bucket, 'object'), Buffer.alloc(100_000_000));
  agent.child.kill('SIGUSR2');
  await agent.says(/"submitted":1.*"usage reported"/);
  expect(sandbox.store.usages.all().map(({ cents }) => Number(cents))).toEqual([9]);
  agent.child.kill('SIGUSR2');
  await agent.says(/"submitted":0,"unchanged":1.*"usage reported"/);
});

test('SIGUSR1 opens no inspector', async () => {
  const site = await openProcessSite();
  const agent = await site.run();
  await listening(site, 1);
  agent.child.kill('SIGUSR1');
  await site.sandbox.await(site.sandbox.placeOrder(FIVE), 'done', patience());
  expect(agent.output.stderr).toBe('');
});

test('the last line of the log says that it stopped, and a rejected reload is told in the form of the log', async () => {
  const site = await openProcessSite();
  const agent = await site.run();
  await listening(site, 1);
  site.configure({ lisen: 1 });
  agent.child.kill('SIGHUP');
  await agent.says(/"reload rejected, the old configuration stays"/);
  agent.child.kill('SIGTERM');
  expect(await agent.ended).toBe(0);
  expect(agent.output.stderr).toBe('');
  const lines = agent.output.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      line: expect.any(Number),
      problem: expect.stringContaining('lisen'),
      file: site.file,
    }),
  );
  expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'agent stopped' });
});
