import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { createDigest } from '../../plugins/ironbucket-local/gateway/body/checksum.ts';
import { openBody } from '../../plugins/ironbucket-local/gateway/body/open-body.ts';
import type { ChecksumAlgorithm } from '../../plugins/ironbucket-local/gateway/body/types.ts';
import { readHead } from '../../src/s3/request-head.ts';
import { encodeQuery, sign, signingKey } from '../../src/s3/sigv4.ts';
import { chunkSigner, readPayload } from '../../src/s3/verify/payload.ts';
import type { Payload } from '../../src/s3/verify/types.ts';
import { verify } from '../../src/s3/verify/verify.ts';
import { printResult } from './lib/report.ts';

/** CPU time of what the S3 gateway does with the bytes of an upload, against the hashes it cannot do without, in the same run. */

const BUFFER = Buffer.alloc(65_536, 'the bytes of an object, ');
const BUFFERS = 512;
const ROUNDS = 7;
const MEGABYTES = (BUFFER.length * BUFFERS) / 1e6;

const keys = { accessKey: 'AKIAIOSFODNN7EXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const region = 'us-east-1';
const scope = { stamp: '20130524T000000Z', region };
const chain = { key: signingKey(keys.secretKey, scope), scope, seed: 'f'.repeat(64) };
const size = String(BUFFER.length * BUFFERS);

interface Upload {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Payload;
  readonly pieces: readonly Buffer[];
}

const plain = Array.from({ length: BUFFERS }, () => BUFFER);
const whole = createHash('sha256');
for (const piece of plain) whole.update(piece);

const uploads: Readonly<Record<string, { upload: Upload; bare: readonly (() => Sink)[] }>> = {
  'unsigned, to MD5': {
    upload: { headers: { 'content-length': size }, payload: { kind: 'unsigned' }, pieces: plain },
    bare: [md5],
  },
  'SHA-256, to MD5 and SHA-256': {
    upload: {
      headers: { 'content-length': size },
      payload: { kind: 'hashed', sha256: whole.digest('hex') },
      pieces: plain,
    },
    bare: [md5, sha256],
  },
  'signed chunks of 64 KiB, to MD5 and SHA-256': {
    upload: chunked('STREAMING-AWS4-HMAC-SHA256-PAYLOAD'),
    bare: [md5, sha256],
  },
  'CRC-32 in a trailer, to MD5 and CRC-32': {
    upload: chunked('STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'crc32'),
    bare: [md5, zlibCrc32],
  },
  'CRC-64 in a trailer, to MD5': { upload: chunked('STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'crc64nvme'), bare: [md5] },
};

const figures = [];
for (const [name, { upload, bare }] of Object.entries(uploads)) {
  const [ours, theirs] = await fastest(
    () => receive(upload),
    () => hash(bare.map((create) => create())),
  );
  // The CRC-64 is extra work, not overhead.
  const target = name.startsWith('CRC-64') ? {} : { target: { atLeast: 0.8 } };
  figures.push({ name: `throughput ${name}`, value: theirs / ours, unit: '', ...target });
  figures.push({ name: '  on one core of this machine', value: MEGABYTES / ours, unit: 'MB/s' });
}
for (const algorithm of ['crc32', 'crc32c', 'crc64nvme'] as const) {
  const [ours] = await fastest(() => hash([createDigest(algorithm)]));
  const target = algorithm === 'crc64nvme' ? {} : { target: { atLeast: 500 } };
  figures.push({ name: algorithm, value: MEGABYTES / ours, unit: 'MB/s', ...target });
}
figures.push({ name: 'signatures verified', value: await verifications(), unit: 'requests/s' });
printResult('s3-body', figures);

interface Sink {
  update(data: Buffer): unknown;
  digest(): unknown;
}

function md5(): Sink {
  return createHash('md5');
}

function sha256(): Sink {
  return createHash('sha256');
}

function zlibCrc32(): Sink {
  let value = 0;
  return {
    update: (data) => {
      value = crc32(data, value);
    },
    digest: () => value,
  };
}

/** Seconds of CPU time of the fastest of some rounds, taken in turns: a core that is shared slows down all alike. */
async function fastest(...works: readonly (() => void | Promise<void>)[]): Promise<readonly [number, number]> {
  const times = works.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, work] of works.entries()) {
      const before = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(before);
      times[index] = Math.min(times[index] ?? 0, (user + system) / 1e6);
    }
  }
  return [times[0] ?? 0, times[1] ?? 0];
}

function hash(sinks: readonly Sink[]): void {
  for (const piece of plain) for (const sink of sinks) sink.update(piece);
  for (const sink of sinks) sink.digest();
}

async function receive({ headers, payload, pieces }: Upload): Promise<void> {
  const head = readHead({ method: 'PUT', url: '/b/k', rawHeaders: Object.entries(headers).flat() });
  const body = openBody(head, payload, arrive(pieces));
  for await (const _ of body.chunks);
  if (body.verified().bytes !== Number(size)) throw new Error('bytes are missing');
}

async function* arrive(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}

/** Frames of 64 KiB, in buffers of 64 KiB whose boundaries are elsewhere. */
function chunked(word: string, algorithm?: ChecksumAlgorithm): Upload {
  const payload = readPayload(word, chain);
  const signer = payload.kind === 'chunked' && payload.chain ? chunkSigner(payload.chain) : undefined;
  const digest = algorithm && createDigest(algorithm);
  let previous = chain.seed;
  const frames: Buffer[] = [];
  for (const data of [...plain, Buffer.alloc(0)]) {
    digest?.update(data);
    previous = signer?.chunk(previous, createHash('sha256').update(data).digest('hex')) ?? '';
    const signature = signer === undefined ? '' : `;chunk-signature=${previous}`;
    frames.push(Buffer.from(`${data.length.toString(16)}${signature}\r\n`), data);
    if (data.length > 0) frames.push(Buffer.from('\r\n'));
  }
  const name = `x-amz-checksum-${algorithm ?? ''}`;
  if (digest !== undefined) frames.push(Buffer.from(`${name}:${digest.digest().toString('base64')}\r\n`));
  const wire = Buffer.concat([...frames, Buffer.from('\r\n')]);
  const pieces = Array.from({ length: Math.ceil(wire.length / BUFFER.length) }, (_, index) =>
    wire.subarray(index * BUFFER.length, (index + 1) * BUFFER.length),
  );
  const trailer = digest === undefined ? {} : { 'x-amz-trailer': name };
  return { headers: { 'x-amz-decoded-content-length': size, ...trailer }, payload, pieces };
}

async function verifications(): Promise<number> {
  const count = 5000;
  const now = new Date();
  const path = `/bucket/some/object?${encodeQuery({ partNumber: 1, uploadId: 'abcdef' })}`;
  const signed = sign({ method: 'GET', host: 'localhost:9000', path, body: '', keys, region, now });
  const rawHeaders = Object.entries({ host: 'localhost:9000', 'user-agent': 'bench', ...signed }).flat();
  const [seconds] = await fastest(() => {
    for (let turn = 0; turn < count; turn++) {
      verify(readHead({ method: 'GET', url: path, rawHeaders }), { region, now, find: () => keys });
    }
  });
  return count / seconds;
}
