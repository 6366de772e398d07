import { Readable } from 'node:stream';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { systemClock } from '../../src/lib/clock.ts';
import { type BucketStats, createObjectStorage, readSettings } from '../../src/object-storage/index.ts';
import { startMinioProcess } from './lib/minio-process.ts';
import { cpuSeconds, memoryMb } from './lib/proc.ts';
import { median, printResult } from './lib/report.ts';

/** Uploads by the object storage and by the bare SDK it uses, their memory, and that of statistics. */

const MIB = 1_048_576;
const SIZE = 500 * MIB;
const ROUNDS = 5;
const ID = '6f1d0000-0000-4000-8000-000000000001';
const signal = new AbortController().signal;

const server = await startMinioProcess();
const { accessKey, secretKey } = server.root;
const settings = readSettings({
  endpoint: server.host,
  access_key: accessKey,
  secret_key: secretKey,
  bucket_samples: 'bench-samples',
  bucket_tas: 'bench-tas',
  bucket_debug: 'bench-debug',
});
const storage = createObjectStorage(settings, { clock: systemClock });
await storage.initializeBuckets({}, signal);
const bare = new S3Client({
  region: 'us-east-1',
  endpoint: `http://${server.host}`,
  forcePathStyle: true,
  credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  requestChecksumCalculation: 'WHEN_REQUIRED',
});
await bare.send(new PutObjectCommand({ Bucket: 'bench-tas', Key: 'warm', Body: 'x' }));

const [ours, theirs]: [number[], number[]] = [[], []];
// Our own first, so that its memory is not that of the peer. Idle is a storage that has stored something small.
await storage.uploadLogSample({ requestId: ID, filename: 'small', contentType: 'text/plain', body: 'x' }, signal);
const growth = await growthOf(async () => {
  for (let round = 0; round < 3; round++) await store(round);
});
const cpu: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const start = cpuSeconds(process.pid);
  theirs.push(await timed(() => storeBare(round)));
  const between = cpuSeconds(process.pid);
  ours.push(await timed(() => store(round)));
  cpu.push((between - start) / (cpuSeconds(process.pid) - between));
}
const ratio = median(ours.map((seconds, round) => (theirs[round] ?? 0) / seconds));

const million = createObjectStorage({ ...settings, bucket_samples: 'bench-million' }, { clock: systemClock });
let stats: BucketStats | undefined;
let statsSeconds = 0;
const statsGrowth = await growthOf(async () => {
  statsSeconds = await timed(async () => {
    [stats] = await million.stats(signal);
  });
});
if (stats?.total_objects !== 1_000_000) throw new Error(`${stats?.total_objects} objects were counted`);
await million.close();
await storage.close();
bare.destroy();
server.stop();

printResult('object-storage', [
  { name: '500 MiB upload', value: SIZE / MIB / median(ours), unit: 'MiB/s' },
  {
    name: `speed, in parts of that of the bare SDK, median of ${ROUNDS} rounds in turns`,
    value: ratio,
    unit: '',
    target: { atLeast: 0.9 },
  },
  { name: 'the same by CPU time, which other work on the machine changes less', value: median(cpu), unit: '' },
  { name: 'memory above idle during uploads', value: growth, unit: 'MB', target: { atMost: 60 } },
  { name: 'statistics of 1,000,000 objects', value: statsSeconds, unit: 's' },
  { name: 'memory above idle during statistics', value: statsGrowth, unit: 'MB', target: { atMost: 60 } },
]);

/** Of the resident memory, at its highest, in MB. */
async function growthOf(work: () => Promise<void>): Promise<number> {
  const before = memoryMb(process.pid);
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, memoryMb(process.pid));
  }, 20);
  await work();
  clearInterval(watch);
  return most - before;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

function store(round: number): Promise<string> {
  const sample = { requestId: ID, filename: `${round}.bin`, contentType: 'application/octet-stream' };
  return storage.uploadLogSample({ ...sample, body: Readable.from(zeros()) }, signal);
}

function storeBare(round: number): Promise<unknown> {
  const params = { Bucket: 'bench-tas', Key: `bare/${round}`, Body: Readable.from(zeros()) };
  return new Upload({ client: bare, params, partSize: 5 * MIB, queueSize: 2 }).done();
}

function* zeros(): Generator<Buffer> {
  for (let left = SIZE; left > 0; left -= 65_536) yield Buffer.alloc(65_536);
}
