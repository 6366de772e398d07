import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { policyName } from '../../plugins/minio/bucket-names.ts';
import { bucketsIn, stampOf } from '../../plugins/minio/policy.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Order, Resource } from '../../src/sandbox/model.ts';
import { HASTY, ready, settled, soon } from '../e2e/helpers.ts';
import type { Site } from '../fakes/site.ts';
import { openMinioSite } from './minio/agent-site.ts';
import { type Emulator, startEmulator } from './minio/emulator.ts';
import { lose } from './minio/lose.ts';
import { credentialsOf } from './s3-tools.ts';
import { createDice, pick } from './storm/dice.ts';
import { liveThrough } from './storm/live-through.ts';

/** `STORM_SEED=n` repeats the throws of one. */
const SEED = Number(process.env['STORM_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const RESOURCES = 8;
const RATE = 0.1;
/** Without encryption: time passes faster for the agent here, and derivations of keys do not. */
const PLAIN = 'admin_prefix: /rustfs/admin/v3\n';
const MIB = 1_048_576n;

/** Each returns whether the request has been answered by it. */
const FAULTS: readonly ((response: ServerResponse) => boolean)[] = [
  (response) => {
    response.writeHead(503).end('<h1>Service Unavailable</h1>');
    return true;
  },
  (response) => {
    const body = { Code: 'SlowDown', Message: 'Please reduce your request rate' };
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' }).end(JSON.stringify(body));
    return true;
  },
  (response) => {
    response.destroy();
    return true;
  },
  (response) => {
    lose(response);
    return false;
  },
];

test(`a storm over orders of MinIO accounts ends as a calm day does (STORM_SEED=${SEED})`, {
  timeout: 240_000,
}, async () => {
  const emulator = await startEmulator();
  const site = await openMinioSite(emulator, PLAIN, HASTY);
  try {
    await ready(site);
    const dice = createDice(SEED);
    let faults = 0;
    emulator.intercept = ({ method, url = '' }: IncomingMessage, response) => {
      const route = url.split('?')[0]?.replaceAll(/waldur[\w-]+|storm-\d+/g, ':name');
      const fault = pick(dice(`${method} ${route}`), RATE, FAULTS);
      if (fault === undefined) return false;
      faults++;
      return fault(response);
    };
    const orders = await Promise.all(Array.from({ length: RESOURCES }, (_, index) => live(site, index)));
    await settled(site);
    expect(faults).toBeGreaterThan(RESOURCES);
    emulator.intercept = undefined;

    expect(orders.flat().map(({ state }) => state)).toEqual(orders.flat().map(() => 'done'));
    const resources = orders.map(([order]) => order?.resource).filter((resource) => resource !== undefined);
    const living = resources.filter(({ state }) => state === 'OK');
    expect(living).toHaveLength(RESOURCES / 2);
    await soon(() => {
      expect(shown(emulator)).toEqual(new Map(living.map(wanted)));
      const ours = [...emulator.state.policies.keys()].filter((name) => name.startsWith('waldur-'));
      const counts = [ours.length, emulator.state.mappings.size, emulator.store.buckets.size];
      expect(counts).toEqual([living.length, living.length, living.length]);
    });
    expect(site.sandbox.invariants()).toEqual([]);
    expect(site.logs.join('')).not.toContain(emulator.root.secretKey);
  } finally {
    await site.close();
    await emulator.close();
  }
});

/** An account, and what is known of it. */
type Entry = readonly [string, readonly unknown[]];

function live(site: Site, index: number): Promise<readonly Order[]> {
  const attributes = { bucket_name: `storm-${index}`, versioning: true, tags: '{"team":"blue"}' };
  const create = { offering: FIXTURE.limit, attributes, limits: { storage: 500, objects: 0 } };
  return liveThrough(site, index, create, { storage: 900, objects: 0 });
}

function shown({ state, store }: Emulator): ReadonlyMap<string, readonly unknown[]> {
  return new Map(
    [...state.users].map(([account, { enabled }]): Entry => {
      const policy = state.policies.get(policyName(account))?.document;
      const [bucket = ''] = bucketsIn(policy);
      const keys = [...state.serviceAccounts].filter(([, { parent }]) => parent === account);
      const { versioning, tags } = store.bucket(bucket);
      const attributes = [versioning, tags.get('team'), state.quotas.get(bucket)?.size];
      return [account, [stampOf(policy), enabled, ...attributes, keys.map(([id, { secret }]) => [id, secret])]];
    }),
  );
}

function wanted(resource: Resource): Entry {
  const { accessKey, secretKey } = credentialsOf(resource.backendMetadata);
  const attributes = ['Enabled', 'blue', 900n * MIB];
  return [resource.backendId, [resource.uuid, true, ...attributes, [[accessKey, secretKey]]]];
}
