import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../../src/lib/clock.ts';
import { nodeDisk } from '../../disk.ts';
import { layoutOf } from '../../layout.ts';
import { type Files, nodeFiles } from '../../objects/files.ts';
import type { ListQuery, Page } from '../../objects/listing.ts';
import { type Objects, openObjects } from '../../objects/objects.ts';
import type { Settlement } from '../../objects/settlement.ts';
import type { Description } from '../../objects/sidecar.ts';
import type { StoredObject } from '../../objects/stored.ts';

export const BUCKET = 'bucket';
export const signal = new AbortController().signal;
export const plain: Description = { contentType: 'text/plain', metadata: {} };

/** A bucket, and what its changes add up to. */
export interface Shelf {
  readonly root: string;
  readonly objects: Objects;
  readonly ledger: Ledger;
  path(...parts: string[]): string;
  put(key: string, text: string, described?: Description): Promise<StoredObject>;
  get(key: string): Promise<string | undefined>;
  remove(key: string): Promise<boolean>;
  list(query?: Partial<ListQuery>): Promise<Page>;
  /** Another process on the same directory. */
  reopen(files?: Files): Shelf;
  /** What is staged, and what open uploads have. */
  leftovers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Counts as the quota does: what is used, what parts hold. */
export interface Ledger extends Settlement {
  used: number;
  objects: number;
  parts: number;
  unknown: number;
}

interface Options {
  readonly removeEmptyFolders?: boolean;
}

export async function createShelf(options: Options = {}): Promise<Shelf> {
  const root = await mkdtemp(join(tmpdir(), 'ironbucket-objects-'));
  await mkdir(join(root, BUCKET));
  return openShelf(root, options);
}

function openShelf(root: string, options: Options, files: Files = nodeFiles({ fsync: false })): Shelf {
  const { removeEmptyFolders = false } = options;
  const ledger = createLedger();
  const objects = openObjects({
    files,
    disk: nodeDisk,
    layout: layoutOf(root),
    clock: systemClock,
    random: randomBytes,
    removeEmptyFolders,
  });
  const path = (...parts: string[]): string => join(root, BUCKET, ...parts);
  return {
    root,
    objects,
    ledger,
    path,
    put: (key, text, described = plain) =>
      objects.put(BUCKET, key, { body: chunks(text), describe: () => described }, { reservation: ledger }, signal),
    get: async (key) => {
      const open = await objects.open(BUCKET, key);
      if (open === undefined) return undefined;
      try {
        return (await collect(open.read(0, open.object.size))).toString();
      } finally {
        await open.close();
      }
    },
    remove: (key) => objects.remove(BUCKET, key, { reservation: ledger }),
    list: (query) => objects.list(BUCKET, { prefix: '', delimiter: '', after: '', limit: 1000, ...query }, signal),
    reopen: (others) => openShelf(root, options, others),
    leftovers: async () => {
      const names: string[] = [];
      for (const folder of ['.uploads', '.multipart']) {
        names.push(...(await readdir(path(folder), { recursive: true }).catch(() => [])));
      }
      return names;
    },
    close: async () => void execFileSync('rm', ['-rf', root]),
  };
}

function createLedger(): Ledger {
  let taken = 0;
  const ledger: Ledger = {
    used: 0,
    objects: 0,
    parts: 0,
    unknown: 0,
    stage: () => undefined,
    fit: (_, __, { upload } = {}) => {
      taken = upload?.bytes ?? 0;
    },
    commit: (change) => {
      if (change === 'unknown') {
        ledger.unknown++;
        return;
      }
      ledger.used += change.bytes;
      ledger.objects += change.objects;
      ledger.parts -= taken;
      taken = 0;
    },
    keep: (delta) => {
      ledger.parts += delta;
    },
  };
  return ledger;
}

export async function* chunks(text: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of stream) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}
