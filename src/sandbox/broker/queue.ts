export interface Message {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** A message that a queue took. It keeps its place in line when it comes back unacknowledged. */
export interface QueuedMessage extends Message {
  readonly position: number;
  /** Milliseconds of the queue's clock. */
  readonly expiresAt: number;
  redelivered: boolean;
}

export interface Consumer {
  /** False: what is delivered is forgotten at once. */
  readonly acknowledges: boolean;
  hasRoom(): boolean;
  deliver(message: QueuedMessage): void;
  /** The queue was deleted. */
  cancelled(): void;
}

export interface QueueOptions {
  /** Milliseconds since the epoch. */
  now(): number;
  readonly ttlMs: number;
  readonly maxLength: number;
}

/** First in, first out to competing consumers in turn; what is full drops the newest, what is old drops the oldest. */
export interface Queue {
  /** False when the queue is full and the message lost. */
  publish(message: Message): boolean;
  attach(consumer: Consumer): void;
  detach(consumer: Consumer): void;
  /** A delivered message is done with. */
  settle(): void;
  /** Delivered messages return to their old places, marked as redelivered. */
  requeue(messages: readonly QueuedMessage[]): void;
  /** A consumer has room again. */
  wake(): void;
  /** Drops what waits, not what is delivered and unacknowledged. */
  purge(): void;
  /** Cancels every consumer; messages that come back later are dropped. */
  remove(): void;
  depth(): { ready: number; unacked: number };
}

export function createQueue(options: QueueOptions): Queue {
  let ready: QueuedMessage[] = [];
  let consumers: Consumer[] = [];
  let unacked = 0;
  let published = 0;
  let removed = false;

  /** Only the head is looked at: one lifetime for all keeps them in order of expiry. */
  const expire = (): void => {
    const now = options.now();
    while (ready[0] !== undefined && ready[0].expiresAt <= now) ready.shift();
  };

  const nextConsumer = (): Consumer | undefined => {
    const next = consumers.find((consumer) => consumer.hasRoom());
    if (next !== undefined && consumers.length > 1) consumers = [...consumers.filter((other) => other !== next), next];
    return next;
  };

  const wake = (): void => {
    expire();
    while (ready[0] !== undefined) {
      const consumer = nextConsumer();
      if (consumer === undefined) return;
      const message = ready[0];
      ready.shift();
      if (consumer.acknowledges) unacked++;
      consumer.deliver(message);
    }
  };

  return {
    publish: (message) => {
      expire();
      if (ready.length >= options.maxLength) return false;
      const expiresAt = options.now() + options.ttlMs;
      ready.push({ ...message, position: published++, expiresAt, redelivered: false });
      wake();
      return true;
    },
    attach: (consumer) => {
      consumers.push(consumer);
      wake();
    },
    detach: (consumer) => {
      consumers = consumers.filter((other) => other !== consumer);
    },
    settle: () => {
      unacked--;
    },
    requeue: (messages) => {
      unacked -= messages.length;
      if (removed) return;
      for (const message of messages) message.redelivered = true;
      ready = merge(messages, ready);
      wake();
    },
    wake,
    purge: () => {
      ready = [];
    },
    remove: () => {
      removed = true;
      ready = [];
      const cancelled = consumers;
      consumers = [];
      for (const consumer of cancelled) consumer.cancelled();
    },
    depth: () => {
      expire();
      return { ready: ready.length, unacked };
    },
  };
}

/** Two runs, the second in order of position. What comes back is nearly always older than all that waits. */
function merge(returned: readonly QueuedMessage[], waiting: QueuedMessage[]): QueuedMessage[] {
  const sorted = returned.toSorted((a, b) => a.position - b.position);
  const last = sorted.at(-1);
  if (last === undefined) return waiting;
  const inOrder = waiting[0] === undefined || last.position < waiting[0].position;
  if (inOrder && sorted.length === 1) {
    waiting.unshift(last);
    return waiting;
  }
  const all = [...sorted, ...waiting];
  return inOrder ? all : all.sort((a, b) => a.position - b.position);
}
