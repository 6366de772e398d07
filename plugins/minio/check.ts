import { toAgentError } from '../../src/lib/errors.ts';
import { plural } from '../../src/lib/plural.ts';
import type { Check } from '../../src/plugin/contract.ts';
import { readObject, readObjects, readText } from './decode.ts';
import type { Deps } from './deps.ts';
import { endpointOf } from './settings.ts';

/** Whether the server answers, the admin user may do its work, and both agree on encryption. Changes nothing. */
export async function check(deps: Deps, signal: AbortSignal): Promise<readonly Check[]> {
  const { admin, s3 } = deps.client;
  const where = endpointOf(deps.settings);
  const results = [
    await attempt('server', signal, async () => {
      const { mode, servers } = readObject(await admin.info(signal));
      const [first] = readObjects(servers);
      return `${where} is ${readText(mode) || 'there'}, release ${readText(first?.['version']) || 'unknown'}`;
    }),
  ];
  // Without an answer the others say the same again.
  if (results[0]?.status === 'failed') return results;
  return [
    ...results,
    await attempt('policies', signal, async () => `${(await admin.policies(signal)).size} policies can be read`),
    await attempt('encryption', signal, async () => `${plural((await admin.users(signal)).size, 'user')} found`),
    await attempt('buckets', signal, async () => `${plural((await s3.buckets.list(signal)).length, 'bucket')} listed`),
    await scan(deps, signal),
  ];
}

async function attempt(name: string, signal: AbortSignal, look: () => Promise<string>): Promise<Check> {
  try {
    return { name, status: 'ok', detail: await look() };
  } catch (error) {
    signal.throwIfAborted();
    const { message, hint } = toAgentError(error);
    return { name, status: 'failed', detail: message, ...(hint !== undefined && { hint }) };
  }
}

const STALE_MS = 24 * 3_600_000;

/** Quotas and bills both hang on the scanner. */
async function scan({ client, clock }: Deps, signal: AbortSignal): Promise<Check> {
  const name = 'usage';
  const hint = 'Usage and quotas follow the scanner of the server: look at its speed and its load.';
  try {
    const { scannedAt } = await client.admin.usage(signal);
    if (scannedAt === undefined)
      return { name, status: 'warning', detail: 'the server has never counted its buckets', hint };
    const isOld = clock.now().getTime() - scannedAt.getTime() > STALE_MS;
    const detail = `buckets were last counted at ${scannedAt.toISOString()}`;
    return isOld ? { name, status: 'warning', detail, hint } : { name, status: 'ok', detail };
  } catch (error) {
    signal.throwIfAborted();
    return { name, status: 'failed', detail: toAgentError(error).message };
  }
}
