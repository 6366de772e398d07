import { toUuid } from '../../lib/ids.ts';
import { isJsonObject, type Json } from '../../lib/json.ts';
import { bodyOf, type Call, optionalText, type Routes, referenced, textOf } from '../call.ts';
import {
  ensureConsumer,
  openSubscription,
  removeConsumer,
  removeSubscription,
  type StepRunner,
  subscriptionIsValid,
} from '../consumers.ts';
import type { Consumer, Identity, Subscription, SubscriptionQueue } from '../model-agent.ts';
import { list } from '../paginate.ts';
import { demand, seesOffering } from '../permissions.ts';
import { conflict, forbidden, invalid, notFound, ok, type Reply, required } from '../reply.ts';
import { renderer, url } from '../serialize/fields.ts';
import { findIdentity } from './agents.ts';

const TYPES = [
  'order',
  'user_role',
  'resource',
  'offering_user',
  'importable_resources',
  'service_account',
  'course_account',
  'resource_periodic_limits',
  'resource_api_key_rotation',
  'offering_resources_sync',
  'resource_end_date_change_request',
];
/** Types that came with the unified queue. */
const NEW_TYPES = ['resource_api_key_rotation', 'offering_resources_sync', 'resource_end_date_change_request'];

const FAILURES = {
  vhost: 'Failed to create RabbitMQ virtual host',
  user: 'Failed to create RabbitMQ user',
  permission: 'Failed to assign RabbitMQ permissions',
  queue: 'Failed to create RabbitMQ queue',
} as const;

const renderConsumer = renderer<Consumer>({
  uuid: (row) => row.uuid,
  object_types: (row) => [...row.objectTypes],
  scopes: (row) => row.offerings.map((uuid) => ({ type: 'offering', uuid })),
  is_global: (row) => row.offerings.length === 0,
  rmq_username: (row) => row.login,
  queue_created: () => true,
  created: (row) => row.created,
  modified: (row) => row.modified,
});

const renderSubscription = renderer<Subscription>({
  uuid: (row) => row.uuid,
  url: (row, to) => url(to, 'event-subscriptions', row.uuid),
  description: (row) => row.description,
  user: (row, to) => url(to, 'users', row.user.uuid),
  user_uuid: (row) => row.user.uuid,
  user_username: (row) => row.user.username,
  user_full_name: (row) => row.user.fullName,
  observable_objects: (row) => [{ object_type: row.objectType }],
  created: (row) => row.created,
  modified: (row) => row.modified,
  source_ip: () => '127.0.0.1',
});

const renderQueue = renderer<SubscriptionQueue>({
  uuid: (row) => row.uuid,
  url: (row, to) => url(to, 'event-subscription-queues', row.uuid),
  event_subscription: (row, to) => url(to, 'event-subscriptions', row.subscription.uuid),
  event_subscription_uuid: (row) => row.subscription.uuid,
  offering_uuid: (row) => row.offering.uuid,
  object_type: (row) => row.objectType,
  queue_name: (row) => row.queue,
  vhost: (row) => row.subscription.user.uuid,
  created: (row) => row.created,
});

export const queueRoutes: Routes = {
  'POST marketplace-site-agent-identities/:u/register_queue/': (call) => {
    const identity = findIdentity(call);
    demand(call.world.settings.profile, call.user, 'offering.agent', identity.offering);
    const types = typesOf(bodyOf(call, ['object_types'])['object_types'], TYPES);
    return call.world.turn(async () => {
      const [known] = call.world.store.consumers.by('identity', identity.uuid);
      if (known !== undefined && known.owner !== call.user) {
        throw conflict(
          `Queue is already registered by user ${known.owner.username}; ask them to deregister before taking over.`,
        );
      }
      return register(call, known ?? newConsumer(call, identity, [identity.offering.uuid]), types);
    });
  },
  'POST event-consumers/register/': (call) => {
    const body = bodyOf(call, ['object_types', 'scopes']);
    const types = typesOf(body['object_types'], TYPES);
    const scopes = scopesOf(call, body['scopes']);
    if (scopes.length === 0 && !call.user.isStaff) throw forbidden();
    const same = (row: Consumer): boolean =>
      row.identity === undefined && row.owner === call.user && row.offerings.join() === scopes.join();
    return call.world.turn(async () => {
      const known = call.world.store.consumers.all().find(same);
      return register(call, known ?? newConsumer(call, undefined, scopes), types);
    });
  },
  'GET event-consumers/': (call) =>
    list(call, {
      pools: [call.world.store.consumers.all()],
      where: (row) => call.user.isStaff || row.owner === call.user,
      render: renderConsumer,
    }),
  'DELETE event-consumers/:u/': async (call) => {
    const consumer = call.world.store.consumers.get(call.uuid);
    if (consumer === undefined || (consumer.owner !== call.user && !call.user.isStaff)) throw notFound('EventConsumer');
    await removeConsumer(call.world, consumer);
    return { status: 204 };
  },
  'POST marketplace-site-agent-identities/:u/register_event_subscription/': (call) =>
    call.world.turn(() => registerSubscription(call)),
  'GET event-subscriptions/': (call) =>
    list(call, {
      pools: [call.world.store.subscriptions.all()],
      where: (row) => row.user === call.user,
      render: renderSubscription,
    }),
  'GET event-subscriptions/:u/': (call) => ok(renderSubscription(findSubscription(call), call)),
  'POST event-subscriptions/:u/create_queue/': createQueue,
  'DELETE event-subscriptions/:u/': async (call) => {
    await removeSubscription(call.world, findSubscription(call));
    return { status: 204 };
  },
};

