import { askAll } from '../../plugins/host-quota/central/hosts.ts';
import { createDevices } from '../../plugins/host-quota/devices/devices.ts';
import { createLinuxDriver } from '../../plugins/host-quota/devices/linux/driver.ts';
import { parseRepquota } from '../../plugins/host-quota/devices/linux/repquota.ts';
import type { RemoteClient } from '../../plugins/host-quota/remote/client.ts';
import { createFakeHost } from '../../plugins/host-quota/test/fake-tools.ts';
import type { Json } from '../../src/lib/json.ts';
import { median, printResult } from './lib/report.ts';

/** Reports, batches and aggregates as large as hosts have them; no process is started. */

const IDS = 5000;
const HOSTS = 50;
const { signal } = new AbortController();

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

printResult('host-quota', [
  { name: `parsing a report of ${IDS} ids, median`, value: median(parsing), unit: 'ms', target: { atMost: 20 } },
  {
    name: `processes to observe ${IDS} accounts of one mount and type`,
    value: observing,
    unit: '',
    target: { atMost: 1 },
  },
  { name: 'processes that write 200 changed limits', value: writing, unit: '', target: { atMost: 1 } },
  { name: `memory for ${HOSTS} hosts of ${IDS} rows`, value: memory, unit: 'MB', target: { atMost: 120 } },
]);

/** Answers as they come from a socket, parsed; the last holds the others up and changes nothing of them. */
async function aggregate(): Promise<number> {
  const quota = {
    name: 'user',
    block_hard_limit: 1_000_000,
    block_soft_limit: 900_000,
    block_current: 1,
    inode_hard_limit: 0,
  };
  const more = { inode_soft_limit: 0, inode_current: 17, block_time_limit: 0, inode_time_limit: 0 };
  const rows = Array.from({ length: IDS }, (_, at) => ({ uid: 1000 + at, ...quota, ...more }));
  const text = JSON.stringify([
    { name: '/dev/vdb', mount_points: ['/srv/data'], fstype: 'ext4', opts: [], user_quotas: rows },
  ]);
  const client = { pass: async () => JSON.parse(text) as Json } as unknown as RemoteClient;
  const hosts = Array.from({ length: HOSTS }, (_, at) => ({ id: `host${at}`, client }));
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const all = await askAll(hosts, (one) => one.pass({ method: 'GET', path: 'quotas' }, 1, signal));
  if (Object.keys(all).length !== HOSTS) throw new Error('hosts are missing');
  return (process.memoryUsage().rss - before) / 2 ** 20;
}

function times(runs: number, work: () => void): number[] {
  return Array.from({ length: runs }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
}
