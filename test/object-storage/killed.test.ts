import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import type { Clock } from '../../src/lib/clock.ts';
import { createObjectStorage, type RememberedUpload, readSettings } from '../../src/object-storage/index.ts';
import { startEmulator } from '../labs/minio/emulator.ts';

const { signal } = new AbortController();
const DAY_MS = 86_400_000;

/** A program that stores 600 MiB, and prints the uploads it begins. */
const PROGRAM = `
const { createObjectStorage } = await import(process.env.MODULE);
const uploads = {
  remember: async (upload) => console.log(JSON.stringify(upload)),
  forget: async () => undefined,
  list: async function* () {},
};
const clock = { now: () => new Date() };
const storage = createObjectStorage(JSON.parse(process.env.SETTINGS), { clock, uploads });
await storage.initializeBuckets({}, new AbortController().signal);
const chunk = Buffer.alloc(65536);
const body = (async function* () { for (let left = 9600; left > 0; left--) yield chunk; })();
const requestId = '6f1d0000-0000-4000-8000-000000000001';
await storage.uploadLogSample({ requestId, filename: 'huge.bin', contentType: 'text/plain', body }, new AbortController().signal);
`;

test('a program that is killed in the middle of 600 MiB leaves no part once the next cleanup has run', async () => {
  const emulator = await startEmulator();
  try {
    const settings = readSettings({
      endpoint: new URL(emulator.endpoint).host,
      access_key: emulator.root.accessKey,
      secret_key: emulator.root.secretKey,
      bucket_samples: 'killed-samples',
      bucket_tas: 'killed-tas',
      bucket_debug: 'killed-debug',
      max_upload_size_mb: 700,
    });
    const program = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
      env: {
        MODULE: new URL('../../dist/src/object-storage/index.js', import.meta.url).href,
        SETTINGS: JSON.stringify(settings),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let parts = 0;
    emulator.intercept = ({ method, url = '' }) => {
      if (method === 'PUT' && url.includes('partNumber=') && ++parts === 60) program.kill('SIGKILL');
      return false;
    };
    const begun = new Map<string, RememberedUpload>();
    createInterface({ input: program.stdout }).on('line', (line) => {
      const { startedAt, ...upload } = JSON.parse(line) as RememberedUpload & { startedAt: string };
      begun.set(upload.uploadId, { ...upload, startedAt: new Date(startedAt) });
    });
    const [, killedBy] = (await once(program, 'close')) as [unknown, string];
    expect([killedBy, begun.size]).toEqual(['SIGKILL', 1]);
    const { uploads } = emulator.store.bucket('killed-samples');
    expect([...uploads.values()][0]?.parts.size).toBeGreaterThan(50);

    // The server forgets its list at a restart, as real ones were seen to do: only what was remembered tells.
    emulator.intercept = ({ method, url = '' }, response) => {
      const isList = method === 'GET' && /[?&]uploads/.test(url);
      if (isList)
        response.end('<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>');
      return isList;
    };
    const clean = async (days: number): Promise<number> => {
      const registry = {
        remember: async () => undefined,
        forget: async ({ uploadId }: { uploadId: string }) => void begun.delete(uploadId),
        list: async function* () {
          yield* begun.values();
        },
      };
      const clock = { now: () => new Date(Date.now() + days * DAY_MS) } as Clock;
      await using storage = createObjectStorage(settings, { clock, uploads: registry });
      return (await storage.cleanupExpiredSamples({}, signal)).aborted_uploads;
    };
    expect([await clean(0.5), uploads.size]).toEqual([0, 1]);
    expect([await clean(1.5), uploads.size, begun.size]).toEqual([1, 0, 0]);
  } finally {
    await emulator.close();
  }
});
