import { join } from 'node:path';
import type { Log } from '../../../src/lib/log.ts';
import { vanished } from '../errors.ts';
import { createWork, type Entry } from './entry.ts';
import { parseQuota } from './quota-file.ts';
import { type FileDeps, markerPath, quotaPath } from './save.ts';
import { createSizes, scan } from './scan.ts';
import { createSpeed } from './speed.ts';

export interface LoadDeps extends FileDeps {
  readonly log: Log;
  /** Limit of a bucket whose `.quota` does not say. */
  readonly defaultBytes: bigint;
}

/**
 * A bucket as its files say. Without a usable `.quota` it is counted before the first write; after a crash it is in
 * doubt, and counted: a second of it before the first write, the rest while writing goes on.
 *
 * @throws AgentError transient `IRONBUCKET_VANISHED` when there is no such directory; what the operating system says
 * when it cannot be read: then writing is refused as well.
 */
export async function load(deps: LoadDeps, account: string, signal: AbortSignal): Promise<Entry> {
  const { disk, layout, clock, log } = deps;
  const directory = layout.bucket(account);
  const path = quotaPath(layout, account);
  // Before the text: what is put there in between is noticed at the next look.
  const identity = await disk.identity(path);
  const text = await disk.read(path);
  if (text === undefined && (await disk.kind(directory)) !== 'directory') throw vanished(account);
  const record = text === undefined ? undefined : parseQuota(text);
  if (text !== undefined && record === undefined)
    log.warn({ account }, 'the quota file is damaged; the bucket gets the default limit and is counted');
  const crashed = (await disk.kind(markerPath(layout, account))) !== undefined;
  const size = record ?? (await scan(directory, clock, signal));
  const entry: Entry = {
    account: compact(account),
    maxBytes: record === undefined ? deps.defaultBytes : record.maxBytes,
    usedBytes: 'usedBytes' in size ? size.usedBytes : size.bytes,
    objects: size.objects,
    ...(await readUploads(deps, directory, signal)),
    updatedMs: (record?.updated ?? clock.now()).getTime(),
    others: record?.others?.length === 0 ? undefined : record?.others,
    identity: identity && compact(identity),
    checkedMs: Math.trunc(clock.monotonicMs()),
    gone: false,
    work: undefined,
  };
  if (record === undefined || crashed) entry.work = createWork();
  if (entry.work === undefined) return entry;
  entry.work.changes = record === undefined ? 1 : 0;
  entry.work.marked = crashed;
  entry.work.doubtful = crashed && record !== undefined;
  return entry;
}

/** Text that was cut out of a longer one, or put together, holds on to what it came from; the cache would as well. */
function compact(text: string): string {
  return Buffer.from(text).toString();
}

/** `.multipart/{upload}/part-{number}` of uploads that are neither completed nor aborted. */
async function readUploads(
  { disk, clock }: LoadDeps,
  bucket: string,
  signal: AbortSignal,
): Promise<Pick<Entry, 'parts' | 'pieces' | 'uploads'>> {
  const folder = join(bucket, '.multipart');
  const found = { parts: 0n, pieces: 0n, uploads: 0 };
  if ((await disk.kind(folder)) !== 'directory') return found;
  const sizesOf = createSizes(createSpeed(clock));
  for await (const upload of disk.names(folder)) {
    signal.throwIfAborted();
    const directory = join(folder, upload);
    if ((await disk.kind(directory)) !== 'directory') continue;
    const names: string[] = [];
    for await (const name of disk.names(directory)) if (/^part-\d+$/.test(name)) names.push(name);
    for (const size of await sizesOf(`${directory}/`, names)) found.parts += BigInt(size ?? 0);
    found.pieces += BigInt(names.length + 1);
    found.uploads++;
  }
  return found;
}
