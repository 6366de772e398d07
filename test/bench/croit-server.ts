import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * croit's API with so many users, in a process of its own so that it does not share the clock of what is measured:
 * `croit-server USERS LATENCY_MS`. Prints its port, and for every line it reads the number of requests so far and the
 * latency they really had, because timers are late by up to a millisecond.
 */
const [users = 0, latencyMs = 0] = process.argv.slice(2).map(Number);

const quota = { enabled: true, maxSize: 107_374_182_400, maxObjects: 10_000 };
const list = Array.from({ length: users }, (_, index) => {
  const uid = `waldur_org_proj_${String(index).padStart(8, '0')}`;
  const email = `waldur-${String(index).padStart(32, '0')}-${uid}@invalid`;
  return { uid, name: 'Files', email, subusers: [], suspended: false, userQuota: quota, bucketQuota: quota };
});
const all = JSON.stringify(list);
const buckets = JSON.stringify([{ bucket: 'b', owner: 'o', usageSum: { size: 123_456_789, numObjects: 42 } }]);
let requests = 0;
let waitedMs = 0;

const server = createServer((request, response) => {
  requests++;
  const arrived = performance.now();
  const body = request.url === '/api/s3/users' ? all : buckets;
  setTimeout(() => {
    waitedMs += performance.now() - arrived;
    response.setHeader('content-type', 'application/json').end(body);
  }, latencyMs);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.stdin.on('data', () => console.log(`${requests} ${waitedMs / requests}`));
