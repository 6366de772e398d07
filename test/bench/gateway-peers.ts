import { randomUUID } from 'node:crypto';
import type { KeyPair } from '../../src/s3/sigv4.ts';
import { type Figure, median, printResult } from './lib/report.ts';
import { connect, exchange, headOf, openLine } from './lib/s3-load.ts';
import { listPage, makeBucket, removeObject, type S3Peer } from './lib/s3-peers.ts';

const ROUNDS = 5;
const SECONDS = 2;
const CONNECTIONS = 32;
const LISTERS = 4;
const KEYS = 1600;
const BODY = Buffer.alloc(1024, 'x');
const MIB = 1024 * 1024;
const LARGE = Buffer.alloc(64 * MIB, 'x');
const NOTHING = Buffer.alloc(0);

interface Rate {
  readonly rate: number;
  /** Milliseconds; of what is done once, undefined. */
  readonly p99: number | undefined;
}

/** What is measured; without keys, a server that verifies nothing. */
interface Target {
  readonly name: string;
  readonly port: number;
  readonly bucket: string;
  readonly keys: KeyPair | undefined;
}

interface Measured {
  readonly name: string;
  readonly unit: string;
  run(peer: S3Peer): Promise<Rate>;
}

const OPERATIONS: readonly Measured[] = [
  small('puts of 1 KiB', CONNECTIONS, (peer) => sender(peer, 'PUT', newKeys('new/'))),
  small('puts of 1 KiB over another', CONNECTIONS, (peer, index) => sender(peer, 'PUT', [`old/${index}`])),
  small('gets of 1 KiB', CONNECTIONS, (peer, index) => sender(peer, 'GET', [`key-${index}`])),
  small('heads', CONNECTIONS, (peer, index) => sender(peer, 'HEAD', [`key-${index}`])),
  small('lists of 1000 keys', LISTERS, async (peer) => ({ send: () => listPage(peer), close: () => undefined })),
  { name: '64 MiB up', unit: 'MiB/s', run: (peer) => large(peer, 'PUT', 'up', true) },
  { name: '64 MiB up over another', unit: 'MiB/s', run: (peer) => large(peer, 'PUT', 'large', false) },
  { name: '64 MiB down', unit: 'MiB/s', run: (peer) => large(peer, 'GET', 'large', false) },
];

/**
 * Medians of rounds in turns, and ratios of the first server to the best of the others.
 *
 * @param bare a server that only writes the files of a put
 */
export async function compare(peers: readonly S3Peer[], bare: Target): Promise<void> {
  for (const peer of peers) await fill(peer);
  const figures: Figure[] = [];
  for (const { name, unit, run } of OPERATIONS) {
    const rows = [...(await inTurns(peers, run))].map(([{ name: peer }, all]) => {
      const slowest = all.flatMap(({ p99 }) => p99 ?? []);
      return { peer, rate: median(all.map(({ rate }) => rate)), p99: slowest.length > 0 ? median(slowest) : undefined };
    });
    figures.push(...figuresOf(name, unit, rows));
  }
  figures.push(...(await beyond(peers, bare)));
  printResult('gateway beside other servers', figures);
}

/** The puts once more, beside a server that does nothing else: whoever beats it has less to write, or does not run in Node. */
async function beyond(peers: readonly S3Peer[], bare: Target): Promise<readonly Figure[]> {
  const put = (target: Target): Promise<Rate> =>
    load(CONNECTIONS, () => sender(target, 'PUT', newKeys(target === bare ? 'bare-' : 'new/')));
  const rates = await inTurns<Target>([bare, ...peers], put);
  const rateOf = (target: Target): number => median((rates.get(target) ?? []).map(({ rate }) => rate));
  const limit = rateOf(bare);
  return [
    { name: `${bare.name}: puts of 1 KiB`, value: limit, unit: '/s' },
    ...peers.map((peer) => ({ name: `${peer.name}: puts, to it`, value: rateOf(peer) / limit, unit: '' })),
  ];
}

