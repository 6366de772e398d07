import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { freePort } from '../../src/cli/demo/free-port.ts';
import { closeAll, FIVE, NOTIFIED, openProcessSite, patience, soon } from '../fakes/process.ts';

vi.setConfig({ testTimeout: 120_000 });
afterEach(closeAll);

const probesOf = (text: string): unknown => (JSON.parse(text) as { probes: unknown }).probes;

test('its pages tell of a site at work', async () => {
  const { sandbox, ...site } = await openProcessSite();
  const agent = await site.run();
  await soon(async () => expect((await agent.page('/readyz')).status).toBe(200));
  await sandbox.await(sandbox.placeOrder(FIVE), 'done', patience());
  await agent.says(/"order handled"/);
  expect(JSON.parse((await agent.page('/healthz')).text)).toMatchObject({ status: 'ok' });
  expect(probesOf((await agent.page('/readyz')).text)).toEqual([
    { name: 'process', ok: true, detail: 'running' },
    { name: 'offering limit', ok: true, detail: 'connected' },
  ]);
  expect(await agent.metric('stomp_connected')).toEqual(['stomp_connected{offering="limit"} 1']);
  expect(await agent.metric('backend_up')).toEqual(['backend_up{offering="limit"} 1']);
  expect(await agent.metric('orders_total')).toContain('orders_total{offering="limit",type="create",outcome="done"} 1');
  expect(sandbox.invariants()).toEqual([]);
});

test('without Waldur it runs, and says what is missing', async () => {
  const site = await openProcessSite();
  const waldur_api_url = `http://127.0.0.1:${await freePort(Math.random)}/api/`;
  site.configure({ offerings: [site.offering('limit', { waldur_api_url })] });
  const agent = await site.run();
  await agent.says(/WALDUR_UNREACHABLE/);
  const { status, text } = await agent.page('/readyz');
  expect(status).toBe(503);
  expect(probesOf(text)).toContainEqual({
    name: 'offering limit',
    ok: false,
    detail: 'not connected, never reconciled; orders: WALDUR_UNREACHABLE',
    hindrances: expect.arrayContaining([expect.objectContaining({ ability: 'orders', code: 'WALDUR_UNREACHABLE' })]),
  });
  expect((await agent.page('/healthz')).status).toBe(200);
});

test('without its broker it is ready, and finds orders by asking', async () => {
  const { sandbox, ...site } = await openProcessSite();
  const stomp_ws_port = await freePort(Math.random);
  site.configure({
    poll_interval: '1s',
    offerings: [site.offering('limit', { stomp_ws_port, stomp_ws_host: '127.0.0.1', websocket_use_tls: false })],
  });
  const agent = await site.run();
  await soon(async () => expect((await agent.page('/readyz')).text).toMatch(/not connected, reconciled \d s ago/));
  expect((await agent.page('/readyz')).status).toBe(200);
  await sandbox.await(sandbox.placeOrder(FIVE), 'done', patience());
});

test('a port that is taken ends it with a word about it', async () => {
  const site = await openProcessSite();
  const first = await site.run();
  site.configure({ listen: `127.0.0.1:${first.port}` });
  const { code, stdout, stderr } = await site.command(['run']);
  expect(stderr).toContain(`error: listening on 127.0.0.1:${first.port} failed: `);
  expect(stderr).toContain('HTTP_LISTEN');
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout).toBe('');
  expect(code).toBe(69);
});

test('a second agent for the offering can take over while the first one runs', async () => {
  const { sandbox, ...site } = await openProcessSite();
  const agents = await Promise.all([site.run(), site.run()]);
  for (const agent of agents) await agent.says(/"event stream connected"/);
  agents[0].child.kill('SIGKILL');
  await sandbox.await(sandbox.placeOrder(FIVE), 'done', patience());
  expect(sandbox.invariants()).toEqual([]);
});

test.each([
  ['the descriptor of OpenFile=', NOTIFIED],
  ['systemd-notify', {}],
])('the service manager hears of its whole life over %s', async (_, options) => {
  const site = await openProcessSite();
  const helper = join(site.folder, 'systemd-notify');
  const log = join(site.folder, 'told');
  writeFileSync(log, '');
  writeFileSync(helper, `#!/bin/sh\nprintf '%s\\n' "$@" >> ${log}\n`, { mode: 0o755 });
  const env = { PATH: `${site.folder}:${process.env['PATH']}`, NOTIFY_SOCKET: '/dev/null', WATCHDOG_USEC: '100000' };
  const agent = await site.run({ env, ...options });
  // The descriptor is a stream here, not a datagram socket: nothing separates the messages.
  const told = (): string => agent.output.extra + readFileSync(log, 'utf8');
  const hears = (pattern: RegExp): Promise<void> => soon(() => expect(told()).toMatch(pattern));

  await hears(/STATUS=0\/1 offerings connected, 0 busy[\s\S]*READY=1\s+STATUS=running/);
  await hears(/WATCHDOG=1\s*WATCHDOG=1/);
  site.configure({ offerings: [] });
  agent.child.kill('SIGHUP');
  await hears(/RELOADING=1\s+MONOTONIC_USEC=\d+[\s\S]*READY=1\s+STATUS=reload rejected: /);
  site.configure({ offerings: [site.offering('limit'), site.offering('usage')] });
  agent.child.kill('SIGHUP');
  await hears(/READY=1\s+STATUS=1 offering added, 0 removed, 0 restarted/);
  agent.child.kill('SIGTERM');
  expect(await agent.ended).toBe(0);
  expect(told()).toMatch(/STOPPING=1\s+STATUS=finishing what runs\s*$/);
});
