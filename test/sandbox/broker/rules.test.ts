import { describe } from 'vitest';
import { startRabbitmq } from './rabbitmq-target.ts';
import { describeConnecting } from './rules/connecting.ts';
import { describeDelivering } from './rules/delivering.ts';
import { describeLiving } from './rules/living.ts';
import { startOwn, type Target } from './target.ts';

/**
 * What RabbitMQ 3.10.8 was measured to do, on the wire. `test/labs/rabbitmq.sh npx vitest run … test/sandbox/broker/rules`
 * runs the same rules against a real one.
 */
const start = async (): Promise<Target> =>
  process.env['RMQ_API'] === undefined ? startOwn({ timeScale: 10 }) : startRabbitmq(process.env);

describe('connecting', () => describeConnecting(start));
describe('delivering', () => describeDelivering(start));
describe('living', () => describeLiving(start));
