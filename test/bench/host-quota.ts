import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { askAll, type HostClient, patient, quotasOf } from '../../plugins/host-quota/central/hosts.ts';
import { createDevices } from '../../plugins/host-quota/devices/devices.ts';
import { createLinuxDriver } from '../../plugins/host-quota/devices/linux/driver.ts';
import { parseRepquota } from '../../plugins/host-quota/devices/linux/repquota.ts';
import { createRemoteClient } from '../../plugins/host-quota/remote/client.ts';
import { createFakeHost } from '../../plugins/host-quota/test/fake-tools.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createHttp } from '../../src/lib/http.ts';
import { median, printResult } from './lib/report.ts';

/** Reports, batches and aggregates as large as hosts have them; no process of theirs is started. */

const IDS = 5000;
const HOSTS = 50;
const DEADLINE_MS = 500;

/** A host with rows as others send them. Prints its port, and how long the answer is. */
const SERVER = `
const numbers = { block_hard_limit: 1000000, block_soft_limit: 900000, inode_hard_limit: 0, inode_soft_limit: 0,
  block_current: 1048576, inode_current: 17, block_time_limit: 0, inode_time_limit: 0 };
const user_quotas = Array.from({ length: ${IDS} }, (_, at) => ({ uid: 1000 + at, name: 'user' + at, ...numbers }));
const usage = { free: 1, total: 2, used: 1, percent: 50 };
const text = JSON.stringify([{ name: '/dev/vdb', mount_points: ['/srv/data'], fstype: 'ext4', opts: [], usage, user_quotas }]);
const server = require('node:http').createServer((_, response) => response.end(text));
server.listen(0, '127.0.0.1', () => console.log(server.address().port + ' ' + text.length));
`;

const { signal } = new AbortController();
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const host = createFakeHost();
for (let id = 1000; id < 1000 + IDS; id++) {
  host.change('-u', id, {
    usedBytes: BigInt(id) * 1_048_576n,
    usedInodes: 17n,
    blockSoft: 900_000n,
    blockHard: 1_000_000n,
  });
}
const { stdout } = await host.run('repquota', ['-u', '-v', '-n', '-p', '-O', 'csv', '/srv/data'], signal);
const parsing = times(51, () => {
  if (parseRepquota(stdout).rows.length !== IDS) throw new Error('rows are missing');
});

host.calls.length = 0;
const devices = createDevices([createLinuxDriver(host)], signal);
const device = await devices.find('/srv/data', signal);
host.calls.length = 0;
await devices.rows(device, 'user', signal);
const observing = host.calls.length;

host.calls.length = 0;
await Promise.all(
  Array.from({ length: 200 }, (_, at) =>
    devices.write({ device, subject: 'user', id: 1000 + at, limits: { blockHard: 2_000_000n } }, signal),
  ),
);
const writing = host.calls.filter((call) => call.startsWith('setquota')).length;

const memory = await aggregate();
const slowest = await slow();

printResult('host-quota', [
  { name: `parsing a report of ${IDS} ids, median`, value: median(parsing), unit: 'ms', target: { atMost: 20 } },
  {
    name: `processes to observe ${IDS} accounts of one mount and type`,
    value: observing,
    unit: '',
    target: { atMost: 1 },
  },
  { name: 'processes that write 200 changed limits', value: writing, unit: '', target: { atMost: 1 } },
  {
    name: `memory that ${HOSTS} hosts of ${IDS} rows need, as objects and as the text of the answer`,
    value: memory.kept,
    unit: 'MB',
    target: { atMost: 120 },
  },
  {
    name: 'by how much the process was larger meanwhile, garbage included',
    value: memory.highest,
    unit: 'MB',
  },
  {
    name: `time of ${HOSTS} hosts of which one keeps silent, to its deadline`,
    value: slowest,
    unit: '',
    target: { atMost: 1.2 },
  },
]);

/** All hosts answer over HTTP, as hosts do; the answer is made into text, as the agent's server does. */
async function aggregate(): Promise<{ readonly kept: number; readonly highest: number }> {
  // In a process of its own: what it sends is not memory of the agent.
  const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [started] = (await once(server.stdout, 'data')) as [Buffer];
  const [port, length] = String(started).split(' ').map(Number);
  const http = (options: Parameters<typeof createHttp>[0]) => createHttp(options, { clock: systemClock });
  const hosts = Array.from({ length: HOSTS }, (_, at) => {
    const id = `host${at}`;
    return { id, client: createRemoteClient({ http }, { id, url: `http://127.0.0.1:${port}`, api_key: 'key' }) };
  });
  collectGarbage();
  const before = held();
  const { rss } = process.memoryUsage();
  const all = await askAll(hosts, (client) => quotasOf(client, signal));
  const answer = JSON.stringify(all);
  const highest = (process.memoryUsage().rss - rss) / 2 ** 20;
  // Connections end in turns of their own.
  await sleep(20);
  collectGarbage();
  const kept = (held() - before) / 2 ** 20;
  if (answer.length < HOSTS * (length ?? 0)) throw new Error('rows are missing');
  for (const { client } of hosts) client.close();
  server.kill();
  return { kept, highest };
}

function held(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** One host never answers; the others do at once. */
async function slow(): Promise<number> {
  const quick: HostClient = { ping: async () => undefined, users: async () => [], pass: async () => [] };
  const silent: HostClient = { ...quick, pass: () => new Promise(() => undefined) };
  const hosts = Array.from({ length: HOSTS }, (_, at) => ({ id: `host${at}`, client: at === 7 ? silent : quick }));
  // Timers of the agent keep no process alive.
  const alive = setInterval(() => undefined, 1000);
  const started = performance.now();
  const all = await askAll(
    hosts.map((one) => patient(one, systemClock, DEADLINE_MS)),
    (client) => quotasOf(client, signal),
  );
  clearInterval(alive);
  if (Object.values(all).filter((one) => 'results' in one).length !== HOSTS - 1) throw new Error('hosts are missing');
  return (performance.now() - started) / DEADLINE_MS;
}

function times(runs: number, work: () => void): number[] {
  return Array.from({ length: runs }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
}
