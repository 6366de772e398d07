import type { Json, JsonObject } from '../lib/json.ts';
import type { Events, Publisher } from './event-source.ts';
import type { Offering, Order, Resource } from './model.ts';
import type { Consumer, SubscriptionQueue } from './model-agent.ts';
import { seesOffering, seesProject } from './permissions.ts';
import type { World } from './world.ts';

export type { Events } from './event-source.ts';

interface Message {
  readonly offering: Offering;
  readonly objectType: string;
  /** Whose members may listen beside the provider. */
  readonly resource?: Resource;
  /** As it was at the commit. */
  readonly base: JsonObject;
  /** As it is at publication. */
  readonly enrich?: () => JsonObject;
}

export function createEvents(world: () => World): Events {
  const publisher: Publisher = { rate: undefined, circuitOpen: false, duplicates: 0 };
  let allowance = { tokens: 0, atMs: 0 };
  const emit = (message: Message): void => {
    const { settings, store, random, later } = world();
    if (settings.profile === '2024' || (store.consumers.size === 0 && store.subscriptionQueues.size === 0)) return;
    if (message.offering.type !== 'Marketplace.Slurm' && message.objectType !== 'offering_user') return;
    const [least, most] = settings.dispatchDelayMs;
    later(random.between(least, most), () => publish(message));
  };
  const publish = (message: Message): void => {
    for (const consumer of unifiedRecipients(world(), message)) {
      const { offering, objectType: object_type } = message;
      const body = {
        ...message.base,
        offering_uuid: offering.uuid,
        object_type,
        schema_version: 1,
        ...message.enrich?.(),
      };
      send(consumer.owner.uuid, consumer.queue, consumer.queue, message.objectType, JSON.stringify(body));
    }
    for (const { subscription, queue, offering, objectType } of legacyRecipients(world(), message)) {
      const body = { ...message.base, offering_uuid: offering.uuid };
      const topic = `subscription/${subscription.uuid}/offering/${offering.uuid}/${objectType}`;
      send(subscription.user.uuid, queue, topic, objectType, JSON.stringify(body));
    }
  };
  const send = (vhost: string, queue: string, topic: string, object: string, body: string): void => {
    const { bus, journal, random } = world();
    const copies = random.next() < publisher.duplicates ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const sent = !publisher.circuitOpen && withinRate() && bus.publish({ vhost, queue, topic, body });
      const entry = journal.add('event', { object, to: queue, status: 0, detail: journal.bodies ? body : null });
      const note = (taken: boolean): void => {
        entry.status = taken ? 200 : 0;
      };
      if (sent instanceof Promise) void sent.then(note);
      else note(sent);
    }
  };
  const withinRate = (): boolean => {
    if (publisher.rate === undefined) return true;
    const { perSecond, burst } = publisher.rate;
    const now = world().clock.nowMs();
    const tokens = Math.min(burst, allowance.tokens + ((now - allowance.atMs) / 1000) * perSecond);
    allowance = { tokens: Math.max(0, tokens - 1), atMs: now };
    return tokens >= 1;
  };

  return {
    publisher,
    order: (order, extra) => {
      if (world().settings.profile === '8.0' && !(order.state === 'done' || order.state.startsWith('pending'))) return;
      emit({ ...about(order), base: { order_uuid: order.uuid, order_state: order.state, ...extra } });
    },
    orderMessage: (order, action) => emit({ ...about(order), base: { order_uuid: order.uuid, action } }),
    resource: (resource) => {
      const { offering } = resource;
      resource.eventNumber++;
      emit({
        offering,
        resource,
        objectType: 'resource',
        base: resourceFlags(resource),
        enrich: () => resourceState(resource),
      });
    },
    keyRotation: ({ resource, uuid, clientId }) =>
      emit({
        offering: resource.offering,
        resource,
        objectType: 'resource_api_key_rotation',
        base: { ...identity(resource), api_key_uuid: uuid, client_id: clientId, action: 'rotate' },
      }),
    importable: ({ offering, uuid }) =>
      emit({ offering, objectType: 'importable_resources', base: { backend_resource_request_uuid: uuid } }),
    sync: (offering, user) =>
      emit({ offering, objectType: 'offering_resources_sync', base: { requested_by_user_uuid: user.uuid } }),
    userRole: (resource, user, granted) => {
      const { offering, project } = resource;
      const base = { project_uuid: project.uuid, project_name: project.name };
      if (user === undefined) {
        return emit({ offering, resource, objectType: 'user_role', base: { ...base, resource_uuid: resource.uuid } });
      }
      const who = { user_uuid: user.uuid, user_username: user.username, role_name: 'PROJECT.MEMBER' };
      emit({
        offering,
        resource,
        objectType: 'user_role',
        base: { ...base, ...who, granted: granted ?? true },
        enrich: () => ({ user_email: user.email, user_full_name: user.fullName }),
      });
    },
    offeringUser: (row, action) => {
      const base = { offering_user_uuid: row.uuid, user_uuid: row.user.uuid, username: row.username, action };
      emit({ offering: row.offering, objectType: 'offering_user', base: { ...base, state: row.state } });
    },
    raw: (offering, objectType, body) => {
      for (const { owner, queue } of unifiedRecipients(world(), { offering, objectType: '*' })) {
        send(owner.uuid, queue, queue, objectType, body);
      }
      for (const { subscription, queue } of world().store.subscriptionQueues.by(
        'offeringType',
        `${offering.uuid} ${objectType}`,
      )) {
        send(subscription.user.uuid, queue, queue, objectType, body);
      }
    },
  };
}

