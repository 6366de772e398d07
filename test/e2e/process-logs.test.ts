import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { agent, closeAll, FIVE, openProcessSite, type ProcessSite, patience, start } from '../fakes/process.ts';

vi.setConfig({ testTimeout: 120_000 });
afterEach(closeAll);

async function orderAndFail({ sandbox }: ProcessSite): Promise<void> {
  await sandbox.await(sandbox.placeOrder(FIVE), 'done', patience());
  await sandbox.await(sandbox.placeOrder({ limits: { storage: 5, objects: 1 } }), 'rejected', patience());
}

test('a line of the log is a JSON object', async () => {
  const site = await openProcessSite();
  site.configure({ log_level: 'trace' });
  const run = await site.run();
  await orderAndFail(site);
  run.child.kill('SIGTERM');
  await run.ended;
  expect(run.output.stdout).toMatch(/\n$/);
  const lines = run.output.stdout.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) {
    const { time, level, msg } = JSON.parse(line) as Record<string, string>;
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(level).toMatch(/^(trace|debug|info|warn|error)$/);
    expect(msg).toMatch(/^[a-z]/);
  }
});

test('at info there is one line for each order', async () => {
  const site = await openProcessSite();
  const run = await site.run();
  await orderAndFail(site);
  run.child.kill('SIGTERM');
  await run.ended;
  const records = run.output.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly level: string; readonly order?: string });
  const orders = records.flatMap(({ level, order }) => (level === 'info' ? (order ?? []) : []));
  expect(orders).toHaveLength(2);
  expect(new Set(orders).size).toBe(2);
});

test('log_format takes effect at a reload', async () => {
  const site = await openProcessSite();
  const run = await site.run();
  site.configure({ log_format: 'logfmt' });
  run.child.kill('SIGHUP');
  await run.says(/^time=\S+ level=info msg="configuration reloaded" /m);
  run.child.kill('SIGTERM');
  await run.ended;
});

test('in the journal every line carries its priority', async () => {
  const site = await openProcessSite();
  const path = join(site.folder, 'journal');
  const stdout = openSync(path, 'a');
  const { dev, ino } = fstatSync(stdout);
  const env = { WALDUR_TOKEN: site.sandbox.token('provider-owner'), JOURNAL_STREAM: `${dev}:${ino}` };
  const run = start(['run', '-c', site.file], { env, stdout });
  await orderAndFail(site);
  run.child.kill('SIGTERM');
  expect(await run.ended).toBe(0);
  closeSync(stdout);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const priorities = { info: '<6>', warn: '<4>', error: '<3>' } as const;
  const seen = lines.map((line) => {
    const { level } = JSON.parse(line.slice(3)) as { level: keyof typeof priorities };
    expect(line.slice(0, 3)).toBe(priorities[level]);
    return level;
  });
  expect(new Set(seen)).toEqual(new Set(['info', 'warn']));
});

test('a person at a terminal reads short lines, and Ctrl-C stops it', async () => {
  const site = await openProcessSite();
  const env = { WALDUR_TOKEN: site.sandbox.token('provider-owner'), TERM: 'xterm', COLUMNS: '80' };
  const wrapper = ['sh', '-c', 'exec script -qec "exec $*" /dev/null', 'sh'];
  const run = start(['run', '-c', site.file], { env, wrapper });
  await run.says(/\d\d:\d\d:\d\d.* event stream connected/);
  await orderAndFail(site);
  run.child.stdin?.write('\x03');
  expect(await run.ended).toBe(0);
  const text = run.output.stdout;
  expect(text).toContain('\x1b[32minfo \x1b[39m agent started');
  expect(text).toMatch(/warn .*the order was rejected.*\r\n +.*does not offer/);
  expect(text).toContain('SIGINT: stopping; once more to stop at once');
  expect(text).not.toContain('{"level"');
});

test.each(['schema', 'help --man', 'plan', 'report --dry-run --json', 'completion bash'])(
  'agent %s ends quietly when no one reads on',
  async (command) => {
    const site = await openProcessSite();
    site.sandbox.placeOrder(FIVE);
    const env = { WALDUR_TOKEN: site.sandbox.token('provider-owner'), WALDUR_AGENT_CONFIG: site.file };
    // The reader is gone before the first byte.
    const wrapper = ['bash', '--norc', '-c', 'set -o pipefail; "$@" | true', 'bash'];
    const { code, stdout, stderr } = await agent(command.split(' '), { env, wrapper });
    expect([code, stdout, stderr]).toEqual([0, '', '']);
  },
);

test('a daemon whose log is closed ends with a failure, so that it is started again', async () => {
  const site = await openProcessSite();
  const run = await site.run();
  run.child.stdout?.destroy();
  run.child.kill('SIGUSR2');
  expect(await run.ended).toBe(1);
});
