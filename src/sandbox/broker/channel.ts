import type { Frame } from './frame.ts';
import type { Consumer, Message, Queue, QueuedMessage } from './queue.ts';
import { ChannelDeath, StompError } from './stomp-error.ts';

export interface ChannelDeps {
  /** Goes into message ids. */
  readonly session: string;
  readonly version: string;
  queue(name: string): Queue | undefined;
  send(command: string, headers: Iterable<readonly [string, string]>, body?: Buffer): void;
  sendError(error: StompError, headers: Iterable<readonly [string, string]>): void;
  /** The channel broke, but not at once: the session is to die soon. */
  fail(): void;
}

/** What one logged-in session subscribes to and has not acknowledged yet. Methods throw StompError and ChannelDeath. */
export interface Channel {
  /** Deliveries begin when the returned function is called, so that a receipt can go first. */
  subscribe(frame: Frame): () => void;
  unsubscribe(frame: Frame): void;
  ack(frame: Frame): void;
  nack(frame: Frame): void;
  /** False when the queue refused the message: then there is no receipt. A missing queue swallows it. */
  publish(frame: Frame): boolean;
  subscriptions(): number;
  /** Everything unacknowledged goes back to its queue. */
  close(): void;
}

interface Subscription extends Consumer {
  readonly id: string;
  readonly description: string;
  readonly queue: Queue;
  readonly cumulative: boolean;
  unacked: number;
}

interface Unacked {
  readonly message: QueuedMessage;
  readonly subscription: Subscription;
}

const SEPARATOR = '@@';
/** AMQP keeps these apart from the sender's own headers, which it hands on in reverse. */
const PROPERTIES = ['persistent', 'content-type'];
const NOT_HANDED_ON = new Set(['destination', 'content-length', ...PROPERTIES]);

export function createChannel(deps: ChannelDeps): Channel {
  const subscriptions = new Map<string, Subscription>();
  const unacked = new Map<number, Unacked>();
  let lastTag = 0;
  /** Stays for later subscriptions of the session that name none, as basic.qos does. */
  let prefetch = 0;
  let failed = false;

  const deliver = (consumerTag: string, subscription: Subscription, message: QueuedMessage, name: string): void => {
    const tag = ++lastTag;
    const id = [consumerTag, deps.session, tag].join(SEPARATOR);
    const headers = new Map<string, string>();
    if (consumerTag.startsWith('T_')) headers.set('subscription', subscription.id);
    headers.set('destination', `/queue/${name}`);
    headers.set('message-id', id);
    headers.set('redelivered', String(message.redelivered));
    if (subscription.acknowledges) {
      unacked.set(tag, { message, subscription });
      subscription.unacked++;
      if (deps.version === '1.2') headers.set('ack', id);
    }
    for (const [key, value] of message.headers) headers.set(key, value);
    deps.send('MESSAGE', headers, message.body);
  };

  const subscribe = (frame: Frame): (() => void) => {
    const name = queueName(frame);
    const mode = ackMode(frame);
    const limit = frame.headers.get('prefetch-count');
    if (limit !== undefined) prefetch = wholeNumber(limit);
    const queue = deps.queue(name);
    const { tag, id, description } = identity(frame, 'SUBSCRIBE');
    if (queue === undefined || subscriptions.has(tag)) throw new ChannelDeath();
    const room = prefetch === 0 ? Number.POSITIVE_INFINITY : prefetch;
    const subscription: Subscription = {
      id,
      description,
      queue,
      cumulative: mode === 'client',
      acknowledges: mode !== 'auto',
      unacked: 0,
      hasRoom: () => subscription.unacked < room,
      deliver: (message) => deliver(tag, subscription, message, name),
      cancelled: () => {
        subscriptions.delete(tag);
        const detail = `The server has canceled a subscription.\nNo more messages will be delivered for "${description}".\n`;
        deps.sendError(new StompError('Server cancelled subscription', detail), [['subscription', id]]);
      },
    };
    subscriptions.set(tag, subscription);
    return () => queue.attach(subscription);
  };

  const unsubscribe = (frame: Frame): void => {
    const { tag, description } = identity(frame, 'UNSUBSCRIBE');
    const subscription = subscriptions.get(tag);
    if (subscription === undefined) {
      const detail = `UNSUBSCRIBE must refer to an existing subscription.\nSubscription to "${description}" not found.\n`;
      throw new StompError('No subscription found', detail);
    }
    subscriptions.delete(tag);
    subscription.queue.detach(subscription);
  };

  /** The deliveries an ACK or NACK is about, taken from the unacknowledged. */
  const take = (frame: Frame): readonly Unacked[] => {
    const header = deps.version === '1.2' ? 'id' : 'message-id';
    const id = frame.headers.get(header);
    if (id === undefined) {
      throw new StompError('Missing header', `"${frame.command}" must include the "${header}" header\n`);
    }
    // The session in the middle is not looked at: RabbitMQ 3.10 takes a stale id for one of its own.
    const parts = id.split(SEPARATOR);
    if (parts.length !== 3) {
      throw new StompError('Invalid header', `"${frame.command}" must include a valid "${header}" header\n`);
    }
    const tag = wholeNumber(String(parts[2]));
    const subscription = subscriptions.get(String(parts[0]));
    if (subscription === undefined) {
      throw new StompError('Subscription not found', `Message with id "${id}" has no subscription`);
    }
    const named = unacked.get(tag);
    if (named === undefined || failed) {
      failed = true;
      deps.fail();
      return [];
    }
    const taken = subscription.cumulative ? [...unacked].filter(([other]) => other <= tag) : [[tag, named] as const];
    return taken.map(([each, entry]) => {
      unacked.delete(each);
      entry.subscription.unacked--;
      return entry;
    });
  };

  const settle = (entries: readonly Unacked[]): void => {
    for (const { subscription } of entries) subscription.queue.settle();
    for (const queue of new Set(entries.map((entry) => entry.subscription.queue))) queue.wake();
  };

  const requeue = (entries: readonly Unacked[]): void => {
    for (const [queue, messages] of byQueue(entries)) queue.requeue(messages);
  };

  return {
    subscribe,
    unsubscribe,
    ack: (frame) => settle(take(frame)),
    nack: (frame) => {
      const entries = take(frame);
      if (frame.headers.get('requeue')?.toLowerCase() === 'false') settle(entries);
      else requeue(entries);
    },
    publish: (frame) => {
      const own = [...frame.headers].filter(([name]) => !NOT_HANDED_ON.has(name)).reverse();
      const properties = PROPERTIES.flatMap((name) => [...frame.headers].filter(([key]) => key === name));
      const message: Message = { headers: new Map([...own, ...properties]), body: Buffer.from(frame.body) };
      return deps.queue(queueName(frame))?.publish(message) ?? true;
    },
    subscriptions: () => subscriptions.size,
    close: () => {
      for (const subscription of subscriptions.values()) subscription.queue.detach(subscription);
      subscriptions.clear();
      const entries = [...unacked.values()];
      unacked.clear();
      requeue(entries);
    },
  };
}

