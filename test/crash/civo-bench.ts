import { randomBytes } from 'node:crypto';
import { startEmulator } from '../../plugins/civo/emulator/emulator.ts';
import { readStamp } from '../../plugins/civo/stamp.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { openProcessSite } from '../fakes/process.ts';
import type { Account, Bench, BenchOptions } from './bench.ts';
import { GIB } from './stories.ts';

const TOKEN = 'civo-crash-token-0123456789abcdef';
/** Civo sells multiples of it: one unit of the offering here. */
const STEP_GB = 500;
const GB = 1_000_000_000;

/** An emulated Civo in which everything is ready at once; `opened` gets what must be closed. */
export async function openCivo(
  { offering, settings }: BenchOptions,
  opened: { close(): Promise<void> }[],
): Promise<Bench> {
  const site = await openProcessSite();
  const random = (bytes: number) => randomBytes(bytes);
  const emulator = await startEmulator({ clock: systemClock, random, token: TOKEN, quotaGb: 1_000_000, ghostMs: 0 });
  opened.push(emulator);
  const { account, memory, url } = emulator;
  const own = { api_token: TOKEN, api_url: url, region: 'LON1', requests_per_second: 100 };
  const storage = { accounting_type: 'limit', unit_factor: STEP_GB * GB, enforce_limits: true };
  const changes = {
    backend_type: 'civo',
    backend_settings: { ...own, ...settings },
    backend_components: { storage },
  };
  site.configure({ offerings: [site.offering(offering, changes)] });
  return {
    site,
    root: site.storage,
    accounts: () =>
      new Map(
        account.storesIn(undefined).map(({ id, region, credential, sizeGb }): [string, Account] => [
          `${region}/${id}`,
          {
            resource: readStamp(credential.name) ?? 'nobody',
            suspended: credential.suspended,
            // Limits of the stories are in GiB everywhere.
            bytes: (sizeGb / STEP_GB) * GIB,
            keys: [credential.keys],
          },
        ]),
      ),
    fill: (name) => {
      const bucket = memory.buckets.get(account.stores.get(name.split('/')[1] ?? '')?.name ?? '');
      for (const key of ['a', 'deep/b']) bucket?.put(key, Buffer.from(key), 'text/plain', systemClock.now());
    },
    leftovers: () => {
      const stores = account.storesIn(undefined);
      const used = new Set(stores.map(({ credential }) => credential.id));
      const names = new Set(stores.map(({ name }) => name));
      return [
        ...[...account.credentials.values()].filter(({ id }) => !used.has(id)).map(({ name }) => name),
        ...[...memory.buckets.keys()].filter((name) => !names.has(name)),
      ];
    },
  };
}
