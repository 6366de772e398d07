import { createBackend } from '../../../plugins/ironbucket-local/index.ts';
import { type Settings, settingsSchema } from '../../../plugins/ironbucket-local/settings.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createHttp } from '../../../src/lib/http.ts';
import type { Backend } from '../../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../../src/plugin/memory-documents.ts';
import { COMMON } from '../../fakes/common-settings.ts';
import { completeSettings } from '../../fakes/complete-settings.ts';
import { silentLog } from '../../fakes/log.ts';

/** The backend and its gateway on a port of this machine. */
export function openIronbucket(folder: string, port: string | number, changes: Partial<Settings> = {}): Backend {
  const own = { storage_path: folder, listen: `127.0.0.1:${port}`, ...changes };
  return createBackend({
    settings: completeSettings<Settings>(settingsSchema, own),
    log: silentLog(),
    http: (options) => createHttp(options, { clock: systemClock }),
    clock: systemClock,
    common: COMMON,
    store: createMemoryDocuments(systemClock),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  });
}
