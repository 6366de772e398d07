import { createAuditTail } from '../../plugins/host-quota/docker/audit/audit-tail.ts';
import type { AuditFiles } from '../../plugins/host-quota/docker/audit/read-log.ts';
import { enforcePass } from '../../plugins/host-quota/docker/enforcement/enforce.ts';
import { itemsOf } from '../../plugins/host-quota/docker/ownership/items.ts';
import { reconcile } from '../../plugins/host-quota/docker/ownership/reconcile.ts';
import { usageOf } from '../../plugins/host-quota/docker/ownership/usage.ts';
import {
  container,
  image,
  NOTHING,
  NOW,
  RULES,
  snapshot,
  volume,
} from '../../plugins/host-quota/test/docker/objects.ts';
import { createRig } from '../../plugins/host-quota/test/docker/rig.ts';
import { median, printResult } from './lib/report.ts';

/** A busy engine: 1000 containers, 500 images of 3000 layers, 500 volumes; and a day of its audit log. No engine is called. */

const { signal } = new AbortController();
const RECORDS = 100_000;

function engineOf(scale: number) {
  const labels = (at: number) => ({ 'qman.user': String(1000 + (at % 50)) });
  return snapshot({
    containers: Array.from({ length: 1000 * scale }, (_, at) =>
      container(at, { labels: labels(at), bytes: BigInt(at + 1) * 1000n }),
    ),
    // Half of the layers of an image are those of another one.
    images: Array.from({ length: 500 * scale }, (_, at) =>
      image(
        20_000 + at,
        Array.from({ length: 12 }, (__, layer) => 100_000 + at * 6 + layer),
      ),
    ),
    volumes: Array.from({ length: 500 * scale }, (_, at) => volume(`v${at}`, { labels: labels(at) })),
  });
}

const seen = { events: [], uses: [], now: NOW + 60, ownerOf: () => undefined };
function aggregating(scale: number): number {
  const snap = engineOf(scale);
  const known = reconcile(NOTHING, { ...seen, snapshot: snap });
  return median(
    times(21, () => {
      if (usageOf(itemsOf(snap, known, RULES), snap).users.size !== 50) throw new Error('users are missing');
    }),
  );
}
const [once, four] = [aggregating(1), aggregating(4)];

const rig = createRig({ docker: { mode: 'remove', grace: 0 } });
const busy = engineOf(1);
rig.engine.containersNow = [...busy.containers];
rig.engine.imagesNow = [...busy.images];
rig.engine.volumesNow = [...busy.volumes];
for (let uid = 1000; uid < 1050; uid++) await rig.setLimit(uid, 50n);
const docker = rig.open();
await docker.sync(signal);
const passes: number[] = [];
for (let pass = 0; pass < 11; pass++) {
  const started = cpuMs();
  await enforcePass(docker, signal);
  passes.push(cpuMs() - started);
}
if (rig.engine.calls.length > 0) throw new Error('nobody is above the limit');

/** Four records of each event, as auditd writes them; made while they are read, so that memory is that of the reader. */
function logOf(records: number): AuditFiles {
  const lines = (at: number): string => {
    const event = `${NOW}.${String(at % 1000).padStart(3, '0')}:${at}`;
    return (
      `type=SYSCALL msg=audit(${event}): arch=c000003e syscall=59 success=yes exit=0 a0=7f a1=7f items=2 ppid=1 pid=2 auid=1000 uid=1000 gid=1000 tty=pts0 comm="docker" exe="/usr/bin/docker" key="docker-client"\u001dARCH=x86_64 SYSCALL=execve AUID="alice"\n` +
      `type=EXECVE msg=audit(${event}): argc=6 a0="docker" a1="run" a2="--name" a3="c${at}" a4="nginx" a5=6563686F2022686920746865726522\n` +
      `type=PATH msg=audit(${event}): item=0 name="/usr/bin/docker" inode=3 dev=00:12 mode=0100755 ouid=0 ogid=0 nametype=NORMAL\n` +
      `type=PROCTITLE msg=audit(${event}): proctitle=646F636B65720072756E\n`
    );
  };
  const file = {
    inode: 1n,
    size: Number.MAX_SAFE_INTEGER,
    modifiedAt: Number.MAX_SAFE_INTEGER,
    async *read() {
      for (let at = 0; at < records / 4; at += 250) {
        yield Buffer.from(Array.from({ length: 250 }, (_, one) => lines(at + one)).join(''));
      }
    },
    close: async () => undefined,
  };
  return { open: async (path) => (path === 'log' ? file : undefined) };
}

globalThis.gc?.();
const before = process.memoryUsage().rss;
let highest = before;
const reading: number[] = [];
for (let run = 0; run < 5; run++) {
  const started = cpuMs();
  const tail = createAuditTail(logOf(RECORDS), 'log');
  const { clients } = await tail.recent(NOW + 60, signal);
  reading.push(cpuMs() - started);
  if (clients.length < 5000) throw new Error('uses are missing');
  highest = Math.max(highest, process.memoryUsage().rss);
}

printResult('host-quota-docker', [
  {
    name: 'who uses what of 1000 containers, 3000 layers, 500 volumes, CPU',
    value: once,
    unit: 'ms',
    target: { atMost: 30 },
  },
  { name: 'the same of four times as many, to that', value: four / once, unit: '×', target: { atMost: 6 } },
  { name: 'a pass of enforcement over them, CPU', value: median(passes), unit: 'ms', target: { atMost: 100 } },
  { name: `reading ${RECORDS} audit records, CPU`, value: median(reading), unit: 'ms', target: { atMost: 1500 } },
  { name: 'memory for that, five times', value: (highest - before) / 2 ** 20, unit: 'MB', target: { atMost: 120 } },
]);

/** Processor time in milliseconds; the wall says more about what else the machine does. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function times(runs: number, work: () => void): number[] {
  return Array.from({ length: runs }, () => {
    const started = cpuMs();
    work();
    return cpuMs() - started;
  });
}
