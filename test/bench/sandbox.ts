import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { cpuSeconds, idleMemoryMb, memoryMb } from './lib/proc.ts';
import { openRawConnection, type RawConnection, rawRequest } from './lib/raw-http.ts';
import { type Figure, printResult } from './lib/report.ts';
import { type SandboxProcess, startSandboxProcess } from './lib/sandbox-process.ts';

/** What the sandbox can do on one core: more than the agent, or the other benchmarks would measure the sandbox. */

const ORDERS = 4000;
const WARM_UP = 1000;
const CONNECTIONS = 16;
const RESOURCES = 10_000;

interface Placed {
  readonly order_uuid: string;
  readonly resource_uuid: string;
}

/** The fields the agent asks for. */
const ORDER_FIELDS =
  query(`uuid type state offering_uuid marketplace_resource_uuid resource_name attributes limits plan_uuid
  old_plan_uuid new_plan_uuid created modified start_date provider_message`);
const RESOURCE_FIELDS = query(`uuid name state backend_id offering_uuid plan_uuid project_slug customer_slug attributes
  options limits backend_metadata endpoints paused downscaled restrict_member_access`);

printResult('sandbox', [...(await speed()), ...(await memory())]);

async function speed(): Promise<readonly Figure[]> {
  const sandbox = await startSandboxProcess({ cpu: 0 });
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => openRawConnection(sandbox.port)));
  await processOrders(sandbox, connections, await place(sandbox, WARM_UP));
  const placed = await place(sandbox, ORDERS);
  const cpuBefore = cpuSeconds(sandbox.pid);
  const started = performance.now();
  const requests = await processOrders(sandbox, connections, placed);
  const seconds = (performance.now() - started) / 1000;
  const cpu = cpuSeconds(sandbox.pid) - cpuBefore;
  const mb = memoryMb(sandbox.pid);
  for (const connection of connections) connection.close();
  await sandbox.stop();
  return [
    { name: 'requests per order', value: requests / ORDERS, unit: 'requests' },
    { name: 'orders per second, one core', value: ORDERS / seconds, unit: 'orders/s', target: { atLeast: 1000 } },
    { name: 'orders per second of its CPU time', value: ORDERS / cpu, unit: 'orders/s' },
    { name: 'share of its core it had', value: (100 * cpu) / seconds, unit: '%' },
    { name: `memory after ${WARM_UP + ORDERS} orders`, value: mb, unit: 'MB' },
  ];
}

async function memory(): Promise<readonly Figure[]> {
  const sandbox = await startSandboxProcess({ resources: RESOURCES });
  const mb = await idleMemoryMb(sandbox.pid);
  await sandbox.stop();
  return [{ name: `memory with ${RESOURCES} resources, idle`, value: mb, unit: 'MB' }];
}

async function place({ test }: SandboxProcess, count: number): Promise<readonly Placed[]> {
  const placed: Placed[] = [];
  for (let index = 0; index < count; index++) placed.push((await test('POST', 'orders', {})) as Placed);
  return placed;
}

/** The eight requests of a create order, in the agent's order, over all connections. Answers how many there were. */
async function processOrders(
  sandbox: SandboxProcess,
  connections: readonly RawConnection[],
  orders: readonly Placed[],
): Promise<number> {
  const token = sandbox.token('provider-owner');
  const left = orders[Symbol.iterator]();
  let requests = 0;
  await Promise.all(
    connections.map(async (connection) => {
      for (let next = left.next(); !next.done; next = left.next()) {
        for (const text of cycle(next.value, token)) {
          const status = await connection.request(text);
          if (status !== 200) throw new Error(`${status} for ${text}`);
          requests++;
        }
      }
    }),
  );
  return requests;
}

function query(fields: string): string {
  const asked = fields.split(/\s+/).map((field) => `field=${field}`);
  return `?${[`offering_uuid=${FIXTURE.limit}`, ...asked].join('&')}`;
}

function cycle({ order_uuid: orderUuid, resource_uuid: resourceUuid }: Placed, token: string): readonly string[] {
  const order = `/api/marketplace-orders/${orderUuid}/`;
  const resource = `/api/marketplace-provider-resources/${resourceUuid}/`;
  const name = `waldur-acme-genomics-${resourceUuid.slice(0, 8)}`;
  const key = {
    access_key: 'a'.repeat(20),
    secret_key: 'b'.repeat(40),
    endpoint: 'http://127.0.0.1:9000',
    region: 'r',
  };
  const metadata = { s3_bucket: name, s3_user: name, s3_credentials: key, quotas: { bucket_quota: { maxSize: 1 } } };
  const post = (path: string, body: object = {}): string => rawRequest('POST', path, token, body);
  const get = (path: string): string => rawRequest('GET', path, token);
  return [
    get(order + ORDER_FIELDS),
    get(resource + RESOURCE_FIELDS),
    post(`${order}approve_by_provider/`),
    post(`${resource}set_backend_id/`, { backend_id: name }),
    post(`${resource}set_backend_metadata/`, { backend_metadata: metadata }),
    post(`${resource}set_endpoints/`, { endpoints: [{ name: 'S3', url: 'http://127.0.0.1:9000' }] }),
    post(`${order}set_state_done/`),
    get(order + ORDER_FIELDS),
  ];
}
