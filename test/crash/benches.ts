import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeUser } from '../../plugins/croit-s3/test/fake-model.ts';
import { type Cluster, startCluster } from '../../plugins/croit-s3/test/lab.ts';
import { openProcessSite } from '../fakes/process.ts';
import type { Account, BackendName, Bench, BenchOptions } from './bench.ts';
import { openCivo } from './civo-bench.ts';
import { openMinio } from './minio-bench.ts';

/** Opens a site of its own; what was opened is closed by `closeAll` of the processes, backends by `closeBackends`. */
export async function openBench(backend: BackendName, options: BenchOptions): Promise<Bench> {
  if (backend === 'ironbucket-local') return openDisk(options);
  if (backend === 'civo') return openCivo(options, opened);
  return backend === 'minio' ? openMinio(options, opened) : openCluster(backend, options);
}

interface DiskAccount {
  readonly resource: string;
  readonly suspended: boolean;
  readonly keys: readonly { readonly access_key: string; readonly secret_key: string }[];
}

const OWN_FILES = /^\.agent(\/accounts(\/[a-z0-9.-]+\.json)?)?$/;

async function openDisk({ offering, settings }: BenchOptions): Promise<Bench> {
  const site = await openProcessSite();
  const { storage } = site;
  const own = { storage_path: storage, gateway: false };
  site.configure({ offerings: [site.offering(offering, { backend_settings: { ...own, ...settings } })] });
  const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(storage, ...path), 'utf8'));
  const directories = (): string[] => readdirSync(storage).filter((name) => !name.startsWith('.'));
  return {
    site,
    root: storage,
    accounts: () => {
      const folder = join(storage, '.agent', 'accounts');
      const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
      const records = Object.fromEntries(
        files.map((name) => [name.slice(0, -'.json'.length), read('.agent', 'accounts', name) as DiskAccount]),
      );
      const names = new Set([...directories(), ...Object.keys(records)]);
      return new Map(
        [...names].map((name): [string, Account] => {
          const record = records[name];
          const quota = read(name, '.quota') as { max_size_bytes: number };
          const keys = record?.keys.map((key) => ({ accessKey: key.access_key, secretKey: key.secret_key })) ?? [];
          const { resource = 'nobody', suspended = false } = record ?? {};
          return [name, { resource, suspended, bytes: quota.max_size_bytes, keys }];
        }),
      );
    },
    fill: (account) => {
      mkdirSync(join(storage, account, 'deep'));
      for (const name of ['a', 'deep/b']) writeFileSync(join(storage, account, name), name);
    },
    leftovers: () => {
      const files = readdirSync(storage, { recursive: true, encoding: 'utf8' }).filter((name) => !OWN_FILES.test(name));
      return files.filter((name) => !directories().includes(name.split('/')[0] ?? '') || /\.tmp$|\.new$/.test(name));
    },
  };
}

const opened: { close(): Promise<void> }[] = [];

export async function closeBackends(): Promise<void> {
  for (const backend of opened.splice(0)) await backend.close();
}

async function openCluster(backend: BackendName, { offering, settings }: BenchOptions): Promise<Bench> {
  const site = await openProcessSite();
  const cluster = await startCluster();
  opened.push(cluster);
  const { rgw } = cluster;
  const own = cluster.settings(backend === 'croit-s3 (croit)' ? 'croit' : 'radosgw');
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== ''));
  const changes = { backend_type: 'croit-s3', backend_settings: { ...given, ...settings } };
  site.configure({ offerings: [site.offering(offering, changes)] });
  return {
    site,
    root: site.storage,
    accounts: () => new Map(consumers(cluster).map(([name, user]) => [name, accountOf(user)])),
    fill: (account) => {
      for (const bucket of ['one', 'two']) for (let i = 0; i < 2; i++) rgw.store(account, 10, `${bucket}-${account}`);
    },
    leftovers: () => [...rgw.buckets.values()].filter(({ owner }) => !rgw.users.has(owner)).map(({ name }) => name),
  };
}

/** Without the administrator. */
function consumers({ rgw }: Cluster): readonly [string, FakeUser][] {
  return [...rgw.users].filter(([, { caps }]) => caps.length === 0);
}

function accountOf({ email, suspended, user_quota, bucket_quota, keys }: FakeUser): Account {
  const [user, bucket] = [user_quota, bucket_quota].map(({ enabled, max_size }) => (enabled ? Number(max_size) : -1));
  return {
    resource: /^waldur-([0-9a-f]{32})-/.exec(email)?.[1] ?? 'nobody',
    suspended: suspended === 1,
    // Both scopes, or neither.
    bytes: user === bucket ? (user ?? -1) : Number.NaN,
    keys: keys.map(({ access_key: accessKey, secret_key: secretKey }) => ({ accessKey, secretKey })),
  };
}
