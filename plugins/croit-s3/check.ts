import { isAgentError, toAgentError } from '../../src/lib/errors.ts';
import type { Check } from '../../src/plugin/contract.ts';
import { connect } from './connect.ts';
import type { Deps } from './deps.ts';
import { endpointOf } from './settings.ts';

/** Asks both peers, the API that makes accounts and the gateway that consumers use, and changes nothing. */
export async function check(deps: Deps, signal: AbortSignal): Promise<readonly Check[]> {
  const probe = await attempt('API', signal, () => deps.client.probe(signal));
  const endpoint = await attempt('S3 endpoint', signal, async () => [await s3Endpoint(deps, signal)]);
  return [...probe, ...endpoint];
}

async function attempt(
  name: string,
  signal: AbortSignal,
  look: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return await look();
  } catch (error) {
    signal.throwIfAborted();
    const { message, hint } = toAgentError(error);
    return [{ name, status: 'failed', detail: message, ...(hint !== undefined && { hint }) }];
  }
}

/** Any answer will do: the request has no credentials. */
async function s3Endpoint(deps: Deps, signal: AbortSignal): Promise<Check> {
  const { settings } = deps;
  const url = endpointOf(settings);
  const name = 'S3 endpoint';
  const http = connect(deps, { baseUrl: `${url}/`, peer: name });
  try {
    await http.request({ operation: 's3.look', method: 'GET', path: '', answer: 'bytes' }, signal);
  } catch (error) {
    if (!isAgentError(error) || error.status === undefined || error.status >= 500) throw error;
  } finally {
    http.close();
  }
  if (settings.s3_endpoint !== undefined) return { name, status: 'ok', detail: url };
  const hint = 'Set s3_endpoint to the address of the gateway; croit itself rarely serves S3.';
  return { name, status: 'warning', detail: `consumers are told to connect to ${url}, which is that of api_url`, hint };
}
