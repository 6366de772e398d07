import { AgentError, isAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import { IDENTITIES } from './agents.ts';
import { type Api, route } from './api.ts';
import type { QueuesApi } from './client.ts';
import { reader } from './reader.ts';
import type { EventType, QueueRegistration } from './types.ts';

export function createQueues(api: Api): QueuesApi {
  return {
    register: async (target, types, signal) => {
      // The broker's password would be a token that Waldur keeps to itself: such an agent polls.
      if (api.passcode() === undefined) return undefined;
      try {
        const unified = await api.attempt('unified-queue', () => registerUnified(api, target.identity, types, signal));
        if (unified !== undefined) return unified;
      } catch (error) {
        // Servers without the route may say so in JSON; for a lost identity the older routes say the same again.
        if (!isAgentError(error) || error.status !== 404) throw error;
      }
      return await api.attempt('legacy-queues', () => registerLegacy(api, target, types, signal));
    },
    passcode: async () => {
      const passcode = api.passcode();
      if (passcode !== undefined) return passcode;
      throw new AgentError('Waldur does not tell the broker password of this account', {
        code: 'WALDUR_NO_PASSCODE',
        disposition: 'operator',
        hint: 'Configure a token instead of OIDC to receive events; without them the agent polls.',
      });
    },
  };
}

async function registerUnified(
  api: Api,
  identity: Uuid,
  types: readonly EventType[],
  signal: AbortSignal,
): Promise<QueueRegistration> {
  const path = route(IDENTITIES, identity, 'register_queue');
  const ask = async (object_types: readonly EventType[]): Promise<unknown> =>
    api.send('POST', 'queues.register', path, { object_types }, signal).catch((error: unknown) => {
      throw explain(error);
    });
  let answer: unknown;
  try {
    answer = await ask(types);
  } catch (error) {
    const known = types.filter((type) => !isAgentError(error) || !error.message.includes(`"${type}"`));
    // An empty list would subscribe to everything.
    if (!isAgentError(error) || error.status !== 400 || known.length === types.length || known.length === 0)
      throw error;
    answer = await ask(known);
  }
  const row = reader('queue registration', answer);
  return {
    login: row.needText('rmq_username'),
    vhost: row.needText('vhost'),
    queues: [{ name: row.needText('queue_name'), objectType: undefined }],
  };
}

/** One subscription and queue per type. All live in one vhost that each of the logins may read: the first one will do. */
async function registerLegacy(
  api: Api,
  { identity, offering }: { readonly identity: Uuid; readonly offering: Uuid },
  types: readonly EventType[],
  signal: AbortSignal,
): Promise<QueueRegistration | undefined> {
  let login: string | undefined;
  let vhost = '';
  const queues: { readonly name: string; readonly objectType: string }[] = [];
  const register = route(IDENTITIES, identity, 'register_event_subscription');
  for (const type of types) {
    const subscription = await unlessUnknownType(() =>
      api.send(
        'POST',
        'queues.subscribe',
        register,
        { observable_object_type: type, description: 'waldur-storage-agent' },
        signal,
      ),
    );
    if (subscription === undefined) continue;
    const uuid = reader('event subscription', subscription).uuid('uuid');
    const create = route('event-subscriptions', uuid, 'create_queue');
    const queue = await api.send(
      'POST',
      'queues.create',
      create,
      { offering_uuid: offering, object_type: type },
      signal,
    );
    const row = reader('event queue', queue);
    login ??= uuid;
    vhost = row.needText('vhost');
    queues.push({ name: row.needText('queue_name'), objectType: type });
  }
  return login === undefined ? undefined : { login, vhost, queues };
}

/** A type the server does not know is refused with 400: go on without it. */
async function unlessUnknownType(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (isAgentError(error) && error.status === 400 && !isBrokerFailure(error)) return undefined;
    throw explain(error);
  }
}

/** Waldur could not reach its broker; the texts are its own. */
function isBrokerFailure(error: AgentError): boolean {
  return error.status === 400 && /Failed to \w+ RabbitMQ/i.test(error.message);
}

function explain(error: unknown): unknown {
  if (!isAgentError(error)) return error;
  if (isBrokerFailure(error))
    return new AgentError(error.message, { code: 'WALDUR_FAILED', disposition: 'transient', status: error.status });
  if (error.status === 409)
    return new AgentError(error.message, {
      code: 'WALDUR_QUEUE_TAKEN',
      disposition: 'operator',
      hint: 'The queue is owned by another user: run the agent as that user, or have it give the queue up.',
      status: 409,
    });
  return error;
}
