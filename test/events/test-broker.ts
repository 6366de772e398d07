import type { LinkOptions } from '../../src/events/link.ts';

/** A broker with queues, real or emulated, prepared for one scenario: a vhost, a login and one queue of its own. */
export interface TestBroker {
  readonly link: LinkOptions;
  publish(body: string): Promise<void>;
  putQueue(): Promise<void>;
  deleteQueue(): Promise<void>;
  putUser(password: string): Promise<void>;
  deleteUser(): Promise<void>;
  /** Every connection breaks without a word. */
  cut(): void;
  /** The broker keeps its sockets and says nothing more. */
  freeze(): void;
  thaw(): void;
}

/** RabbitMQ beats no faster, whatever it is asked for. */
export const HEARTBEAT_MS = 1000;
export const PASSCODE = 'a:passcode with \\ and ü';
export const QUEUE = 'consumer_0a7f4c0e5d8b4f6e9a3b2c1d0e9f8a7b';
