import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, startCluster } from '../../../plugins/croit-s3/test/lab.ts';
import { isJsonObject, type JsonObject } from '../../../src/lib/json.ts';
import { FIXTURE } from '../../../src/sandbox/fixture.ts';
import type { Resource } from '../../../src/sandbox/model.ts';
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts';

/** A Waldur and two storages: a local disk for what is sold by limit, a croit cluster for what is sold by option. */
export interface StormSite {
  readonly sandbox: Sandbox;
  readonly cluster: Cluster;
  /** The configuration of the agent. */
  readonly file: string;
  /** Names of all accounts, of both storages. */
  accounts(): readonly string[];
  /** Another token for the agent, in its file; the one before opens nothing any more. */
  rotate(): void;
  /** Stores something in the account of a resource; the answer takes it out again. */
  occupy(resource: Resource): () => void;
  /** What Waldur and the storage have of a resource, without what differs from one run to the next. */
  describe(resource: Resource): JsonObject;
  close(): Promise<void>;
}

/** The agent's work is what takes long, and most of it waits for Waldur. */
const CONCURRENCY = 64;
const MIB = 1_048_576;

export type StormCredentials = 'metadata' | 'api_keys';

export async function openStormSite(seed: number, credentials: StormCredentials): Promise<StormSite> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-storm-'));
  const [storage, file, token] = [join(folder, 'storage'), join(folder, 'config.yaml'), join(folder, 'token')];
  mkdirSync(storage);
  const sandbox = await startSandbox({
    seed,
    dispatchDelayMs: [0, 5],
    processorDelayMs: [1, 20],
    journalSize: 1_000_000,
  });
  const cluster = await startCluster();
  writeFileSync(file, JSON.stringify(configuration({ sandbox, cluster, storage, token, credentials })), {
    mode: 0o600,
  });

  let key = sandbox.token('provider-owner');
  writeFileSync(token, key, { mode: 0o600 });
  const others = new Set(cluster.rgw.users.keys());

  const records = (): JsonObject => {
    const folder = join(storage, '.agent', 'accounts');
    const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
    return Object.fromEntries(
      files.map((name) => [
        name.slice(0, -'.json'.length),
        JSON.parse(readFileSync(join(folder, name), 'utf8')) as JsonObject,
      ]),
    );
  };
  const onDisk = (account: string): JsonObject => {
    const record = objectOf(records()[account]);
    const quota = join(storage, account, '.quota');
    return {
      keys: record['keys'] ?? null,
      suspended: record['suspended'] ?? null,
      bytes: existsSync(quota)
        ? ((JSON.parse(readFileSync(quota, 'utf8')) as JsonObject)['max_size_bytes'] ?? null)
        : null,
    };
  };
  const inCluster = (account: string): JsonObject => {
    const user = cluster.rgw.users.get(account);
    if (user === undefined) return {};
    const keys = user.keys.map(({ access_key, secret_key }) => ({ access_key, secret_key }));
    const { enabled, max_size, max_objects } = user.user_quota;
    return { keys, suspended: user.suspended, bytes: Number(max_size), objects: Number(max_objects), enabled };
  };

  return {
    sandbox,
    cluster,
    file,
    accounts: () => [
      ...readdirSync(storage).filter((name) => !name.startsWith('.')),
      ...Object.keys(records()).filter((name) => !existsSync(join(storage, name))),
      ...[...cluster.rgw.users.keys()].filter((name) => !others.has(name)),
    ],
    rotate: () => {
      const before = sandbox.store.tokens.get(key);
      if (before === undefined) throw new Error('there is no token');
      key = createHash('sha256').update(key).digest('hex').slice(0, 40);
      sandbox.store.tokens.set(key, { ...before, key });
      writeFileSync(token, key);
      before.revoked = true;
    },
    occupy: ({ offering, backendId }) => {
      if (offering.uuid === FIXTURE.limit) {
        const object = join(storage, backendId, 'object');
        writeFileSync(object, 'data');
        return () => rmSync(object);
      }
      cluster.rgw.store(backendId, 10, `data-${backendId}`);
      return () => {
        for (const [name, bucket] of cluster.rgw.buckets)
          if (bucket.owner === backendId) cluster.rgw.buckets.delete(name);
      };
    },
    describe: (resource) => {
      const { keys, ...account } = (resource.offering.uuid === FIXTURE.limit ? onDisk : inCluster)(resource.backendId);
      const pairs: readonly unknown[] = Array.isArray(keys) ? keys : [];
      const { s3_credentials: stored, ...metadata } = resource.backendMetadata;
      const rows = sandbox.store.keys.by('resource', resource.uuid);
      const told = rows.map(({ clientId, secret }) => ({ access_key: clientId, secret_key: secret }));
      const known = credentials === 'api_keys' ? told : stored === undefined ? [] : [stored];
      const isKnown = (pair: unknown): boolean => known.some((one) => isSamePair(one, pair));
      return {
        state: resource.state,
        limits: resource.limits,
        options: resource.options ?? null,
        plan: resource.plan?.name ?? null,
        metadata: Object.keys(metadata).sort(),
        endpoints: resource.endpoints.map(({ name }) => name),
        account,
        known: known.length,
        // Every pair that Waldur tells opens the account.
        working: known.length > 0 && known.every((one) => pairs.some((pair) => isSamePair(one, pair))),
        // Upkeep revokes a key that Waldur does not know only when that was so for a quarter of an hour.
        strangers: credentials === 'api_keys' ? null : pairs.filter((pair) => !isKnown(pair)).length,
      };
    },
    close: async () => {
      await cluster.close();
      await sandbox.close();
      rmSync(folder, { recursive: true });
    },
  };
}

