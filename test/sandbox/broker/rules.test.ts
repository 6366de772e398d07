import { describe } from 'vitest';
import { describeConnecting } from './rules/connecting.ts';
import { describeDelivering } from './rules/delivering.ts';
import { describeLiving } from './rules/living.ts';
import { startOwn, type Target } from './target.ts';

/** What RabbitMQ 3.10.8 was measured to do, on the wire. A lab runs the same rules against a real one. */
const own = (): Promise<Target> => startOwn({ timeScale: 10 });

describe('connecting', () => describeConnecting(own));
describe('delivering', () => describeDelivering(own));
describe('living', () => describeLiving(own));