function newConsumer(call: Call, identity: Identity | undefined, offerings: readonly string[]): Consumer {
  const { ids, clock } = call.world;
  const now = clock.stamp();
  const uuid = ids.uuid();
  const owner = call.user;
  return {
    uuid,
    owner,
    identity,
    offerings,
    objectTypes: [],
    login: '',
    queue: `consumer_${uuid}`,
    created: now,
    modified: now,
  };
}

async function register(call: Call, consumer: Consumer, types: readonly string[] | undefined): Promise<Reply> {
  const { world } = call;
  const kept = await ensureConsumer(world, consumer, call.key, stepRunner(call));
  if (types !== undefined) consumer.objectTypes = types;
  consumer.modified = world.clock.stamp();
  if (world.store.consumers.get(consumer.uuid) === undefined) world.store.consumers.insert(consumer);
  const body = {
    rmq_username: consumer.login,
    queue_name: consumer.queue,
    vhost: consumer.owner.uuid,
    observable_object_types: [...consumer.objectTypes],
  };
  return ok(body, kept ? 200 : 201);
}

/** A step the tests told to fail is answered like a broker that is down. */
function stepRunner(call: Call): StepRunner {
  return async (step, run) => {
    if (call.world.brokerDown.has(step)) throw invalid([FAILURES[step]]);
    try {
      await run();
    } catch (error) {
      call.world.journal.add('warning', { object: 'broker', method: step, detail: String(error) });
      throw invalid([FAILURES[step]]);
    }
  };
}

function typesOf(value: Json | undefined, known: readonly string[]): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw invalid({ object_types: ['Expected a list of items but got type "str".'] });
  const unknown = value.find((type: Json) => typeof type !== 'string' || !known.includes(type));
  if (unknown !== undefined) throw invalid({ object_types: [`"${String(unknown)}" is not a valid choice.`] });
  return value.map(String);
}

function scopesOf(call: Call, value: Json | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.map((scope: Json) => {
    const uuid = isJsonObject(scope) && scope['type'] === 'offering' ? toUuid(scope['uuid']) : undefined;
    const offering = call.world.store.offerings.get(uuid ?? '');
    if (offering === undefined) throw invalid({ scopes: ['Invalid scope.'] });
    if (!seesOffering(call.user, offering)) throw forbidden();
    return offering.uuid;
  });
}

/** One per user and type; a broken one is made anew under another UUID. */
async function registerSubscription(call: Call): Promise<Reply> {
  const { world, user } = call;
  const identity = findIdentity(call);
  demand(world.settings.profile, user, 'offering.agent', identity.offering);
  const body = bodyOf(call, ['observable_object_type', 'description']);
  const objectType = textOf(body, 'observable_object_type');
  checkType(call, 'observable_object_type', objectType);
  const [known] = world.store.subscriptions.by('userType', `${user.uuid} ${objectType}`);
  if (known !== undefined && (await subscriptionIsValid(world, known))) return ok(renderSubscription(known, call));
  if (known !== undefined) await removeSubscription(world, known);
  const now = world.clock.stamp();
  const description = optionalText(body, 'description');
  const subscription = { uuid: world.ids.uuid(), user, objectType, description, created: now, modified: now };
  await openSubscription(world.bus, subscription, call.key);
  world.store.subscriptions.insert(subscription);
  return ok(renderSubscription(subscription, call), 201);
}

async function createQueue(call: Call): Promise<Reply> {
  const { world } = call;
  const subscription = findSubscription(call);
  const body = bodyOf(call, ['offering_uuid', 'object_type']);
  if (body['offering_uuid'] === undefined) throw required('offering_uuid');
  const objectType = textOf(body, 'object_type');
  checkType(call, 'object_type', objectType);
  const offering = referenced(world.store.offerings, body, 'offering_uuid');
  if (!seesOffering(call.user, offering)) {
    throw invalid({ offering_uuid: ['You do not have access to this offering'] });
  }
  const queue = `subscription_${subscription.uuid}_offering_${offering.uuid}_${objectType}`;
  await world.bus.putQueue(subscription.user.uuid, queue);
  const known = world.store.subscriptionQueues.by('subscription', subscription.uuid).find((row) => row.queue === queue);
  const row =
    known ??
    world.store.subscriptionQueues.insert({
      uuid: world.ids.uuid(),
      subscription,
      offering,
      objectType,
      created: world.clock.stamp(),
      queue,
    });
  return ok(renderQueue(row, call), known === undefined ? 201 : 200);
}

function checkType(call: Call, field: string, type: string): void {
  const known = call.world.settings.profile === '8.0' ? TYPES.filter((name) => !NEW_TYPES.includes(name)) : TYPES;
  if (!known.includes(type)) throw invalid({ [field]: [`"${type}" is not a valid choice.`] });
}

function findSubscription(call: Call): Subscription {
  const subscription = call.world.store.subscriptions.get(call.uuid);
  if (subscription === undefined || subscription.user !== call.user) throw notFound('EventSubscription');
  return subscription;
}