interface Configuration {
  readonly sandbox: Sandbox;
  readonly cluster: Cluster;
  readonly storage: string;
  readonly token: string;
  readonly credentials: StormCredentials;
}

function configuration({ sandbox, cluster, storage, token, credentials }: Configuration): JsonObject {
  const component = (accounting_type: string, more: JsonObject): JsonObject => ({
    accounting_type,
    enforce_limits: true,
    ...more,
  });
  const offering = (name: string, uuid: string, backend_type: string): JsonObject => ({
    name,
    waldur_api_url: sandbox.url,
    waldur_api_token: `\${file:${token}}`,
    waldur_offering_uuid: uuid,
    stomp_enabled: true,
    backend_type,
    backend_concurrency: CONCURRENCY / 2,
  });
  const croit = Object.entries(cluster.settings('croit', { timeout: 20 })).filter(([, value]) => value !== '');
  return {
    listen: '127.0.0.1:0',
    concurrency: CONCURRENCY,
    reconcile_interval: '30s',
    poll_interval: '10s',
    upkeep_interval: '1d',
    report_schedule: '0 0 1 1 *',
    offerings: [
      {
        ...offering('disk', FIXTURE.limit, 'ironbucket-local'),
        backend_settings: { storage_path: storage, gateway: false, credentials },
        backend_components: {
          storage: component('limit', { unit_factor: MIB }),
          objects: { accounting_type: 'usage', backend_name: 'objects', enforce_limits: false },
        },
      },
      {
        ...offering('cluster', FIXTURE.options, 'croit-s3'),
        backend_settings: { ...(Object.fromEntries(croit) as JsonObject), credentials },
        backend_components: {
          storage: component('usage', { unit_factor: MIB }),
          objects: component('usage', { backend_name: 'objects' }),
        },
      },
    ],
  };
}

function isSamePair(a: unknown, b: unknown): boolean {
  const [one, other] = [objectOf(a), objectOf(b)];
  return ['access_key', 'secret_key'].every((name) => one[name] !== undefined && one[name] === other[name]);
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
