import { policyName } from '../../plugins/minio/bucket-names.ts';
import { policyOf } from '../../plugins/minio/policy.ts';
import { tagsFor } from '../../plugins/minio/tags.ts';
import { startEmulator } from '../labs/minio/emulator.ts';

/** An emulated server in a process of its own; `process.send` answers each message. */
const emulator = await startEmulator({ answers: 2 });
const PAGE = 1000;

emulator.intercept = (request, response) => {
  const { pathname, searchParams } = new URL(`http://bench${request.url}`);
  if (request.method !== 'GET' || pathname.replace(/\/$/, '') !== '/bench-million') return false;
  const start = Number(searchParams.get('continuation-token') ?? 0);
  const end = Math.min(start + PAGE, MILLION);
  const entry = (index: number): string =>
    `<Contents><Key>samples/${String(index).padStart(8, '0')}</Key><LastModified>2026-11-28T00:00:00.000Z</LastModified>` +
    '<ETag>"e"</ETag><Size>1024</Size></Contents>';
  const items = Array.from({ length: end - start }, (_, index) => entry(start + index)).join('');
  const more = end < MILLION;
  const paging = more ? `<NextContinuationToken>${end}</NextContinuationToken>` : '';
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>${more}</IsTruncated>${paging}${items}</ListBucketResult>`,
  );
  return true;
};

const MILLION = 1_000_000;

process.on('message', (message: { readonly accounts?: number }) => {
  if (message.accounts !== undefined) populate(message.accounts);
  emulator.scan();
  process.send?.({ requests: emulator.requests.splice(0) });
});
// The benchmark may end by an error.
process.once('disconnect', () => void emulator.close());
process.send?.({ endpoint: emulator.endpoint, root: emulator.root });

function populate(count: number): void {
  const now = new Date();
  for (let index = 0; index < count; index++) {
    const account = `waldur_org_project_${String(index).padStart(8, '0')}`;
    const bucket = account.replaceAll('_', '-');
    const resource = String(index).padStart(32, '0');
    emulator.state.users.set(account, { secret: 'bench-secret', enabled: true });
    const document = policyOf({ resource, buckets: [bucket], writable: true });
    emulator.state.policies.set(policyName(account), { document, created: now, updated: now });
    emulator.state.mappings.set(account, { names: [policyName(account)], updated: now });
    emulator.store.create(bucket, false, now);
    for (const [key, value] of Object.entries(tagsFor(resource, {}, false))) {
      emulator.store.bucket(bucket).tags.set(key, value);
    }
  }
}
