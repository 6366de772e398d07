import type { Broker } from './broker/broker.ts';
import type { Consumer, Subscription } from './model.ts';
import type { World } from './world.ts';

/** What the server asks of the broker's management, step by step; a test can make a step fail. */
export type BrokerStep = 'vhost' | 'user' | 'permission' | 'queue';

/**
 * Brings the broker in line with a unified queue. A valid login is kept and its password refreshed; a broken one is
 * deleted and made anew under another name, on the same queue.
 *
 * @returns whether the login was kept
 */
export function ensureConsumer(world: World, consumer: Consumer, password: string, run: StepRunner): boolean {
  const { broker } = world;
  const vhost = consumer.owner.uuid;
  const valid = broker.hasUser(consumer.login) && broker.hasPermission(vhost, consumer.login);
  if (!valid) {
    broker.deleteUser(consumer.login);
    consumer.login = world.ids.uuid();
  }
  run('vhost', () => broker.putVhost(vhost));
  run('user', () => broker.putUser(consumer.login, password));
  run('permission', () => broker.putPermission(vhost, consumer.login));
  run('queue', () => broker.putQueue(vhost, consumer.queue));
  return valid;
}

/** Runs one management call, or fails it. */
export type StepRunner = (step: BrokerStep, call: () => void) => void;

export function removeConsumer(world: World, consumer: Consumer): void {
  const vhost = consumer.owner.uuid;
  world.broker.deleteQueue(vhost, consumer.queue);
  world.broker.deleteUser(consumer.login);
  world.store.removedLogins.add(consumer.login);
  world.store.consumers.delete(consumer);
}

export function subscriptionIsValid({ broker }: World, subscription: Subscription): boolean {
  return broker.hasUser(subscription.uuid) && broker.hasPermission(subscription.user.uuid, subscription.uuid);
}

/** The login of a legacy subscription is its UUID. */
export function openSubscription(broker: Broker, subscription: Subscription, password: string): void {
  const vhost = subscription.user.uuid;
  broker.putVhost(vhost);
  broker.putUser(subscription.uuid, password);
  broker.putPermission(vhost, subscription.uuid);
}

export function removeSubscription(world: World, subscription: Subscription): void {
  const { subscriptions, subscriptionQueues, removedLogins } = world.store;
  for (const row of subscriptionQueues.by('subscription', subscription.uuid).slice()) {
    world.broker.deleteQueue(subscription.user.uuid, row.queue);
    subscriptionQueues.delete(row);
  }
  world.broker.deleteUser(subscription.uuid);
  removedLogins.add(subscription.uuid);
  subscriptions.delete(subscription);
}