function byQueue(entries: readonly Unacked[]): Map<Queue, QueuedMessage[]> {
  const groups = new Map<Queue, QueuedMessage[]>();
  for (const { message, subscription } of entries) {
    const group = groups.get(subscription.queue);
    if (group === undefined) groups.set(subscription.queue, [message]);
    else group.push(message);
  }
  return groups;
}

const PREFIXES = '/temp-queue, /exchange, /topic, /queue, /amq/queue, /reply-queue';

/** @throws ChannelDeath for `/queue/`: that declares the queue again with other arguments than Mastermind's. */
function queueName(frame: Frame): string {
  const destination = frame.headers.get('destination');
  if (destination === undefined) {
    throw new StompError('Missing destination', `"${frame.command}" must include a 'destination' header\n`);
  }
  if (destination.startsWith('/queue/')) throw new ChannelDeath();
  const [, path] = /^\/amq\/queue($|\/.*)/s.exec(destination) ?? [];
  if (path === undefined) {
    const detail = `'${destination}' is not a valid destination.\nValid destination types are: ${PREFIXES}.\n`;
    throw new StompError('Unknown destination', detail);
  }
  if (!/^\/[^/]+$/.test(path)) {
    throw new StompError('Invalid destination', `'${path}' is not a valid amqqueue destination\n`);
  }
  return path.slice(1).replaceAll('%2F', '/');
}

/** A subscription without an id is known by its destination, and its messages name no subscription. */
function identity(frame: Frame, command: string): { tag: string; id: string; description: string } {
  const id = frame.headers.get('id');
  if (id !== undefined) return { tag: `T_${id}`, id, description: `id='${id}'` };
  const destination = frame.headers.get('destination');
  if (destination === undefined) {
    throw new StompError('Missing destination or id', `${command} must include a 'destination' or 'id' header`);
  }
  return { tag: `Q_${destination}`, id: destination, description: `destination='${destination}'` };
}

function ackMode(frame: Frame): 'auto' | 'client' | 'client-individual' {
  const mode = frame.headers.get('ack') ?? 'auto';
  if (mode === 'auto' || mode === 'client' || mode === 'client-individual') return mode;
  throw new StompError('Processing error', 'Processing error');
}

function wholeNumber(text: string): number {
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text);
  throw new StompError('Processing error', 'Processing error');
}
