import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { scan } from '../../plugins/ironbucket-local/quota/scan.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { encodeQuery, type KeyPair, sign } from '../../src/s3/sigv4.ts';
import { startGateway } from './lib/gateway-process.ts';
import { memoryMb } from './lib/proc.ts';
import { printResult } from './lib/report.ts';
import { connect, exchange, headOf } from './lib/s3-load.ts';
import { withScratch } from './lib/scratch.ts';
import { until } from './lib/until.ts';

/** Ten thousand uploads that are given up in the middle, between others that are not: what do they leave? */

const ABORTED = 10_000;
const AT_ONCE = 16;
/** One upload in so many is completed. */
const COMPLETED = 10;
const BODY = Buffer.alloc(65_536, 'x');

await withScratch(async (folder) => {
  const { port, bucket, keys, pid, stop } = await startGateway(folder);
  const started = performance.now();
  let next = 0;
  const sender = async (): Promise<void> => {
    for (let index = next++; index < ABORTED; index = next++) {
      const head = headOf('PUT', port, `/${bucket}/${index % 50}`, BODY.length, keys);
      const socket = await connect(port);
      if (index % COMPLETED === 0) await exchange(socket, head, BODY);
      else {
        socket.on('error', () => undefined);
        socket.write(head);
        // Before the first byte, in the middle, and before the last one.
        const flushed = socket.write(BODY.subarray(0, [0, 30_000, BODY.length - 1][index % 3]));
        if (!flushed) await once(socket, 'drain').catch(() => undefined);
      }
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  const seconds = (performance.now() - started) / 1000;
  const stage = join(folder, bucket, '.uploads');
  await until('an empty staging area', async () => (await readdir(stage)).length === 0);
  const answer = await fetch(...quotaRequest(port, bucket, keys)).then((response) => response.text());
  const found = await scan(join(folder, bucket), systemClock, new AbortController().signal);
  const memory = memoryMb(pid, 'VmRSS');
  await stop();
  printResult('aborted', [
    { name: 'uploads, nine of ten given up', value: ABORTED / seconds, unit: '/s' },
    { name: 'files left in the staging area', value: (await readdir(stage)).length, unit: '', target: { exactly: 0 } },
    {
      name: 'bytes counted, less those there',
      value: numberIn(answer, 'current_usage_bytes') - Number(found.bytes),
      unit: 'B',
      target: { exactly: 0 },
    },
    {
      name: 'objects counted, less those there',
      value: numberIn(answer, 'object_count') - Number(found.objects),
      unit: '',
      target: { exactly: 0 },
    },
    { name: 'memory afterwards', value: memory, unit: 'MB' },
  ]);
});

function quotaRequest(port: number, bucket: string, keys: KeyPair): [url: string, init: RequestInit] {
  const host = `127.0.0.1:${port}`;
  const path = `/${bucket}?${encodeQuery({ quota: '' })}`;
  const headers = sign({ method: 'GET', host, path, body: '', keys, region: 'us-east-1', now: new Date() });
  return [`http://${host}${path}`, { headers }];
}

function numberIn(text: string, name: string): number {
  return Number(new RegExp(`"${name}": (\\d+)`).exec(text)?.[1]);
}
