import { randomBytes, randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, it } from 'vitest';
import { bucketNames, policyName } from '../../../plugins/minio/bucket-names.ts';
import { createClient } from '../../../plugins/minio/client.ts';
import { createBackend, plugin } from '../../../plugins/minio/index.ts';
import type { Deriver } from '../../../plugins/minio/madmin/deriver.ts';
import { bucketsIn } from '../../../plugins/minio/policy.ts';
import type { Settings } from '../../../plugins/minio/settings.ts';
import { withDefaults } from '../../../plugins/minio/test/lab.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createHttp } from '../../../src/lib/http.ts';
import { conformance, createMemoryDocuments, type Lab } from '../../../src/plugin/conformance.ts';
import type { PluginContext } from '../../../src/plugin/contract.ts';
import { purgeBucket } from '../../../src/s3/index.ts';
import type { KeyPair } from '../../../src/s3/sigv4.ts';
import { COMMON } from '../../fakes/common-settings.ts';
import { silentLog } from '../../fakes/log.ts';
import { describeStorage } from '../../object-storage/suite.ts';
import { startFront } from './live.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../../plugins/minio');
const never = new AbortController().signal;

/** The suites of the plugin and of the object storage against a server that is there. Empties what has the names of the suite. */
export function describeLive(
  name: string,
  server: string,
  { accessKey: admin, secretKey: secret }: KeyPair,
  deriver?: Deriver,
): void {
  const url = new URL(server);
  const settingsFor = (host: string): Settings =>
    withDefaults({ endpoint: host, admin_access_key: admin, admin_secret_key: secret, user_prefix: 'waldur_live_' });
  const contextFor = (host: string): PluginContext<Settings> => ({
    settings: settingsFor(host),
    log: silentLog(),
    http: (options) => createHttp(options, { clock: systemClock }),
    clock: systemClock,
    common: COMMON,
    store: createMemoryDocuments(systemClock),
    random: (bytes) => randomBytes(bytes),
  });
  const direct = createClient(contextFor(url.host), deriver);
  afterAll(() => direct.close());

  /** Every name of the suite, gone. */
  async function clean(): Promise<void> {
    for (const name of (await direct.admin.users(never)).keys()) {
      if (!name.startsWith('waldur_live_')) continue;
      const buckets = bucketsIn(await direct.admin.policy(policyName(name), never));
      for (const bucket of [...buckets, ...bucketNames(['{account}'], name)]) await remove(bucket);
      await direct.admin.removeUser(name, never);
    }
    for (const name of (await direct.admin.policies(never)).keys()) {
      if (name.startsWith('waldur-waldur_live_')) await direct.admin.removePolicy(name, never);
    }
  }

  async function remove(bucket: string): Promise<void> {
    await purgeBucket(direct.s3, bucket, never);
  }

  /** Until the scanner has counted all buckets as they are; a scan takes a minute unless it was made faster. */
  async function counted(bucket: string, objects: number): Promise<void> {
    for (let tries = 0; tries < 150; tries++) {
      const { buckets } = await direct.admin.usage(never);
      const all = await direct.s3.buckets.list(never);
      const ours = all.filter((name) => name.startsWith('waldur-live-'));
      if (buckets.get(bucket)?.objects === BigInt(objects) && ours.every((name) => buckets.has(name))) return;
      await systemClock.sleep(1000, never);
    }
    throw new Error(`the scanner did not count ${bucket}`);
  }

  async function lab(): Promise<Lab> {
    await clean();
    const front = await startFront(url);
    const stored = new Map<string, number>();
    return {
      open: () => createBackend(contextFor(front.host), deriver),
      makeForeign: (account) => direct.admin.putUser(account, 'secret-of-a-stranger', never),
      store: async (account, bytes) => {
        const [bucket = ''] = bucketsIn(await direct.admin.policy(policyName(account), never));
        await direct.s3.objects.put(bucket, randomUUID(), 'x'.repeat(bytes), 'text/plain', never);
        stored.set(bucket, (stored.get(bucket) ?? 0) + 1);
        await counted(bucket, stored.get(bucket) ?? 0);
        // The plugin shares one count for five seconds.
        await systemClock.sleep(5_500, never);
      },
      hide: async (account) => {
        const bucket = account.replaceAll('_', '-');
        front.intercept = async ({ url: path = '' }, response) => {
          if (path.includes('datausageinfo')) {
            const { scannedAt, buckets } = await direct.admin.usage(never);
            const shown = [...buckets].filter(([name]) => name !== bucket);
            const info = shown.map(([name, { bytes, objects }]) => [
              name,
              { size: Number(bytes), objectsCount: Number(objects) },
            ]);
            response.end(
              JSON.stringify({ lastUpdate: scannedAt?.toISOString(), bucketsUsageInfo: Object.fromEntries(info) }),
            );
            return true;
          }
          const isIt = path.includes(account) || path.includes(bucket);
          if (isIt) response.writeHead(503).end('<h1>Service Unavailable</h1>');
          return isIt;
        };
      },
      secrets: [secret],
      close: async () => {
        await front.close();
        await clean();
      },
    };
  }

  describe(name, () => {
    const attributes = {
      create: { versioning: false, tags: { project: 'one' }, lifecycle_days: 30 },
      change: { versioning: true, tags: { project: 'two', owner: 'me' }, lifecycle_days: 7 },
    };
    // The scanner of a server takes a minute, unless MINIO_SCANNER_SPEED=fastest.
    const patient = { describe, it: (name: string, body: () => Promise<void>) => it(name, body, 400_000) };
    conformance(patient, { plugin, settings: settingsFor(url.host), folder, attributes, lab });
  });

  describeStorage(name, async () => ({
    endpoint: url.host,
    accessKey: admin,
    secretKey: secret,
    region: 'us-east-1',
    now: () => new Date(),
    close: async () => undefined,
  }));
}
