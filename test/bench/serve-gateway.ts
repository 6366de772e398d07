import { createBackend } from '../../plugins/ironbucket-local/index.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createHttp } from '../../src/lib/http.ts';
import { createMemoryDocuments } from '../../src/plugin/memory-documents.ts';
import { COMMON } from '../fakes/common-settings.ts';
import { silentLog } from '../fakes/log.ts';

/**
 * The gateway alone, with one bucket and one key: `serve-gateway FOLDER PORT ENABLED`. Prints the bucket and the key pair
 * as JSON when it answers, and ends with its standard input.
 */
const [folder = '', port = '', enabled = ''] = process.argv.slice(2);
const running = new AbortController();
const { signal } = running;
const backend = createBackend({
  settings: {
    storage_path: folder,
    gateway: true,
    listen: `127.0.0.1:${port}`,
    s3_region: 'us-east-1',
    bucket_quota_bytes: 1024 ** 4,
    quota_flush_interval_ms: 1000,
    quota_cache_max_size: 10_000,
    enabled: enabled === 'true',
    fsync: false,
    remove_empty_folders: true,
    multipart_expiry_days: 7,
    node_id: 'node-1',
    cluster_nodes: '',
    user_prefix: 'waldur-',
  },
  log: silentLog(),
  http: (options) => createHttp(options, { clock: systemClock }),
  clock: systemClock,
  common: COMMON,
  store: createMemoryDocuments(systemClock),
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
});
const account = 'waldur-acme-genomics-00000000';
const of = { account, resource: '0'.repeat(32) };
await backend.apply(
  { kind: 'create-account', ...of, displayName: 'bench', quota: { bytes: 1024n ** 4n }, attributes: {} },
  signal,
);
const { credentials } = await backend.apply({ kind: 'issue-key', ...of }, signal);
const served = backend.serve?.(signal);
while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, 5));
console.log(JSON.stringify({ bucket: account, ...credentials }));
process.stdin.resume().on('end', () => running.abort());
await served;
await backend.close();

async function answers(): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}
