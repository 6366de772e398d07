import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { startEmulator } from '../../plugins/civo/emulator/emulator.ts';
import { BAD_GATEWAY, EMPTY, type Fault, TOO_MANY } from '../../plugins/civo/emulator/faults.ts';
import { readStamp } from '../../plugins/civo/stamp.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Order, Resource } from '../../src/sandbox/model.ts';
import { HASTY, ready, settled, soon } from '../e2e/helpers.ts';
import { openSite, type Site } from '../fakes/site.ts';
import { CIVO_TOKEN, COMPONENTS } from './civo-life.ts';
import { credentialsOf } from './s3-tools.ts';
import { createDice, pick } from './storm/dice.ts';
import { liveThrough } from './storm/live-through.ts';

/** `STORM_SEED=n` repeats the throws of one. */
const SEED = Number(process.env['STORM_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const RESOURCES = 12;
const RATE = 0.1;
const FAULTS: readonly Fault[] = [TOO_MANY('1'), BAD_GATEWAY, EMPTY, { kind: 'lost' }, { kind: 'silence' }];

test(`a storm over orders of Civo stores ends as a calm day does (STORM_SEED=${SEED})`, async () => {
  const random = (bytes: number) => randomBytes(bytes);
  const delaysMs = { credential: 20, store: 100, deletion: 20 };
  const common = { clock: systemClock, random, token: CIVO_TOKEN, delaysMs, ghostMs: 0 };
  const emulator = await startEmulator({ ...common, quotaGb: 1_000_000 });
  const settings = `api_token: ${CIVO_TOKEN}\napi_url: ${emulator.url}\nregion: LON1\nrequests_per_second: 100\ntimeout: 20\n`;
  const site = await openSite({ ...HASTY, backend: 'civo', settings, components: COMPONENTS });
  try {
    await ready(site);
    const [api, s3] = [createDice(SEED), createDice(SEED + 1)];
    const nameless = (path: string): string => path.replaceAll(/[0-9a-f-]{32,36}/g, ':id');
    let faults = 0;
    emulator.faults = ({ method, path }) => {
      const fault = pick(api(`${method} ${nameless(path)}`), RATE, FAULTS);
      if (fault !== undefined) faults++;
      return fault;
    };
    emulator.memory.intercept = (method) => pick(s3(method), RATE, [{ status: 503 }]);

    const orders = await Promise.all(Array.from({ length: RESOURCES }, (_, index) => live(site, index)));
    await settled(site);
    expect(faults).toBeGreaterThan(RESOURCES);
    emulator.faults = undefined;
    emulator.memory.intercept = undefined;

    expect(orders.flat().map(({ state }) => state)).toEqual(orders.flat().map(() => 'done'));
    const resources = orders.map(([order]) => order?.resource).filter((resource) => resource !== undefined);
    const living = resources.filter(({ state }) => state === 'OK');
    expect(living).toHaveLength(RESOURCES / 2);
    await soon(() => {
      const stores = emulator.account.storesIn(undefined);
      const is = stores.map(({ region, id, sizeGb, credential }): Entry => {
        const { accessKey, secretKey } = credential.keys;
        return [`${region}/${id}`, [readStamp(credential.name), sizeGb, accessKey, secretKey]];
      });
      expect(new Map(is)).toEqual(new Map(living.map(wanted)));
      expect(emulator.account.credentials.size).toBe(living.length);
      expect(emulator.memory.buckets.size).toBe(living.length);
    });
    const page = await (await fetch(`http://127.0.0.1:${site.port()}/metrics`)).text();
    const shown = [...page.matchAll(/^waldur_agent_plugin_civo_size_bytes\{.*account="(.*)"\} 1000000000000$/gm)];
    expect(new Set(shown.map(([, account]) => account))).toEqual(new Set(living.map(({ backendId }) => backendId)));
  } finally {
    await site.close();
    await emulator.close();
  }
});

/** An account, and what is known of it. */
type Entry = readonly [string, readonly unknown[]];

function live(site: Site, index: number): Promise<readonly Order[]> {
  const attributes = { bucket_name: `storm-${index}`, tags: 'team:blue' };
  const create = { offering: FIXTURE.limit, attributes, limits: { storage: 500, objects: 0 } };
  return liveThrough(site, index, create, { storage: 900, objects: 0 });
}

function wanted(resource: Resource): Entry {
  const { accessKey, secretKey } = credentialsOf(resource.backendMetadata);
  return [resource.backendId, [resource.uuid, 1000, accessKey, secretKey]];
}
