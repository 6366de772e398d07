import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemClock } from '../../src/lib/clock.ts';
import { toAgentError } from '../../src/lib/errors.ts';
import { proxyFor } from '../../src/lib/proxy.ts';
import { type CleanedObject, fromEnvironment, type ObjectStorage } from '../../src/object-storage/index.ts';
import type { CommandCall, CommandOption, PluginCommand } from '../../src/plugin/contract.ts';
import type { Settings } from './settings.ts';
import { openStorage, storageSettings } from './storage.ts';
import { noDocuments, silentLog } from './without-offering.ts';

type Call = CommandCall<Settings>;

const OFFERING: CommandOption = {
  name: 'offering',
  placeholder: 'NAME',
  help: 'Offering whose settings hold, where there are several.',
  complete: 'offering',
};
const WHERE =
  'Settings come from the offering in the configuration and, where that says nothing, from MINIO_* in the environment.';

export const commands: readonly PluginCommand<Settings>[] = [
  {
    name: 'minio init',
    summary: 'Make the buckets of samples, bundles and artefacts',
    description: `Makes the three buckets that are missing. ${WHERE}`,
    options: [
      OFFERING,
      { name: 'verify-only', help: 'Look, and write nothing.' },
      { name: 'force', help: 'Make empty buckets anew. One that holds anything is never removed.' },
    ],
    positionals: [],
    examples: ['agent minio init --verify-only'],
    json: true,
    run: (call) => withStorage(call, initialise),
  },
  {
    name: 'minio cleanup',
    summary: 'Remove expired log samples',
    description: `Removes log samples that are older than sample_retention_days, and unfinished uploads of them. ${WHERE}`,
    options: [
      OFFERING,
      { name: 'dry-run', help: 'Find the same and remove nothing.' },
      { name: 'report', placeholder: 'FILE', help: 'Write what was found as JSON.', complete: 'file' },
    ],
    positionals: [{ name: 'what', help: 'Only samples ever expire: both mean the same.', choices: ['all', 'samples'] }],
    examples: ['agent minio cleanup all --dry-run --report cleanup.json'],
    json: true,
    run: (call) => withStorage(call, cleanUp),
  },
  {
    name: 'minio stats',
    summary: 'Count what the buckets hold',
    description: `Counts objects and bytes of the three buckets. ${WHERE}`,
    options: [OFFERING],
    positionals: [],
    examples: ['agent minio stats --json'],
    json: true,
    run: (call) => withStorage(call, stats),
  },
];

async function withStorage(call: Call, work: (call: Call, storage: ObjectStorage) => Promise<number>): Promise<number> {
  const fallback = fromEnvironment(call.env);
  const offering = await call.offering().catch((error: unknown) => {
    // Without a configuration the environment is enough.
    if (fallback['endpoint'] === undefined) throw error;
    return undefined;
  });
  try {
    const own = offering === undefined ? {} : storageSettings(offering.context.settings);
    const raw: Readonly<Record<string, unknown>> = { ...fallback, ...own };
    const proxy = (url: string): string | undefined => proxyFor(url, 'env', call.env);
    const context = offering?.context ?? { clock: systemClock, log: silentLog, store: noDocuments, proxy };
    const storage = await openStorage(raw, context);
    try {
      return await work(call, storage);
    } finally {
      await storage.close();
    }
  } finally {
    await offering?.close();
  }
}

async function initialise(call: Call, storage: ObjectStorage): Promise<number> {
  const options = { verifyOnly: call.flags.has('verify-only'), force: call.flags.has('force') };
  const results = await storage.initializeBuckets(options, call.signal);
  const text = results.map(({ bucket, outcome }) => `${bucket}: ${WORDS[outcome]}`).join('\n');
  print(call, results, text);
  if (results.some(({ outcome }) => outcome === 'refused')) return 1;
  return results.some(({ outcome }) => outcome === 'missing') ? 2 : 0;
}

const WORDS = {
  exists: 'is there',
  created: 'made',
  recreated: 'made anew',
  missing: 'is missing',
  refused: 'holds something, so it was not made anew',
} as const;

async function cleanUp(call: Call, storage: ObjectStorage): Promise<number> {
  const dryRun = call.flags.has('dry-run');
  const path = call.values.get('report');
  const file = path === undefined ? undefined : await open(resolve(call.cwd, path), 'w', 0o600);
  let count = 0;
  try {
    await file?.write('{"objects":[');
    const onObject = async (object: CleanedObject): Promise<void> => {
      await file?.write(`${count === 0 ? '' : ','}\n${JSON.stringify(object)}`);
      count++;
      if (call.stderr.isTTY && count % 100 === 0) call.stderr.write(`\r${count} samples`);
    };
    const report = await storage.cleanupExpiredSamples({ dryRun, onObject }, call.signal);
    await file?.write(`\n],"summary":${JSON.stringify(report)}}\n`);
    if (call.stderr.isTTY && count >= 100) call.stderr.write('\n');
    const { deleted, failed, aborted_uploads: aborted, cutoff, enabled } = report;
    const done = dryRun ? 'would be removed' : 'removed';
    const text = enabled
      ? `${deleted} samples from before ${cutoff} ${done}, ${failed} failed, ${aborted} unfinished uploads aborted`
      : 'sample_retention_enabled is false: nothing expires';
    print(call, report, text);
    return failed > 0 ? 1 : 0;
  } finally {
    await file?.close();
  }
}

async function stats(call: Call, storage: ObjectStorage): Promise<number> {
  const results = await storage.stats(call.signal);
  const lines = results.map(({ bucket, total_objects: count, total_size_formatted: size, oldest, newest }) => {
    const span = oldest === null ? '' : `, from ${oldest.last_modified} to ${newest?.last_modified}`;
    return `${bucket}: ${count} objects, ${size}${span}`;
  });
  print(call, results, lines.join('\n'));
  return 0;
}

function print({ stdout, flags }: Call, json: unknown, text: string): void {
  stdout.write(`${flags.has('json') ? JSON.stringify(json, null, 2) : text}\n`);
}

/** What the job of the daemon logs. */
export async function retain(storage: ObjectStorage, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { deleted, failed, aborted_uploads: aborted } = await storage.cleanupExpiredSamples({}, signal);
    if (deleted === 0 && failed === 0 && aborted === 0) return undefined;
    return `${deleted} expired samples removed, ${failed} failed, ${aborted} unfinished uploads aborted`;
  } catch (error) {
    throw toAgentError(error);
  } finally {
    await storage.close();
  }
}