function about(order: Order): Omit<Message, 'base'> {
  const { resource } = order;
  return { offering: resource.offering, resource, objectType: 'order', enrich: () => orderDetails(order) };
}

function orderDetails(order: Order): JsonObject {
  const { resource } = order;
  return {
    order_type: order.type,
    resource_uuid: resource.uuid,
    resource_backend_id: resource.backendId,
    resource_name: resource.name,
    project_uuid: resource.project.uuid,
    project_name: resource.project.name,
    attributes: order.attributes,
    // Of an Update order the message carries the old limits: so does Waldur's.
    limits: order.type === 'Update' ? resource.limits : order.limits,
    ...(order.plan === undefined ? {} : { plan_uuid: order.plan.uuid }),
  };
}

function identity(resource: Resource): Record<string, Json> {
  return { resource_uuid: resource.uuid, resource_backend_id: resource.backendId };
}

function resourceFlags(resource: Resource): JsonObject {
  return {
    ...identity(resource),
    downscaled: resource.downscaled,
    restrict_member_access: resource.restrictMemberAccess,
    paused: resource.paused,
    sequence_number: resource.eventNumber,
  };
}

function resourceState(resource: Resource): JsonObject {
  return {
    resource_name: resource.name,
    resource_state: resource.state,
    project_uuid: resource.project.uuid,
    project_name: resource.project.name,
    limits: resource.limits,
  };
}

type Target = Pick<Message, 'offering' | 'objectType' | 'resource'>;

function unifiedRecipients(world: World, target: Target): Consumer[] {
  if (world.settings.profile !== '8.1') return [];
  return world.store.consumers.all().filter((consumer) => listens(consumer, target));
}

/** Whether the consumer asked for it and its owner may still see it. */
function listens({ owner, offerings, objectTypes }: Consumer, target: Target): boolean {
  if (offerings.length > 0 && !offerings.includes(target.offering.uuid)) return false;
  const wanted = target.objectType === '*' || objectTypes.length === 0 || objectTypes.includes(target.objectType);
  if (!wanted || !owner.isActive) return false;
  return (
    seesOffering(owner, target.offering) ||
    (target.resource !== undefined && seesProject(owner, target.resource.project))
  );
}

function legacyRecipients(world: World, target: Target): readonly SubscriptionQueue[] {
  const queues = world.store.subscriptionQueues.by('offeringType', `${target.offering.uuid} ${target.objectType}`);
  if (queues.length === 0) return queues;
  const covered = new Set(unifiedRecipients(world, target).map(({ owner }) => owner));
  return queues.filter(
    ({ subscription: { user } }) => user.isActive && !covered.has(user) && seesOffering(user, target.offering),
  );
}
