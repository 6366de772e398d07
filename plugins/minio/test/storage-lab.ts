import { randomUUID } from 'node:crypto';
import type { CommandCall } from '../../../src/plugin/contract.ts';
import type { Settings } from '../settings.ts';
import type { Site } from './lab.ts';

export const BUCKETS = { bucket_samples: 'lab-samples', bucket_tas: 'lab-tas', bucket_debug: 'lab-debug' } as const;

/** Settings of an offering that keeps samples, too. */
export function keeping({ emulator: { root } }: Site): Partial<Settings> {
  return { ...BUCKETS, access_key: root.accessKey, secret_key: root.secretKey };
}

/** Makes the three buckets, each with one object of 40 days and one of today at the keys that are expected there. */
export function fill({ emulator, clock }: Site): void {
  const now = clock.now();
  const old = new Date(now.getTime() - 40 * 86_400_000);
  const empty = { content: undefined, etag: 'e', type: '', metadata: {}, size: 10 };
  for (const [bucket, folder] of [
    ['lab-samples', 'samples'],
    ['lab-tas', 'tas'],
    ['lab-debug', 'debug'],
  ] as const) {
    emulator.store.create(bucket, false, now);
    for (const [name, modified] of [
      ['old', old],
      ['new', now],
    ] as const) {
      emulator.store.put(bucket, `${folder}/${randomUUID()}/${name}`, { ...empty, modified });
    }
  }
  // As old, and none of the samples.
  emulator.store.put('lab-samples', 'other/old', { ...empty, modified: old });
  emulator.store.put('lab-samples', 'samples.old', { ...empty, modified: old });
}

/** What is left in every bucket, by folder and name. */
export function left({ emulator }: Site): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.values(BUCKETS).map((bucket) => [
      bucket,
      [...emulator.store.bucket(bucket).objects.keys()].map((key) => key.replace(/\/[0-9a-f-]{36}\//, '/')).sort(),
    ]),
  );
}

/** Variables of the integrations, for the emulated server. */
export function environment({ emulator }: Site): Readonly<Record<string, string>> {
  return {
    MINIO_ENDPOINT: new URL(emulator.endpoint).host,
    MINIO_ACCESS_KEY: emulator.root.accessKey,
    MINIO_SECRET_KEY: emulator.root.secretKey,
    MINIO_BUCKET_SAMPLES: BUCKETS.bucket_samples,
    MINIO_BUCKET_TAS: BUCKETS.bucket_tas,
    MINIO_BUCKET_DEBUG: BUCKETS.bucket_debug,
  };
}

interface Given {
  readonly flags?: readonly string[];
  readonly values?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Of the offering in the configuration; without them there is no configuration. */
  readonly settings?: Partial<Settings>;
}

/** A call of a command, and what it prints. */
export function commandCall(
  site: Site,
  { flags = [], values = {}, env = {}, cwd = '/', settings }: Given,
): CommandCall<Settings> & { readonly out: () => string } {
  const lines: string[] = [];
  const output = { write: (text: string) => void lines.push(text), isTTY: false, columns: 80 };
  return {
    out: () => lines.join(''),
    values: new Map(Object.entries(values)),
    flags: new Set(flags),
    positionals: [],
    stdout: output,
    stderr: output,
    env,
    cwd,
    signal: new AbortController().signal,
    confirm: async () => undefined,
    document: async () => ({}),
    offering: async () => {
      if (settings === undefined) throw new Error('there is no configuration');
      const resource = async () => {
        throw new Error('no resources here');
      };
      return { name: 'lab', context: site.context(settings), resource, close: async () => undefined };
    },
  };
}
