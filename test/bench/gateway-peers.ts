import { type Figure, median, printResult } from './lib/report.ts';
import { connect, exchange, headOf } from './lib/s3-load.ts';
import { listPage, makeBucket, type S3Peer } from './lib/s3-peers.ts';

const ROUNDS = 5;
const SECONDS = 2;
const CONNECTIONS = 32;
const LISTERS = 4;
const KEYS = 1600;
const BODY = Buffer.alloc(1024, 'x');
const NOTHING = Buffer.alloc(0);

interface Rate {
  readonly perSecond: number;
  readonly p99: number;
}

const OPERATIONS: readonly (readonly [name: string, run: (peer: S3Peer) => Promise<Rate>])[] = [
  ['puts of 1 KiB', (peer) => load(CONNECTIONS, (index) => sender(peer, 'PUT', `new/${index}`))],
  ['gets of 1 KiB', (peer) => load(CONNECTIONS, (index) => sender(peer, 'GET', `key-${index}`))],
  ['lists of 1000 keys', (peer) => load(LISTERS, async () => () => listPage(peer))],
];

/** Medians of rounds in turns, and the ratio of the first server to the best of the others. */
export async function compare(peers: readonly S3Peer[]): Promise<void> {
  for (const peer of peers) await fill(peer);
  const figures: Figure[] = [];
  for (const [name, run] of OPERATIONS) {
    const rates = new Map<string, Rate[]>(peers.map((peer) => [peer.name, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const peer of round % 2 === 0 ? peers : peers.toReversed()) rates.get(peer.name)?.push(await run(peer));
    }
    const medians = peers.map((peer) => {
      const all = rates.get(peer.name) ?? [];
      return {
        peer: peer.name,
        rate: median(all.map(({ perSecond }) => perSecond)),
        p99: median(all.map(({ p99 }) => p99)),
      };
    });
    for (const { peer, rate, p99 } of medians) {
      figures.push({ name: `${peer}: ${name}`, value: rate, unit: '/s' });
      figures.push({ name: `${peer}: ${name}, p99`, value: p99, unit: 'ms' });
    }
    const [own, ...others] = medians;
    const best = Math.max(...others.map(({ rate }) => rate));
    figures.push({
      name: `${name}, to the best of the others`,
      value: (own?.rate ?? 0) / best,
      unit: '',
      target: { atLeast: 1 },
    });
  }
  printResult('gateway beside other servers', figures);
}

async function fill(peer: S3Peer): Promise<void> {
  await makeBucket(peer);
  let next = 0;
  const workers = Array.from({ length: CONNECTIONS }, async () => {
    const socket = await connect(peer.port);
    for (let index = next++; index < KEYS; index = next++) {
      await exchange(socket, headOf('PUT', peer.port, `/${peer.bucket}/key-${index}`, BODY.length, peer.keys), BODY);
    }
    socket.destroy();
  });
  await Promise.all(workers);
}

async function sender(
  { port, bucket, keys }: S3Peer,
  method: 'PUT' | 'GET',
  key: string,
): Promise<() => Promise<void>> {
  const body = method === 'PUT' ? BODY : NOTHING;
  const head = headOf(method, port, `/${bucket}/${key}`, body.length, keys);
  const socket = await connect(port);
  return () => exchange(socket, head, body);
}

async function load(workers: number, open: (index: number) => Promise<() => Promise<unknown>>): Promise<Rate> {
  const times: number[] = [];
  const until = performance.now() + SECONDS * 1000;
  await Promise.all(
    Array.from({ length: workers }, async (_, index) => {
      const request = await open(index);
      while (performance.now() < until) {
        const started = performance.now();
        await request();
        times.push(performance.now() - started);
      }
    }),
  );
  times.sort((a, b) => a - b);
  return { perSecond: times.length / SECONDS, p99: times[Math.floor(times.length * 0.99)] ?? 0 };
}
