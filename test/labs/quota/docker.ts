import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openSite, type Site } from '../../fakes/site.ts';
import { assert, create, done, MIB, soon, step } from './scenario.ts';

/** Runs beside a real engine with the users alice and bob: what they take, and what is done when it is too much. */

const [socket = '', image = '', folder = ''] = [
  process.env['DOCKER_SOCKET'],
  process.env['LAB_IMAGE'],
  process.env['LAB_DIR'],
];
const ALICE = 5101;
const BOB = 5102;
const auditLog = join(folder, 'audit.log');
const config = join(folder, 'agent.yaml');

interface Told {
  readonly host_user_name: string;
  readonly event_type: string;
  readonly detail: Readonly<Record<string, unknown>>;
}
const told: Told[] = [];
const letters: string[] = [];

const master = await portOf(
  createHttpServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      told.push(...(JSON.parse(body) as { events: readonly Told[] }).events);
      response.end('{"msg":"ok"}');
    });
  }),
);
const smtp = await portOf(createServer((connection) => receive(connection)));
writeFileSync(auditLog, '');
const settings = `host_id: lab
device: docker
registry: ${join(folder, 'registry')}
docker: { socket: ${socket}, audit_log: ${auditLog}, mode: remove, grace: 0, interval: 86400, sync_interval: 86400 }
notify_interval: 60
mail_map: { alice: alice@example.org }
MASTER_EVENT_CALLBACK_URL: http://127.0.0.1:${master}/api/internal/slave-events
SMTP_HOST: 127.0.0.1
SMTP_PORT: ${smtp}
SMTP_SECURITY: none
NOTIFICATION_FROM: quota@example.org
`;
const site = await openSite({
  offering: 'options',
  backend: 'host-quota',
  settings,
  agent: `state: ${join(folder, 'state')}\n`,
});
try {
  mkdirSync(join(folder, 'registry'), { recursive: true });
  writeFileSync(config, site.yaml, { mode: 0o600 });
  await site.start();
  await orders(site);
  await enforcement();
  await review();
  await notices();
} finally {
  if (process.exitCode !== undefined)
    for (const line of site.logs.slice(-8)) console.log(`log ${line.slice(0, 900).trim()}`);
  await site.close();
}
process.exit();

async function orders(from: Site): Promise<void> {
  await step('Docker: an order of 8 MiB makes a user with that limit, and another one raises it', async () => {
    const { resource } = await create(from, 8);
    const { username } = resource.backendMetadata;
    assert.ok(typeof username === 'string', 'the consumer was told no user');
    assert.match(resource.backendId, /^lab\/user\/\d+@docker$/);
    run('ordered', username, 1);
    const user = (await usage()).find(({ host_user_name: name }) => name === username);
    assert.deepEqual([user?.block_hard_limit, user?.docker_container_bytes], [8192, MIB]);
    await done(from, { type: 'Update', kind: 'options', resource: resource.uuid, options: { storage_limit: 16 } });
    assert.equal((await usage()).find(({ host_user_name: name }) => name === username)?.block_hard_limit, 16_384);
    docker('rm', '-f', 'ordered');
    await done(from, { type: 'Terminate', resource: resource.uuid });
    assert.equal(
      (await usage()).find(({ host_user_name: name }) => name === username),
      undefined,
    );
  });
}

async function enforcement(): Promise<void> {
  await step('Docker: the newest container of a user above the limit is planned', async () => {
    await agent('set', 'alice', '--device', 'docker', '--space', '4M', '--yes');
    await agent('set', 'bob', '--device', 'docker', '--space', '50M', '--yes');
    run('old', 'alice', 2);
    run('of-bob', 'bob', 9);
    // Times of containers are whole seconds.
    await soon(() => assert.notEqual(created('old'), Math.floor(Date.now() / 1000)));
    run('new', String(ALICE), 3, '-v', 'data:/volume');
    const [plan] = (await agent('docker', 'plan', '--json')) as { verdict: string; steps: { name: string }[] }[];
    assert.deepEqual([plan?.verdict, plan?.steps.map(({ name }) => name)], ['act', ['new']]);
  });
  await step('Docker: it is stopped and removed, and nothing else is', async () => {
    await agent('docker', 'enforce', '--yes');
    assert.deepEqual(docker('ps', '--format', '{{.Names}}').split('\n').sort(), ['of-bob', 'old']);
    assert.match(docker('volume', 'ls', '-q'), /^data$/m);
    const alice = (await usage()).find(({ uid }) => uid === ALICE);
    assert.equal(alice?.docker_container_bytes, 2 * MIB);
  });
  await step('Docker: over by images alone nothing dies, and that is told once', async () => {
    docker('commit', 'of-bob', 'of-bob:1');
    await agent('docker', 'attribute', 'image:of-bob:1', 'bob');
    await agent('set', 'bob', '--device', 'docker', '--space', '1M', '--yes');
    run('small', 'bob', 1);
    docker('rm', '-f', 'of-bob');
    const mine = (await usage()).find(({ uid }) => uid === BOB);
    assert.deepEqual([mine?.docker_image_layer_bytes, mine?.docker_container_bytes], [9 * MIB, MIB]);
    for (let pass = 0; pass < 3; pass++) await agent('docker', 'enforce', '--yes');
    assert.match(docker('ps', '--format', '{{.Names}}'), /^small$/m);
  });
}

