import { execFileSync } from 'node:child_process';
import { nodeAuditFiles } from '../../../plugins/host-quota/docker/audit/audit-files.ts';
import { createAuditTail, type RecentUses } from '../../../plugins/host-quota/docker/audit/audit-tail.ts';
import { assert, step } from './scenario.ts';

/** Runs inside the guest, after clients were used under a real auditd over the end of a year. */

const LOG = '/var/log/audit/audit.log';
const NEW_YEAR = Date.UTC(2027, 0, 1) / 1000;
const { signal } = new AbortController();
let uses: RecentUses = { clients: [], sockets: [], isThere: false };

await step('auditd: each use of a client is read once, over a rotation of the log', async () => {
  const tail = createAuditTail(nodeAuditFiles, LOG);
  uses = await tail.recent(NEW_YEAR + 60, signal);
  await tail.recent(NEW_YEAR + 60, signal);
  assert.deepEqual(
    uses.clients.map(({ uid, verb, name, refs }) => [uid, verb, name, refs[0]]),
    [
      [1234, 'create', 'web', 'docker.io/library/nginx:latest'],
      [1235, 'pull', undefined, 'docker.io/library/alpine:latest'],
      [1236, 'build', undefined, 'docker.io/me/app:latest'],
    ],
  );
  assert.ok(
    execFileSync('ls', ['/var/log/audit'], { encoding: 'utf8' }).includes('audit.log.1'),
    'the log was not rotated',
  );
});
await step('auditd: times are right before and after midnight', () => {
  const [first, ...later] = uses.clients.map(({ at }) => at);
  assert.ok(first !== undefined && first < NEW_YEAR && first > NEW_YEAR - 10, String(first));
  assert.ok(later.length === 2 && later.every((at) => at >= NEW_YEAR && at < NEW_YEAR + 30), String(later));
});
await step('auditd: the socket is told under its own key', () => {
  assert.deepEqual(
    uses.sockets.map(({ uid, exe }) => [uid, exe]),
    [[0, '/usr/bin/cat']],
  );
});
await step('auditd: ausearch finds the same events', () => {
  const search = (key: string): readonly string[] => {
    const text = execFileSync('ausearch', ['--input-logs', '--raw', '-k', key], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const calls = text.split('\n').filter((line) => /type=SYSCALL .* syscall=(59|257|2|21) .*key="docker-/.test(line));
    return calls.map((line) => /audit\(([^)]+)\)/.exec(line)?.[1] ?? '');
  };
  const clients = uses.clients.map(({ event }) => event);
  // One more of a client: `compose`, which cannot be told.
  assert.deepEqual(
    search('docker-client').filter((event) => clients.includes(event)),
    clients,
  );
  assert.equal(search('docker-client').length, clients.length + 1);
  assert.deepEqual(
    search('docker-socket'),
    uses.sockets.map(({ event }) => event),
  );
});
await step('auditd: the shipped rules are loaded', () => {
  const rules = execFileSync('auditctl', ['-l'], { encoding: 'utf8' });
  assert.equal(rules.match(/-k docker-client/g)?.length, 2);
  assert.equal(rules.match(/-k docker-socket/g)?.length, 1);
});
process.exit();
