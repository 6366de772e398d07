import { once } from 'node:events';
import { systemClock } from '../../../src/lib/clock.ts';
import type { Log } from '../../../src/lib/log.ts';
import type { CommandCall } from '../../../src/plugin/contract.ts';
import { badAmount } from '../errors.ts';
import { MOCK_KEYS, startMockSite } from '../mock/mock-site.ts';
import type { Settings } from '../settings.ts';
import { writeJson, writeTable } from './table.ts';

const PORT = 8436;

/** Needs no configuration; runs until it is interrupted. */
export async function sandbox(call: CommandCall<Settings>): Promise<number> {
  const text = call.values.get('port') ?? String(PORT);
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_531) throw badAmount('port', text);
  const site = await startMockSite(Number(text), systemClock, QUIET, call.signal);
  try {
    const { central, ...hosts } = site.ports;
    if (call.flags.has('json')) writeJson(call.stdout, { ports: site.ports, keys: MOCK_KEYS });
    else {
      const rows = Object.entries(hosts).map(([id, port]) => [
        id,
        `http://127.0.0.1:${port}/remote-api/quotas`,
        `api:${MOCK_KEYS.host}`,
      ]);
      const own = ['central', `http://127.0.0.1:${central}/api/quotas`, `Bearer ${MOCK_KEYS.admin}`];
      writeTable(call.stdout, [['HOST', 'TRY', 'KEY'], own, ...rows]);
    }
    if (!call.signal.aborted) await once(call.signal, 'abort');
  } finally {
    await site.close();
  }
  return 0;
}

const nothing = (): void => undefined;
const QUIET: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => QUIET };
