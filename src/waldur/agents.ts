import { isAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import { sameJson } from '../lib/json.ts';
import { type Api, flatten, isAbout, route } from './api.ts';
import type { AgentsApi } from './client.ts';
import { decodeIdentity, decodeService } from './decode.ts';
import { type Reader, reader } from './reader.ts';
import type { AgentIdentity } from './types.ts';

export const IDENTITIES = 'marketplace-site-agent-identities';
const SERVICES = 'marketplace-site-agent-services';
/** The protocol we speak, as a version of the reference agent: Waldur flags what is older than 1.0.2. */
const PROTOCOL = '1.0.6';

export function createAgents(api: Api, version: string): AgentsApi {
  return {
    identify: (offering, startedAt, signal) =>
      api.attempt('identities', () => identify(api, version, { offering, startedAt }, signal)),
    registerService: async (identity, name, mode, signal) =>
      decodeService(
        await api.send(
          'POST',
          'agents.register_service',
          route(IDENTITIES, identity, 'register_service'),
          { name, mode },
          signal,
        ),
      ),
    registerProcessor: async (service, { name, backendType, backendVersion }, signal) => {
      const body = { name, backend_type: backendType, backend_version: backendVersion };
      const path = route(SERVICES, service, 'register_processor');
      await api.send('POST', 'agents.register_processor', path, body, signal);
    },
    setStatistics: async (service, statistics, signal) => {
      const path = route(SERVICES, service, 'set_statistics');
      await api.send('POST', 'agents.set_statistics', path, { statistics }, signal);
    },
    shipLogs: async (identity, entries, signal) => {
      const body = entries.map(({ time, level, message, module }) => ({
        agent_identity_uuid: identity,
        timestamp: time.getTime() / 1000,
        level: LEVELS[level.toLowerCase()] ?? 'INFO',
        message,
        module,
      }));
      const shipped = await api.attempt('logs', async () => {
        await api.send('POST', 'agents.ship_logs', route('marketplace-site-agent-logs'), body, signal);
        return true;
      });
      return shipped ?? false;
    },
  };
}

/** The identity of this agent for the offering: made when there is none, brought up to date when it is older. */
async function identify(
  api: Api,
  version: string,
  { offering, startedAt }: { readonly offering: Uuid; readonly startedAt: Date },
  signal: AbortSignal,
): Promise<AgentIdentity> {
  const name = `agent-${offering}`;
  const body = {
    offering,
    name,
    version: PROTOCOL,
    dependencies: [{ package: 'waldur-storage-agent', version }],
    config_file_path: '',
    config_file_content: '',
    last_restarted: startedAt.toISOString(),
  };
  const query = { name, offering_uuid: offering };
  const decode = (value: unknown): Reader | undefined => {
    const row = reader('agent identity', value);
    return row.text('name') === name && isAbout(value, 'offering', offering) ? row : undefined;
  };
  const find = async (): Promise<Reader | undefined> =>
    (await all(api.pages('agents.find', route(IDENTITIES), query, decode, signal)))[0];
  const found = await find();
  if (found === undefined) {
    try {
      return decodeIdentity(await api.send('POST', 'agents.create', route(IDENTITIES), body, signal));
    } catch (error) {
      // Names are unique: another agent for the offering may have made it meanwhile.
      const twin = isAgentError(error) && error.status === 400 ? await find() : undefined;
      if (twin === undefined) throw error;
      return decodeIdentity(twin.raw);
    }
  }
  const upToDate =
    found.text('version') === PROTOCOL &&
    Date.parse(found.text('last_restarted')) === startedAt.getTime() &&
    sameJson(found.raw['dependencies'], body.dependencies);
  if (!upToDate) await api.send('PUT', 'agents.update', route(IDENTITIES, found.uuid('uuid')), body, signal);
  return decodeIdentity(found.raw);
}

const LEVELS: Readonly<Record<string, string>> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  warning: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
  critical: 'CRITICAL',
};

async function all<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of flatten(pages)) items.push(item);
  return items;
}
