import type { BrokerStep } from './broker-step.ts';
import type { Bus, Soon } from './bus.ts';
import type { Consumer, Subscription } from './model-agent.ts';
import type { World } from './world.ts';

export type { BrokerStep } from './broker-step.ts';

/**
 * Brings the broker in line with a unified queue. A valid login is kept and its password refreshed; a broken one is
 * deleted and made anew under another name, on the same queue.
 *
 * @returns whether the login was kept
 */
export async function ensureConsumer(
  world: World,
  consumer: Consumer,
  password: string,
  run: StepRunner,
): Promise<boolean> {
  const { bus } = world;
  const vhost = consumer.owner.uuid;
  const valid = (await bus.hasUser(consumer.login)) && (await bus.hasPermission(vhost, consumer.login));
  if (!valid) {
    await bus.deleteUser(consumer.login);
    consumer.login = world.ids.uuid();
  }
  await run('vhost', () => bus.putVhost(vhost));
  await run('user', () => bus.putUser(consumer.login, password));
  await run('permission', () => bus.putPermission(vhost, consumer.login));
  await run('queue', () => bus.putQueue(vhost, consumer.queue));
  return valid;
}

/** Runs one management call, or fails it. */
export type StepRunner = (step: BrokerStep, call: () => Soon<void>) => Promise<void>;

export async function removeConsumer(world: World, consumer: Consumer): Promise<void> {
  const vhost = consumer.owner.uuid;
  world.store.removedLogins.add(consumer.login);
  world.store.consumers.delete(consumer);
  await world.bus.deleteQueue(vhost, consumer.queue);
  await world.bus.deleteUser(consumer.login);
}

export async function subscriptionIsValid({ bus }: World, subscription: Subscription): Promise<boolean> {
  const { uuid, user } = subscription;
  return (await bus.hasUser(uuid)) && (await bus.hasPermission(user.uuid, uuid));
}

/** The login of a legacy subscription is its UUID. */
export async function openSubscription(bus: Bus, subscription: Subscription, password: string): Promise<void> {
  const vhost = subscription.user.uuid;
  await bus.putVhost(vhost);
  await bus.putUser(subscription.uuid, password);
  await bus.putPermission(vhost, subscription.uuid);
}

export async function removeSubscription(world: World, subscription: Subscription): Promise<void> {
  const { subscriptions, subscriptionQueues, removedLogins } = world.store;
  const queues = subscriptionQueues.by('subscription', subscription.uuid).slice();
  for (const row of queues) subscriptionQueues.delete(row);
  removedLogins.add(subscription.uuid);
  subscriptions.delete(subscription);
  for (const { queue } of queues) await world.bus.deleteQueue(subscription.user.uuid, queue);
  await world.bus.deleteUser(subscription.uuid);
}
