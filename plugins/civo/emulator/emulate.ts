import type { Emulated, EmulateOptions } from '../../../src/plugin/contract.ts';
import { REGIONS, startEmulator } from './emulator.ts';

const TOKEN = 'civo-emulator-token';
/** As long as one sees it happen. */
const DELAYS_MS = { credential: 2000, store: 5000, deletion: 1000 };

/** The emulator as `agent sandbox` starts it. */
export async function emulate({ clock, random }: EmulateOptions): Promise<Emulated> {
  const emulator = await startEmulator({ clock, random, token: TOKEN, delaysMs: DELAYS_MS });
  const [region] = REGIONS;
  const query = `region=${region?.code ?? ''}`;
  return {
    settings: { api_token: TOKEN, api_url: emulator.url, region: region?.code ?? '' },
    order: { attributes: { bucket_name: 'my-bucket', versioning: true, tags: 'team:blue' }, limits: { storage: 500 } },
    notes: [
      `Civo's API: ${emulator.url}/v2/, S3: ${emulator.memory.url}`,
      `curl -s -H 'Authorization: bearer ${TOKEN}' '${emulator.url}/v2/objectstores?${query}'`,
    ],
    close: () => emulator.close(),
  };
}
