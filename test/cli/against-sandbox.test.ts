import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OWN_TABLE } from '../../src/cli/command-table.ts';
import { run as diff } from '../../src/cli/commands/components-diff.ts';
import { run as push } from '../../src/cli/commands/components-push.ts';
import { run as doctor } from '../../src/cli/commands/doctor.ts';
import { run as createOffering } from '../../src/cli/commands/offering-create.ts';
import { run as plan } from '../../src/cli/commands/plan.ts';
import { EXIT, type ExitCode } from '../../src/cli/exit-codes.ts';
import type { CommandModule } from '../../src/cli/io.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';

const FILE = '/work/agent.yaml';
const ENV_TOKEN = ['$', '{env:WALDUR_API_TOKEN}'].join('');

/** Nothing listens where this offering is said to be. */
const BROKEN = `  - name: broken
    waldur_api_url: http://127.0.0.1:9/api/
    waldur_api_token: ${ENV_TOKEN}
    waldur_offering_uuid: e2ef0000000000000000000000000002
    backend_type: ironbucket-local
    backend_settings: { storage_path: ${mkdtempSync(join(tmpdir(), 'agent-broken-'))}, gateway: false }
    backend_components: { storage: { accounting_type: limit, unit_factor: 1073741824 } }
`;

describe('commands against a Waldur', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await startSandbox();
  });
  afterEach(() => sandbox.close());

  async function agent(
    run: CommandModule['run'],
    argv: readonly string[],
    user = 'provider-owner',
    more = '',
  ): Promise<{ readonly code: ExitCode; readonly io: FakeIo }> {
    const text = `offerings:
  - name: s3
    waldur_api_url: ${sandbox.url}
    waldur_api_token: ${ENV_TOKEN}
    waldur_offering_uuid: e2ef0000000000000000000000000001
    stomp_enabled: true
    backend_type: ironbucket-local
    backend_settings: { storage_path: ${mkdtempSync(join(tmpdir(), 'agent-cli-'))} }
    backend_components:
      storage: { accounting_type: limit, unit_factor: 1073741824, label: Disk space, max_value: 500 }
      objects: { accounting_type: usage, enforce_limits: false }
${more}`;
    const io = fakeIo({ env: { WALDUR_API_TOKEN: sandbox.token(user) }, files: { [FILE]: text } });
    const parsed = parseCommandLine([...argv, '-c', FILE]);
    if (parsed.kind !== 'command') throw new Error(`not a command: ${argv.join(' ')}`);
    return { code: await run(parsed.invocation, io, OWN_TABLE), io };
  }

  it('components are different, written, and then the same', async () => {
    expect((await agent(diff, ['components', 'diff', '--exit-code'])).code).toBe(EXIT.differences);
    const { code, io } = await agent(push, ['components', 'push']);
    expect(code).toBe(EXIT.ok);
    expect(io.out()).toMatch(/name: "Storage" → "Disk space"[\s\S]*2 components written\.\n$/);
    const after = await agent(diff, ['components', 'diff', '--exit-code', '--json']);
    expect(after.code).toBe(EXIT.ok);
    expect(JSON.parse(after.io.out()).offerings[0].components).toEqual([
      { type: 'storage', change: 'unchanged' },
      { type: 'objects', change: 'unchanged' },
    ]);
    const [storage] = sandbox.store.offerings.get('e2ef0000000000000000000000000001')?.components ?? [];
    expect(storage).toMatchObject({ name: 'Disk space', maxValue: 500, minValue: 1, defaultLimit: 100 });
  });

  it('components cannot be written by a stranger', async () => {
    const { code, io } = await agent(push, ['components', 'push', '--json'], 'nobody');
    expect(code).not.toBe(EXIT.ok);
    expect(JSON.parse(io.out()).offerings[0].error.code).toMatch(/^WALDUR_/);
  });

  it('the doctor is content with the provider', async () => {
    const { code, io } = await agent(doctor, ['doctor', '--json']);
    expect(code).toBe(EXIT.ok);
    const { findings } = JSON.parse(io.out()).offerings[0] as { findings: { name: string; status: string }[] };
    expect(Object.fromEntries(findings.map(({ name, status }) => [name, status]))).toMatchObject({
      'Waldur login': 'ok',
      role: 'ok',
      offering: 'ok',
      broker: 'ok',
      'storage path': 'ok',
    });
    expect(io.out() + io.err()).not.toContain(sandbox.token('provider-owner'));
  });

  it('the doctor tells an offering manager what is missing', async () => {
    const { code, io } = await agent(doctor, ['doctor'], 'offering-manager');
    expect(code).toBe(EXIT.refused);
    expect(io.out()).toContain('✗ role: OFFERING.MANAGER of the offering only');
  });

  it('the plan of an offering that cannot be read does not keep that of the next from being shown', async () => {
    const order = sandbox.placeOrder({});
    const { code, io } = await agent(plan, ['plan'], 'provider-owner', BROKEN);
    expect(code).toBe(EXIT.unavailable);
    expect(io.out()).toMatch(
      /offering s3\n {2}order \w{8} create[\s\S]*offering broken\n {2}✗ .* cannot be reached: ECONNREFUSED/,
    );
    expect(io.out()).toMatch(/\nPlan: 2 to create, 0 to change, 0 to remove\. Nothing was applied\.\n$/);
    const json = await agent(plan, ['plan', '--json'], 'provider-owner', BROKEN);
    expect(JSON.parse(json.io.out()).offerings).toMatchObject([
      { name: 's3', error: null, orders: [{ uuid: order.uuid }] },
      { name: 'broken', error: { code: 'WALDUR_UNREACHABLE' }, orders: [] },
    ]);
  });

  it('components of an offering that cannot be read are not called the same', async () => {
    const { code, io } = await agent(diff, ['components', 'diff', '--offering', 'broken'], 'provider-owner', BROKEN);
    expect(code).toBe(EXIT.unavailable);
    expect(io.out()).toContain('cannot be reached');
    expect(io.out()).not.toContain('Nothing to change');
  });

  const create = [
    'offering',
    'create',
    '--customer',
    'Provider Org',
    '--category',
    'Storage',
    '--like',
    's3',
    '--json',
  ];
  const result = (io: { out(): string }) => JSON.parse(io.out()) as { uuid: string; state: string };

  it('an owner ends with a draft, which staff puts on sale; run again, it is the same one', async () => {
    const args = [...create, '--name', 'New', '--yes'];
    const first = await agent(createOffering, args);
    expect([first.code, result(first.io).state]).toEqual([EXIT.ok, 'needs-staff']);
    expect(first.io.err()).toContain('ask staff of this Waldur to activate it');
    const { uuid } = result(first.io);
    const before = sandbox.store.offerings.all().length;
    expect(result((await agent(createOffering, args)).io)).toMatchObject({ uuid, state: 'needs-staff' });
    expect(result((await agent(createOffering, args, 'staff')).io)).toMatchObject({ uuid, state: 'active' });
    expect(result((await agent(createOffering, args)).io)).toMatchObject({ uuid, state: 'existing' });
    expect(sandbox.store.offerings.all()).toHaveLength(before);
    expect(sandbox.store.offerings.get(uuid)).toMatchObject({
      name: 'New',
      type: 'Marketplace.Slurm',
      state: 'Active',
      pluginOptions: { create_orders_on_resource_option_change: true, disable_autoapprove: true },
    });
    expect(sandbox.placeOrder({ offering: uuid }).state).toBe('pending-provider');
  });

  it('asks before it publishes, and takes prices', async () => {
    const price = ['--price', 's3_storage=0.05'];
    const asked = await agent(createOffering, [...create, '--name', 'Priced', ...price], 'staff');
    expect(result(asked.io).state).toBe('draft');
    expect(asked.io.err()).toContain('Put "Priced" on sale?');
    expect(asked.io.err()).toMatch(/prices of [^\n]* are examples/);
    const offering = sandbox.store.offerings.get(result(asked.io).uuid);
    expect([offering?.state, offering?.plans[0]?.prices['s3_storage']]).toEqual(['Draft', 0.05]);
    const draft = await agent(createOffering, [...create, '--name', 'Priced', '--draft', '--yes'], 'staff');
    expect([result(draft.io).state, draft.io.err()]).toEqual(['draft', expect.not.stringContaining('on sale?')]);
    for (const wrong of ['s3_storage', 's3_storage=-1', 'gold=1'])
      await expect(agent(createOffering, [...create, '--name', 'X', '--price', wrong])).rejects.toThrow('--price');
  });
});
