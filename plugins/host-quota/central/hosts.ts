import type { Clock } from '../../../src/lib/clock.ts';
import { withDeadline } from '../../../src/lib/deadline.ts';
import { isAgentError, toAgentError } from '../../../src/lib/errors.ts';
import type { Json } from '../../../src/lib/json.ts';
import { type RemoteClient, TIMEOUTS } from '../remote/client.ts';

/** What the central side asks of a host. */
export type HostClient = Pick<RemoteClient, 'ping' | 'users' | 'pass'>;

/** A host by its id: behind its remote API, or the one the agent runs on. */
export interface CentralHost {
  readonly id: string;
  readonly client: HostClient;
}

/** The agent's HTTP server gives an answer a minute: a host that keeps silent longer must not take the others with it. */
const PATIENCE_MS = 50_000;

/** The same host, whose calls end in time. */
export function patient({ id, client }: CentralHost, clock: Clock, patienceMs = PATIENCE_MS): CentralHost {
  const within = <T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    withDeadline(clock, signal, patienceMs, `the host ${id}`, work);
  return {
    id,
    client: {
      ping: (signal) => within(signal, client.ping),
      users: (signal) => within(signal, client.users),
      pass: (request, timeoutMs, signal) => within(signal, (inner) => client.pass(request, timeoutMs, inner)),
    },
  };
}

export type HostAnswer = { readonly results: Json } | { readonly error: { readonly msg: string } };

/** Asks every host at once; one that fails has its error in the answer, and the others are as they are. */
export async function askAll(
  hosts: readonly CentralHost[],
  ask: (client: HostClient) => Promise<Json>,
): Promise<Readonly<Record<string, HostAnswer>>> {
  const answers = await Promise.all(
    hosts.map(async ({ id, client }): Promise<readonly [string, HostAnswer]> => {
      try {
        return [id, { results: await ask(client) }];
      } catch (error) {
        return [id, { error: { msg: toAgentError(error).message } }];
      }
    }),
  );
  return Object.fromEntries(answers);
}

/** The devices of a host as it sent them: what it knows and we do not is passed on. */
export async function quotasOf(client: HostClient, signal: AbortSignal): Promise<Json> {
  const devices = await client.pass({ method: 'GET', path: 'quotas' }, TIMEOUTS.quotas, signal);
  if (Array.isArray(devices)) return devices;
  throw new Error('the host answered something else than a list of devices');
}

/** `{status, latency_ms}` or `{status, error}`, in the words that other programs of this kind use. */
export async function pingAll(
  hosts: readonly CentralHost[],
  clock: Clock,
  signal: AbortSignal,
): Promise<Readonly<Record<string, Json>>> {
  const answers = await Promise.all(
    hosts.map(async ({ id, client }): Promise<readonly [string, Json]> => {
      const started = clock.monotonicMs();
      try {
        await client.ping(signal);
        return [id, { status: 'ok', latency_ms: Math.round(clock.monotonicMs() - started) }];
      } catch (error) {
        return [id, { status: 'error', error: wordPing(error) }];
      }
    }),
  );
  return Object.fromEntries(answers);
}

function wordPing(error: unknown): string {
  if (!isAgentError(error)) return String(error);
  if (error.status !== undefined) return `HTTP ${error.status}`;
  return error.code.endsWith('TIMEOUT') || error.code === 'DEADLINE' ? 'timeout' : error.message;
}
