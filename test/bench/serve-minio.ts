import { startEmulator } from '../labs/minio/emulator.ts';
import { populate } from '../labs/minio/populate.ts';

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
  if (message.accounts !== undefined) populate(emulator, message.accounts);
  emulator.scan();
  process.send?.({ requests: emulator.requests.splice(0) });
});
// The benchmark may end by an error.
process.once('disconnect', () => void emulator.close());
process.send?.({ endpoint: emulator.endpoint, root: emulator.root });
