import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { agent, closeAll, type Program, start } from '../fakes/process.ts';

vi.setConfig({ testTimeout: 120_000 });

/** What `agent sandbox --json` prints, as far as it is used here. */
interface Guide {
  readonly url: string;
  readonly tokens: Readonly<Record<'agent' | 'consumer' | 'staff', string>>;
  readonly configuration: { readonly offerings: readonly [Block] };
  readonly calls: readonly { readonly path: string; readonly body: unknown }[];
}
type Block = Record<string, unknown> & { readonly name: string; readonly backend_components: Record<string, object> };

const folder = mkdtempSync(join(tmpdir(), 'agent-commands-'));
const storage = join(folder, 'storage');
const file = join(folder, 'config.yaml');
let guide: Guide;
let sandbox: Program;

beforeAll(async () => {
  mkdirSync(storage);
  sandbox = start(['sandbox', '--port', '0', '--json']);
  await sandbox.says(/^}\n/m);
  guide = JSON.parse(sandbox.output.stdout) as Guide;
  configure([ours()]);
});
afterAll(async () => {
  sandbox.child.kill('SIGTERM');
  expect(await sandbox.ended).toBe(0);
  await closeAll();
  rmSync(folder, { recursive: true, force: true });
});

/** The offering of the guide, which stores here. */
function ours(changes: Readonly<Record<string, unknown>> = {}): Block {
  const [block] = guide.configuration.offerings;
  return { ...block, backend_settings: { storage_path: storage, gateway: false }, ...changes };
}

function configure(offerings: readonly object[], listen = '127.0.0.1:0'): void {
  writeFileSync(file, JSON.stringify({ listen, offerings }, undefined, 1), { mode: 0o600 });
}

function run(line: string | readonly string[], token = guide.tokens.agent): ReturnType<typeof agent> {
  const argv = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
  return agent(argv, { env: { WALDUR_API_TOKEN: token, WALDUR_AGENT_CONFIG: file } });
}

