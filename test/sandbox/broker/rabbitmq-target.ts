import { createRabbitmqBus } from '../../../src/sandbox/rabbitmq/bus.ts';
import { rabbitmqOf } from '../../fakes/rabbitmq.ts';
import type { Target } from './target.ts';

/** A running RabbitMQ, managed and published to as the sandbox does it. */
export function startRabbitmq(env: Readonly<Record<string, string | undefined>>): Target {
  const options = rabbitmqOf(env);
  const broker = createRabbitmqBus(options);
  return { url: options.wsUrl, pace: 1, broker, stop: async () => broker.close() };
}
