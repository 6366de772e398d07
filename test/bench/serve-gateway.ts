import { openIronbucket } from './lib/open-ironbucket.ts';

/**
 * The gateway alone, with one bucket and one key: `serve-gateway FOLDER PORT ENABLED`. Prints the bucket and the key pair
 * as JSON when it answers, and ends with its standard input. `BENCH_GATEWAY_WORKERS` is its number of threads.
 */
const [folder = '', port = '', enabled = ''] = process.argv.slice(2);
const workers = process.env['BENCH_GATEWAY_WORKERS'];
const running = new AbortController();
const { signal } = running;
const backend = openIronbucket(folder, port, {
  bucket_quota_bytes: 1024 ** 4,
  enabled: enabled === 'true',
  ...(workers !== undefined && { gateway_workers: Number(workers) }),
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
