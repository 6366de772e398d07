import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AgentProcess, startAgent } from './start-agent.ts';

const UNIT = 'waldur-storage-agent.service';
/** Keys of the unit that systemd 252 does not know yet. */
const NEWER_KEYS = /Unknown key '(OpenFile|RestartSteps|RestartMaxDelaySec)' in section \[Service\], ignoring\.$/;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'systemd-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The unit as it would be installed, with Node where it is here and the drop-in of the site on request. */
function installUnit(dropIn?: string): string {
  const path = join(folder, UNIT);
  writeFileSync(path, readFileSync(`systemd/${UNIT}`, 'utf8').replaceAll('/usr/bin/node', process.execPath));
  if (dropIn !== undefined) {
    mkdirSync(`${path}.d`);
    writeFileSync(join(`${path}.d`, 'site.conf'), dropIn);
  }
  return path;
}

function analyze(...argv: readonly string[]): { readonly status: number | null; readonly output: readonly string[] } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', argv, { encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}`.split('\n').filter((line) => line !== '') };
}

const example = readFileSync('systemd/site.conf.example', 'utf8');
const quotaHost = readFileSync('systemd/host-quota.conf', 'utf8');

describe('the unit', () => {
  test.each([
    ['alone', 1.5, undefined],
    ['with the drop-in as shipped', 1.5, example],
    ['with everything in the drop-in', 1.5, example.replaceAll(/^#(?=[A-Z]\w+=)/gm, '')],
    ['on a host with quotas', 3.1, quotaHost],
  ])('is correct %s, and exposed by no more than %d', (_, exposure, dropIn) => {
    const path = installUnit(dropIn);
    const verified = analyze('verify', '--man=no', path);
    expect(verified.output.filter((line) => !NEWER_KEYS.test(line))).toEqual([]);
    expect(verified.status).toBe(0);
    const rated = analyze('security', '--offline=yes', `--threshold=${exposure * 10}`, path);
    expect(rated.status, rated.output.at(-1)).toBe(0);
  });

  test('has three capabilities on a host with quotas, and none elsewhere', () => {
    const held = (dropIn?: string): readonly string[] => {
      rmSync(`${join(folder, UNIT)}.d`, { recursive: true, force: true });
      const { output } = analyze('security', '--offline=yes', '--json=short', installUnit(dropIn));
      const all = JSON.parse(output.find((line) => line.startsWith('[')) ?? '[]') as {
        name: string;
        exposure: unknown;
      }[];
      return all.flatMap(({ name, exposure }) => (/^(Capab|Ambient)/.test(name) && exposure !== null ? [name] : []));
    };
    expect(held(quotaHost).toSorted()).toEqual([
      'CapabilityBoundingSet=~CAP_(CHOWN|FSETID|SETFCAP)',
      'CapabilityBoundingSet=~CAP_(DAC_*|FOWNER|IPC_OWNER)',
      'CapabilityBoundingSet=~CAP_SYS_ADMIN',
    ]);
    expect(held()).toEqual([]);
  });

  test('a fault in it would be found', () => {
    const path = installUnit('[Service]\nTyp=notify\nRestart=perhaps\n');
    expect(analyze('verify', '--man=no', path).output.filter((line) => !NEWER_KEYS.test(line))).not.toEqual([]);
  });
});

describe('notification', () => {
  let listener: ChildProcess;
  let agent: AgentProcess | undefined;
  let heard: string[];
  let socket: string;

  /** Stands in for PID 1: prints every datagram with its lines joined by spaces. */
  const LISTEN = `use Socket; socket(S, AF_UNIX, SOCK_DGRAM, 0); bind(S, sockaddr_un($ARGV[0])) or die $!; $| = 1;
    print "listening\\n"; while (defined(recv(S, $m, 4096, 0))) { $m =~ s/\\n/ /g; print "$m\\n" }`;
  /** Stands in for OpenFile=: the connected socket becomes descriptor 3 of the agent. */
  const OPEN_FILE = `use Socket; use POSIX (); $^F = 9; socket(S, AF_UNIX, SOCK_DGRAM, 0);
    connect(S, sockaddr_un($ENV{NOTIFY_SOCKET})) or die $!; POSIX::dup2(fileno(S), 3) unless fileno(S) == 3;
    $ENV{LISTEN_PID} = $$; $ENV{LISTEN_FDNAMES} = "notify"; exec @ARGV or die $!`;

  beforeEach(async () => {
    heard = [];
    socket = join(folder, 'notify');
    listener = spawn('perl', ['-e', LISTEN, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      if (listener.stdout === null) return reject(new Error('no output'));
      createInterface({ input: listener.stdout }).on('line', (line) => {
        if (line === 'listening') resolve();
        else heard.push(line);
      });
      listener.on('error', reject);
    });
  });
  afterEach(async () => {
    listener.kill();
    await agent?.stop();
    agent = undefined;
  });

  const hears = (pattern: RegExp): Promise<void> =>
    expect.poll(() => heard.join('\n'), { timeout: 20_000 }).toMatch(pattern);

  test.each([
    ['over the descriptor of OpenFile=', ['perl', '-e', OPEN_FILE]],
    ['through systemd-notify(1)', []],
  ])('goes through a whole life %s', async (_, wrapper) => {
    agent = await startAgent({ env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000' }, wrapper });
    await hears(/^READY=1/m);
    await hears(/^WATCHDOG=1$[\s\S]*^WATCHDOG=1$/m);
    writeFileSync(agent.configPath, 'offerings: perhaps\n');
    agent.child.kill('SIGHUP');
    await hears(/^RELOADING=1 MONOTONIC_USEC=\d+$/m);
    await hears(/^READY=1 STATUS=reload rejected: /m);
    expect((await fetch(`http://127.0.0.1:${agent.port}/healthz`)).status).toBe(200);
    agent.child.kill('SIGTERM');
    expect(await agent.exit).toBe(0);
    await hears(/^STOPPING=1/m);
    expect(heard.findIndex((line) => line.startsWith('STOPPING=1'))).toBeGreaterThan(
      heard.findIndex((line) => line.startsWith('READY=1')),
    );
  });
});
