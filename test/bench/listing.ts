import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatSidecar } from '../../plugins/ironbucket-local/objects/sidecar.ts';
import { encodeQuery, sign } from '../../src/s3/sigv4.ts';
import { type GatewayProcess, startGateway } from './lib/gateway-process.ts';
import { memoryMb } from './lib/proc.ts';
import { printResult } from './lib/report.ts';
import { connect, exchange, headOf } from './lib/s3-load.ts';
import { withScratch } from './lib/scratch.ts';

/** A bucket with very many keys in one folder: how long its pages take, and what others feel of it. */

const KEYS = Number(process.env['BENCH_KEYS'] ?? 1_000_000);
const PAGE = 1000;
const PUTS = 500;
const BODY = Buffer.alloc(1024, 'x');

await withScratch(async (folder) => {
  const gateway = await startGateway(folder);
  fill(join(folder, gateway.bucket, 'many'));
  const alone = await puts(gateway);
  const pages = listAll(gateway);
  const beside = await puts(gateway);
  const { keys, times } = await pages;
  const memory = memoryMb(gateway.pid, 'VmHWM');
  await gateway.stop();
  printResult('listing', [
    { name: `keys listed of ${KEYS}`, value: keys, unit: '', target: { exactly: KEYS } },
    { name: 'page of 1000 keys', value: at(times, 0.5), unit: 'ms' },
    { name: 'the same, p99', value: at(times, 0.99), unit: 'ms' },
    { name: 'puts of 1 KiB alone, p99', value: at(alone, 0.99), unit: 'ms' },
    { name: 'the same while the bucket is listed, p99', value: at(beside, 0.99), unit: 'ms' },
    { name: 'memory, highest', value: memory, unit: 'MB' },
  ]);
});

function fill(folder: string): void {
  mkdirSync(folder);
  const described = { contentType: 'text/plain', metadata: {}, etag: '0'.repeat(32), encrypted: false, size: 1 };
  for (let index = 0; index < KEYS; index++) {
    const name = String(index).padStart(8, '0');
    writeFileSync(join(folder, name), 'x');
    const sidecar = { ...described, key: `many/${name}`, modified: new Date() };
    writeFileSync(join(folder, `${name}.metadata`), formatSidecar(sidecar));
  }
}

async function listAll({ port, bucket, keys }: GatewayProcess) {
  const host = `127.0.0.1:${port}`;
  const times: number[] = [];
  let found = 0;
  for (let token: string | undefined = ''; token !== undefined; ) {
    const query: Parameters<typeof encodeQuery>[0] = {
      'list-type': 2,
      prefix: 'many/',
      'max-keys': PAGE,
      'continuation-token': token || undefined,
    };
    const path = `/${bucket}?${encodeQuery(query)}`;
    const signed = sign({ method: 'GET', host, path, body: '', keys, region: 'us-east-1', now: new Date() });
    const started = performance.now();
    const text: string = await fetch(`http://${host}${path}`, { headers: signed }).then((answer) => answer.text());
    times.push(performance.now() - started);
    found += text.split('<Key>').length - 1;
    token = /<NextContinuationToken>([^<]+)</.exec(text)?.[1];
  }
  return { keys: found, times };
}

async function puts({ port, bucket, keys }: GatewayProcess): Promise<readonly number[]> {
  const socket = await connect(port);
  const times: number[] = [];
  for (let index = 0; index < PUTS; index++) {
    const head = headOf('PUT', port, `/${bucket}/put/${index % 100}`, BODY.length, keys);
    const started = performance.now();
    await exchange(socket, head, BODY);
    times.push(performance.now() - started);
  }
  socket.destroy();
  return times;
}

function at(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