async function json(line: string): Promise<Record<string, unknown>> {
  const { stdout } = await run(`${line} --json`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** A call of the sandbox's test API. */
async function call(path: string, body?: unknown): Promise<Record<string, unknown>> {
  const method = body === undefined ? 'GET' : 'POST';
  const answer = await fetch(new URL(`/_test/${path}`, guide.url), { method, body: JSON.stringify(body) });
  return (await answer.json()) as Record<string, unknown>;
}

/** What staff do where owners may not. */
async function activate(offering: string): Promise<void> {
  const headers = { authorization: `Token ${guide.tokens.staff}` };
  const url = `${guide.url}marketplace-provider-offerings/${offering}/activate/`;
  expect((await fetch(url, { method: 'POST', headers })).ok).toBe(true);
}

/** A running agent for the time of `work`. */
async function withAgent(work: (port: number) => Promise<void>): Promise<void> {
  const daemon = start(['run', '-c', file], { env: { WALDUR_API_TOKEN: guide.tokens.agent } });
  const [, port] = await daemon.says(/"port":(\d+),.*"msg":"agent started"/);
  await work(Number(port));
  daemon.child.kill('SIGTERM');
  expect(await daemon.ended).toBe(0);
}

const done = async (order: unknown): Promise<unknown> => call(`await?order=${String(order)}&state=done&timeout=15`);

describe('a site from the first look to the first report', () => {
  let order: unknown;

  test('the configuration of the guide is valid, and everything it depends on is there', async () => {
    expect(await run('validate')).toEqual({ code: 0, stdout: `${file} is valid: 1 offering\n`, stderr: '', extra: '' });
    const { code, stdout } = await run('doctor');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/ 0 failed, 0 skipped\n$/)]);
    expect(await json('doctor')).toMatchObject({ version: 1 });
  });

  test('components are compared and pushed', async () => {
    expect((await run('components diff --exit-code')).code).toBe(0);
    const { storage: component, ...others } = ours().backend_components;
    configure([ours({ backend_components: { ...others, storage: { ...component, label: 'Disk' } } })]);
    const diff = await run('components diff --exit-code');
    expect([diff.code, diff.stdout]).toEqual([2, expect.stringContaining('name: "Storage" → "Disk"')]);
    const push = await run('components push');
    expect([push.code, push.stdout]).toEqual([0, expect.stringContaining('1 component written')]);
    expect((await run('components diff --exit-code')).code).toBe(0);
  });

  test('an open order is planned, and nothing happens', async () => {
    expect((await run('plan --exit-code')).code).toBe(0);
    const { path, body } = guide.calls[0] ?? {};
    const placed = await fetch(`${guide.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Token ${guide.tokens.consumer}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    order = ((await placed.json()) as { uuid: string }).uuid;
    await call(`await?order=${String(order)}&state=pending-provider&timeout=5`);
    const plan = await run('plan');
    expect(plan.code).toBe(0);
    expect(plan.stdout).toMatch(/^ {2}order \w{8} create {2}resource "my-bucket"\n {4}\+ account .* with 10 GiB$/m);
    expect(plan.stdout).toMatch(/ 0 to change, 0 to remove\. Nothing was applied\.\n$/);
    expect((await run('plan --exit-code')).code).toBe(2);
    expect(await json('plan')).toMatchObject({
      version: 1,
      offerings: [{ orders: [{ uuid: order, type: 'create' }] }],
    });
    expect(readdirSync(storage)).toEqual([]);
  });

  test('the agent fulfils it, and is asked for its health', async () => {
    await withAgent(async (port) => {
      expect(await done(order)).toEqual({ reached: true });
      configure([ours()], `127.0.0.1:${port}`);
      await vi.waitFor(async () => expect((await run('healthcheck')).code).toBe(0), { timeout: 60_000 });
      expect(await json('healthcheck')).toMatchObject({ version: 1, ready: true });
    });
    const { code, stdout } = await run('healthcheck');
    expect([code, stdout]).toEqual([1, expect.stringContaining('ECONNREFUSED')]);
    expect((await run('plan --exit-code')).code).toBe(0);
  });

  test('usage is shown, then reported, then unchanged', async () => {
    const dry = await run('report --dry-run');
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringMatching(/my-bucket/)]);
    expect((await run('report --dry-run --exit-code')).code).toBe(2);
    expect(await json('report')).toMatchObject({ version: 1, dry_run: false });
    expect((await run('report --dry-run --exit-code')).code).toBe(0);
    expect((await run('report --period 1999-13')).code).toBe(64);
  });

  test('an offering is created as shown, and orders of it are fulfilled with the printed block', async () => {
    const words = [
      '--name',
      'More storage',
      '--customer',
      'Provider Org',
      '--category',
      'Storage',
      '--like',
      ours().name,
    ];
    const dry = await run(['offering', 'create', ...words, '--dry-run']);
    expect(JSON.parse(dry.stdout)).toMatchObject({ name: 'More storage', type: 'Marketplace.Slurm' });
    const { code, stdout, stderr } = await run(['offering', 'create', ...words, '--yes']);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^offering \w{32} is a draft: ask staff/)]);
    const { offerings } = parse(stdout) as { offerings: [Block] };
    await activate(String(offerings[0]['waldur_offering_uuid']));
    const another = join(folder, 'another');
    mkdirSync(another);
    configure([ours(), { ...offerings[0], backend_settings: { storage_path: another, gateway: false } }]);
    const doctor = await run(['doctor', '--offering', 'More storage']);
    expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining(' 0 failed, 0 skipped')]);
    const offering = offerings[0]['waldur_offering_uuid'];
    const { order_uuid } = await call('orders', { offering, attributes: { storage_limit: 3 } });
    await withAgent(async () => expect(await done(order_uuid)).toEqual({ reached: true }));
    expect(await call('invariants')).toEqual([]);
  });
});

describe('what it says without a Waldur', () => {
  test.each([
    [
      '--version',
      (text: string) =>
        text.startsWith(
          `waldur-storage-agent ${(JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version} `,
        ),
    ],
    ['--help', (text: string) => text.includes('Exit codes')],
    ['help', (text: string) => text.includes('Commands')],
    ['help offering create', (text: string) => text.includes('--customer ORGANISATION')],
    ['help --man', (text: string) => text.startsWith('.TH') || text.includes('\n.TH')],
    ['schema', (text: string) => 'properties' in (JSON.parse(text) as object)],
    ['schema --plugin ironbucket-local', (text: string) => text.includes('storage_path')],
    ['schema --man', (text: string) => text.includes('.TH')],
  ])('agent %s', async (line, isRight) => {
    const { code, stdout, stderr } = await run(line);
    expect([code, stderr, isRight(stdout)]).toEqual([0, '', true]);
  });

  test.each(['bash', 'zsh', 'fish'])('the completion of %s', async (shell) => {
    const { code, stdout, stderr } = await run(`completion ${shell}`);
    expect([code, stderr]).toEqual([0, '']);
    if (shell === 'bash') expect(spawnSync('bash', ['--norc', '-n'], { input: stdout }).stderr.toString()).toBe('');
    expect((await run('__complete va')).stdout).toMatch(/^validate\t/);
  });

  test.each([
    ['rum', /unknown command "rum", did you mean run\?/],
    ['run --confg x', /unknown option --confg/],
    ['offering', /offering needs one of: create/],
    ['completion tcsh', /tcsh/],
    ['offering create --name x', /--customer/],
    ['plan --offering nowhere', /nowhere/],
    ['', /a command is missing/],
  ])('agent %s is refused', async (line, said) => {
    const { code, stdout, stderr } = await run(line);
    expect(stderr).toMatch(said);
    expect([code, stdout]).toEqual([64, '']);
  });

  test('a program is told of its mistake as well', async () => {
    const error = { code: 'USAGE', message: 'unknown command "rum", did you mean run?' };
    expect(await json('rum')).toMatchObject({ error });
  });

  test('demo shows everything and ends well, in less than ten seconds', async () => {
    const began = performance.now();
    const { code, stdout, stderr } = await agent(['demo']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/Waldur's final state is right/);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('demo --stay keeps the page open until %s', async (signal) => {
    const demo = start(['demo', '--stay']);
    const [, origin] = await demo.says(/The page is at (http:\/\/127\.0\.0\.1:\d+)\/ui until you press Ctrl-C/);
    const { orders } = (await (await fetch(`${origin}/v1/orders`)).json()) as { orders: { name: string }[] };
    expect(orders.map(({ name }) => name)).toContain('reads');
    demo.child.kill(signal);
    expect([await demo.ended, demo.output.stderr]).toEqual([0, '']);
    await expect(fetch(`${origin}/healthz`)).rejects.toThrow();
  });
});

describe('the exit code tells what kind of failure it was', () => {
  const REMOTE = ['plan', 'report', 'doctor', 'components diff'];
  const codes = async (lines: readonly string[], token?: string): Promise<Record<string, unknown>> => {
    const results = await Promise.all(lines.map((line) => run(line, token)));
    return Object.fromEntries(results.map(({ code }, index) => [lines[index], code]));
  };
  const all = (lines: readonly string[], code: number): Record<string, number> =>
    Object.fromEntries(lines.map((line) => [line, code]));

  test('77: credentials that are refused', async () => {
    configure([ours()]);
    expect(await codes(REMOTE, 'a-token-nobody-knows')).toEqual(all(REMOTE, 77));
  });

  test('69: no Waldur', async () => {
    configure([ours({ waldur_api_url: 'http://127.0.0.1:9/api/' })]);
    expect(await codes(REMOTE)).toEqual(all(REMOTE, 69));
  });

  test('78: a wrong configuration', async () => {
    configure([{}]);
    const lines = [...REMOTE, 'run', 'validate', 'components push'];
    expect(await codes(lines)).toEqual(all(lines, 78));
  });
});