/** Every round in the other direction, so that none is always first. */
async function inTurns<T>(targets: readonly T[], run: (target: T) => Promise<Rate>): Promise<ReadonlyMap<T, Rate[]>> {
  const rates = new Map<T, Rate[]>(targets.map((target) => [target, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const target of round % 2 === 0 ? targets : targets.toReversed()) rates.get(target)?.push(await run(target));
  }
  return rates;
}

interface Row extends Rate {
  readonly peer: string;
}

function figuresOf(name: string, unit: string, [own, ...others]: readonly Row[]): readonly Figure[] {
  const figures: Figure[] = [];
  for (const { peer, rate, p99 } of own === undefined ? [] : [own, ...others]) {
    figures.push({ name: `${peer}: ${name}`, value: rate, unit });
    if (p99 !== undefined) figures.push({ name: `${peer}: ${name}, p99`, value: p99, unit: 'ms' });
  }
  const best = Math.max(...others.map(({ rate }) => rate));
  const target = { atLeast: 1 };
  figures.push({ name: `${name}, to the best of the others`, value: (own?.rate ?? 0) / best, unit: '', target });
  if (own?.p99 === undefined) return figures;
  const soonest = Math.min(...others.map(({ p99 }) => p99 ?? Number.POSITIVE_INFINITY));
  figures.push({ name: `${name}, p99 of the best to ours`, value: soonest / own.p99, unit: '', target });
  return figures;
}

async function fill(peer: S3Peer): Promise<void> {
  await makeBucket(peer);
  let next = 0;
  const workers = Array.from({ length: CONNECTIONS }, async () => {
    const { port, bucket, keys } = peer;
    const line = await openLine(port);
    for (let index = next++; index < KEYS; index = next++) {
      await line.send(headOf('PUT', port, `/${bucket}/key-${index}`, BODY.length, keys), BODY);
    }
    line.close();
  });
  await Promise.all(workers);
}

/** One request after the other. */
interface Sender {
  send(): Promise<unknown>;
  close(): void;
}

/** A request for each of `names` in turn, signed before the time is taken. */
async function sender(
  { port, bucket, keys }: Target,
  method: 'PUT' | 'GET' | 'HEAD',
  names: readonly string[],
): Promise<Sender> {
  const body = method === 'PUT' ? BODY : NOTHING;
  const heads = names.map((key) => headOf(method, port, `/${bucket}/${key}`, body.length, keys));
  const line = await openLine(port);
  let next = 0;
  const send = async (): Promise<void> => {
    const head = heads[next++ % heads.length] ?? NOTHING;
    await line.send(head, body, method === 'HEAD');
  };
  return { send, close: line.close };
}

/** More than a connection puts in a round. */
const NEW_KEYS = 600;

function newKeys(prefix: string): readonly string[] {
  const name = randomUUID();
  return Array.from({ length: NEW_KEYS }, (_, index) => `${prefix}${name}-${index}`);
}

/** The median of a few, one after the other; what is `fresh` is removed again, and the time of that is not counted. */
async function large(peer: S3Peer, method: 'PUT' | 'GET', key: string, fresh: boolean): Promise<Rate> {
  const { port, bucket, keys } = peer;
  const body = method === 'PUT' ? LARGE : NOTHING;
  const rates: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const socket = await connect(port);
    const started = performance.now();
    await exchange(socket, headOf(method, port, `/${bucket}/${key}`, body.length, keys), body);
    rates.push(LARGE.length / MIB / ((performance.now() - started) / 1000));
    socket.destroy();
    if (fresh) await removeObject(peer, key);
  }
  return { rate: median(rates), p99: undefined };
}

const TURNS = 3;

function small(name: string, workers: number, open: (peer: S3Peer, index: number) => Promise<Sender>): Measured {
  return { name, unit: '/s', run: (peer) => load(workers, (index) => open(peer, index)) };
}

async function load(workers: number, open: (index: number) => Promise<Sender>): Promise<Rate> {
  const times: number[] = [];
  const senders = await Promise.all(Array.from({ length: workers }, (_, index) => open(index)));
  const until = performance.now() + SECONDS * 1000;
  await Promise.all(
    senders.map(async ({ send, close }) => {
      while (performance.now() < until) {
        const started = performance.now();
        await send();
        times.push(performance.now() - started);
      }
      close();
    }),
  );
  times.sort((a, b) => a - b);
  return { rate: times.length / SECONDS, p99: times[Math.floor(times.length * 0.99)] ?? 0 };
}
