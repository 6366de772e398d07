import type { PluginContext } from '../../src/plugin/contract.ts';
import { createS3, type S3 } from '../../src/s3/index.ts';
import { type Client, createClient } from './client.ts';
import { connect } from './connect.ts';
import { noEndpoint } from './failures.ts';
import { createInventory, type Inventory } from './inventory.ts';
import { createMeasured, type Measured } from './measured.ts';
import type { Credential, Region, Store } from './model.ts';
import { createRecords, type Records } from './records.ts';
import { createRemembered, type Remembered } from './remembered.ts';
import type { Settings } from './settings.ts';

/** What the methods of the backend share. */
export interface Deps extends PluginContext<Settings> {
  readonly client: Client;
  readonly inventory: Inventory;
  readonly records: Records;
  readonly remembered: Remembered;
  readonly measured: Measured;
  /** At most a minute old. */
  regions(signal: AbortSignal): Promise<readonly Region[]>;
}

const REGIONS_MS = 60_000;

/** Connects to nothing yet. */
export function createDeps(context: PluginContext<Settings>): Deps {
  const client = createClient(connect(context), context.settings.region);
  let regions: { readonly atMs: number; readonly value: readonly Region[] } | undefined;
  return {
    ...context,
    client,
    inventory: createInventory(context.clock, client),
    records: createRecords(context.store),
    remembered: createRemembered(context.clock),
    measured: createMeasured(),
    regions: async (signal) => {
      const { clock } = context;
      if (regions === undefined || clock.monotonicMs() - regions.atMs >= REGIONS_MS) {
        regions = { atMs: clock.monotonicMs(), value: await client.regions(signal) };
      }
      return regions.value;
    },
  };
}

/** Runs `work` with an S3 client that has the keys of the store. */
export async function withS3<T>(
  { http, settings, clock }: PluginContext<Settings>,
  store: Store,
  { keys }: Credential,
  work: (s3: S3) => Promise<T>,
): Promise<T> {
  if (store.endpoint === '') throw noEndpoint(store);
  const s3 = createS3({
    connect: (options) => http({ ...options, timeoutMs: settings.timeout * 1000 }),
    endpoint: store.endpoint,
    region: settings.region,
    keys,
    now: () => clock.now(),
  });
  try {
    return await work(s3);
  } finally {
    s3.close();
  }
}