async function review(): Promise<void> {
  await step('Docker: a label that the audit log contradicts is flagged, and harms no one', async () => {
    await agent('set', 'alice', '--device', 'docker', '--space', '1M', '--yes');
    docker('rm', '-f', 'old');
    const event = `${Math.floor(Date.now() / 1000)}.123:77`;
    appendFileSync(
      auditLog,
      `type=SYSCALL msg=audit(${event}): arch=c000003e syscall=59 success=yes exit=0 auid=${BOB} uid=0 exe="/usr/bin/docker" key="docker-client"\n` +
        `type=EXECVE msg=audit(${event}): argc=5 a0="docker" a1="run" a2="--name" a3="spoof" a4="${image}"\n`,
    );
    run('spoof', 'alice', 5);
    await agent('docker', 'enforce', '--yes');
    assert.match(docker('ps', '--format', '{{.Names}}'), /^spoof$/m);
    const queue = (await agent('docker', 'review', '--json')) as {
      name: string;
      reason: string;
      evidence: { uid: number; event: string } | null;
    }[];
    const spoofed = queue.find(({ name }) => name === 'spoof');
    assert.deepEqual(
      [spoofed?.reason, spoofed?.evidence?.uid, spoofed?.evidence?.event],
      ['label-and-audit-differ', BOB, event],
    );
    await agent('docker', 'attribute', 'container:spoof', 'alice');
    await agent('docker', 'enforce', '--yes');
    assert.doesNotMatch(docker('ps', '-a', '--format', '{{.Names}}'), /^spoof$/m);
  });
}

async function notices(): Promise<void> {
  await step('Docker: webhook and mail tell each of it once', async () => {
    const seen = (): readonly string[] =>
      told
        .map(({ event_type: type, host_user_name: name, detail }) =>
          [type, name, detail['container_name']].filter(Boolean).join(' '),
        )
        .sort();
    await soon(
      () =>
        assert.deepEqual(seen(), [
          'docker_container_removed alice new',
          'docker_container_removed alice spoof',
          'docker_quota_exceeded alice',
          'docker_quota_exceeded alice',
          'docker_quota_exceeded bob',
          'docker_quota_unresolvable bob',
        ]),
      100_000,
    );
    await soon(() => assert.equal(letters.filter((letter) => /^To: alice@example.org$/m.test(letter)).length, 4));
    assert.ok(
      letters.some((letter) => /a container was removed/.test(letter)),
      'no letter about a removed container',
    );
  });
}

/** A container that writes so many MiB, and ends when it is asked to. */
function run(name: string, user: string, mib: number, ...options: readonly string[]): void {
  const script = `trap 'exit 0' TERM; dd if=/dev/zero of=/data/${name} bs=1M count=${mib} 2>/dev/null; : >/data/ready; while :; do sleep 0.2; done`;
  docker(
    'run',
    '-d',
    '--network',
    'none',
    '--name',
    name,
    '--label',
    `qman.user=${user}`,
    ...options,
    image,
    'sh',
    '-c',
    script,
  );
  docker('exec', name, 'sh', '-c', 'until [ -e /data/ready ]; do sleep 0.1; done');
}

function docker(...args: readonly string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8', timeout: 90_000 }).trim();
}

function created(name: string): number {
  return Math.floor(Date.parse(docker('inspect', '--format', '{{.Created}}', name)) / 1000);
}

interface UserRow {
  readonly uid: number;
  readonly host_user_name: string;
  readonly block_hard_limit: number;
  readonly docker_container_bytes: number;
  readonly docker_image_layer_bytes: number;
}

async function usage(): Promise<readonly UserRow[]> {
  return ((await agent('docker', 'usage', '--json')) as { users: readonly UserRow[] }).users;
}

/** `agent quota …` as a process of its own, beside the agent that runs. */
async function agent(...args: readonly string[]): Promise<unknown> {
  const command = ['dist/src/cli/main.js', 'quota', ...args, '--config', config];
  const { stdout } = await promisify(execFile)(process.execPath, command, { timeout: 120_000 });
  return args.includes('--json') ? JSON.parse(stdout) : stdout;
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** As much of SMTP as a letter needs. */
function receive(connection: import('node:net').Socket): void {
  let text = '';
  let isData = false;
  connection.write('220 lab\r\n');
  connection.on('error', () => undefined);
  connection.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    for (let end = text.indexOf('\r\n'); !isData && end >= 0; end = text.indexOf('\r\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 2);
      isData = /^DATA/i.test(line);
      connection.write(isData ? '354 go on\r\n' : /^QUIT/i.test(line) ? '221 bye\r\n' : '250 ok\r\n');
    }
    if (isData && text.includes('\r\n.\r\n')) {
      letters.push(text.slice(0, text.indexOf('\r\n.\r\n')).replaceAll('\r\n', '\n'));
      [text, isData] = [text.slice(text.indexOf('\r\n.\r\n') + 5), false];
      connection.write('250 taken\r\n');
    }
  });
}
