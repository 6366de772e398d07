import { randomBytes } from 'node:crypto';
import { createBackend } from '../../plugins/minio/index.ts';
import { createDeriver } from '../../plugins/minio/madmin/deriver.ts';
import type { Settings } from '../../plugins/minio/settings.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createHttp } from '../../src/lib/http.ts';
import type { Backend } from '../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../src/plugin/memory-documents.ts';
import { COMMON } from '../fakes/common-settings.ts';
import { silentLog } from '../fakes/log.ts';
import { type MinioProcess, startMinioProcess } from './lib/minio-process.ts';
import { printResult } from './lib/report.ts';

/** Requests and key derivations of the admin API, and how well the thread that derives keys is used. */

const CREATES = 200;
const ACCOUNTS = 5000;
const signal = new AbortController().signal;
const deriver = createDeriver(systemClock);

const server = await startMinioProcess();
const backend = connect(server);
await backend.check(signal);
const one = await createOne(backend, server);
const many = await createMany(backend);
await backend.close();

const large = await startMinioProcess();
await large.ask({ accounts: ACCOUNTS });
const observing = connect(large);
const started = performance.now();
let seen = 0;
for await (const _ of observing.observe('all', signal)) seen++;
const observeSeconds = (performance.now() - started) / 1000;
const observed = await large.ask();
if (seen !== ACCOUNTS) throw new Error(`${seen} of ${ACCOUNTS} accounts were observed`);
await observing.close();
server.stop();
large.stop();

printResult('minio', [
  { name: 'requests per create', value: one.requests, unit: '', target: { atMost: 12 } },
  { name: 'key derivations per create with its key', value: one.derivations, unit: '', target: { atMost: 4 } },
  { name: `${CREATES} creates at once`, value: many.seconds, unit: 's' },
  { name: 'busy part of the thread that derives keys', value: many.busy, unit: '', target: { atLeast: 0.75 } },
  {
    name: `requests to observe ${ACCOUNTS} accounts`,
    value: observed.length,
    unit: '',
    target: { atMost: 3 + ACCOUNTS / 1000 },
  },
  { name: `observe ${ACCOUNTS} accounts`, value: observeSeconds, unit: 's' },
]);

function connect({ host, root }: MinioProcess): Backend {
  const settings = {
    endpoint: host,
    use_ssl: false,
    region: 'us-east-1',
    admin_access_key: root.accessKey,
    admin_secret_key: root.secretKey,
    admin_prefix: '/minio/admin/v3',
    verify_ssl: true,
    timeout: 110,
    user_prefix: 'waldur_',
    slug_separator: '_',
    max_username_length: 64,
    buckets: ['{account}'],
    bucket_quota: 'divided',
    enforce: 'server',
    keep_schedule: '*/5 * * * *',
    retention_schedule: '0 2 * * *',
  } as const satisfies Settings;
  return createBackend(
    {
      settings,
      log: silentLog(),
      http: (options) => createHttp({ ...options, maxSockets: 32 }, { clock: systemClock }),
      clock: systemClock,
      common: COMMON,
      store: createMemoryDocuments(systemClock),
      random: (bytes) => randomBytes(bytes),
    },
    deriver,
  );
}

/** An order as the agent works on it: look, make, key, look again. */
async function createOne(target: Backend, process: MinioProcess) {
  await process.ask();
  const before = deriver.load().derivations;
  const account = 'waldur_org_one_ffffffff';
  await look(target, account);
  await process.ask();
  await create(target, account, 'f'.repeat(32));
  const requests = (await process.ask()).length;
  await target.apply({ kind: 'issue-key', account, resource: 'f'.repeat(32) }, signal);
  await look(target, account);
  return { requests, derivations: deriver.load().derivations - before };
}

async function createMany(target: Backend) {
  // The counter of the thread starts with it, so what passed before is taken off.
  const before = deriver.load();
  const begin = performance.now();
  const names = Array.from({ length: CREATES }, (_, index) => `waldur_org_many_${String(index).padStart(8, '0')}`);
  await Promise.all(names.map((account, index) => create(target, account, String(index).padStart(32, '0'))));
  const seconds = (performance.now() - begin) / 1000;
  const after = deriver.load();
  return { seconds, busy: (after.busyMs - before.busyMs) / (seconds * 1000) };
}

async function create(target: Backend, account: string, resource: string): Promise<void> {
  const quota = { bytes: 1n << 30n };
  await target.apply(
    { kind: 'create-account', account, resource, displayName: account, quota, attributes: {} },
    signal,
  );
}

async function look(target: Backend, account: string): Promise<void> {
  for await (const _ of target.observe([{ account }], signal));
}
