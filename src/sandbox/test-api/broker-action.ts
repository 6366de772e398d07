import { toUuid } from '../../lib/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { BrokerFault } from '../broker/faults.ts';
import { optionalText, textOf } from '../call.ts';
import type { BrokerStep } from '../consumers.ts';
import { notFound } from '../reply.ts';
import type { World } from '../world.ts';

interface Access {
  readonly vhost: string;
  readonly login: string;
  readonly queue: string;
}

const FULL = 10_000;

/** What an administrator does to the broker, or what goes wrong in it: `{kind, offering?, …}`. */
export async function brokerAction(world: World, body: JsonObject): Promise<Json> {
  const { broker, bus } = world;
  const kind = textOf(body, 'kind');
  const targets = accesses(world, toUuid(body['offering']));
  switch (kind) {
    case 'rotatePassword':
      for (const { login } of targets) await bus.putUser(login, world.ids.uuid());
      break;
    case 'deleteUser':
      for (const { login } of targets) await bus.deleteUser(login);
      break;
    case 'revokePermission':
      for (const { vhost, login } of targets) await bus.deletePermission(vhost, login);
      break;
    case 'deleteQueue':
      for (const { vhost, queue } of targets) await bus.deleteQueue(vhost, queue);
      break;
    case 'purge':
    case 'expire':
      for (const { vhost, queue } of targets) await bus.purgeQueue(vhost, queue);
      break;
    case 'fill':
      for (const { vhost, queue } of targets) await fill(world, vhost, queue);
      break;
    case 'down':
      for (const step of steps(body)) world.brokerDown.add(step);
      break;
    case 'up':
      world.brokerDown.clear();
      break;
    case 'message':
      message(world, body);
      break;
    default:
      // Trusted: the test API is for tests on the same machine.
      broker.fault(body as unknown as BrokerFault);
  }
  return { targets: targets.length };
}

/** Logins and queues of an offering, or of all. */
function accesses({ store }: World, offering: string | undefined): Access[] {
  const consumers = store.consumers
    .all()
    .filter(({ offerings }) => offering === undefined || offerings.includes(offering))
    .map(({ owner, login, queue }) => ({ vhost: owner.uuid, login, queue }));
  const legacy = store.subscriptionQueues
    .all()
    .filter((row) => offering === undefined || row.offering.uuid === offering)
    .map(({ subscription, queue }) => ({ vhost: subscription.user.uuid, login: subscription.uuid, queue }));
  return [...consumers, ...legacy];
}

async function fill({ bus }: World, vhost: string, queue: string): Promise<void> {
  for (let count = 0; count < FULL && (await bus.publish({ vhost, queue, body: '{}' })); count++);
}

function steps(body: JsonObject): readonly BrokerStep[] {
  const all: readonly BrokerStep[] = ['vhost', 'user', 'permission', 'queue'];
  const wanted = Array.isArray(body['steps']) ? body['steps'] : all;
  return all.filter((step) => wanted.includes(step));
}

/** A body of the test's own making: invalid JSON, unknown types, too much of it. */
function message(world: World, body: JsonObject): void {
  const offering = world.store.offerings.get(toUuid(body['offering']) ?? '');
  if (offering === undefined) throw notFound('Offering');
  const text = isJsonObject(body['body']) ? JSON.stringify(body['body']) : textOf(body, 'body');
  world.events.raw(offering, optionalText(body, 'object_type', 'order'), text);
}
