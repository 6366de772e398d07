// croit's API with so many users, in a process of its own so that it does not share the clock of what is measured.
// Usage: node server.mjs USERS LATENCY_MS; prints its port, and on SIGUSR2 the number of requests so far
// and the latency they really had: timers are late by up to a millisecond.
import { createServer } from 'node:http';

const [users, latencyMs] = process.argv.slice(2).map(Number);
const quota = { enabled: true, maxSize: 107374182400, maxObjects: 10000 };
const list = Array.from({ length: users }, (_, index) => ({
  uid: `waldur_org_proj_${String(index).padStart(8, '0')}`,
  name: 'Files of a project',
  email: `waldur-${String(index).padStart(32, '0')}-waldur_org_proj_${String(index).padStart(8, '0')}@invalid`,
  subusers: [],
  suspended: false,
  userQuota: quota,
  bucketQuota: quota,
  defaultPlacement: '',
  defaultStorageClass: '',
}));
const all = JSON.stringify(list);
const buckets = JSON.stringify([{ bucket: 'b', owner: 'o', usageSum: { size: 123456789, numObjects: 42 } }]);
const keys = JSON.stringify([{ user: 'u', access_key: 'AAAAAAAAAAAAAAAAAAAA', secret_key: 'not-a-secret' }]);
let requests = 0;
let waitedMs = 0;

const server = createServer((request, response) => {
  requests++;
  const arrived = performance.now();
  const { pathname } = new URL(request.url, 'http://croit');
  const body = pathname === '/api/s3/users' ? all : pathname.endsWith('/keys') ? keys : buckets;
  setTimeout(() => {
    waitedMs += performance.now() - arrived;
    response.setHeader('content-type', 'application/json').end(body);
  }, latencyMs);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
process.on('SIGUSR2', () => process.stdout.write(`${requests} ${waitedMs / requests}\n`));
