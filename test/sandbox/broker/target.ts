import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Broker, type BrokerOptions, createBroker } from '../../../src/sandbox/broker/broker.ts';

/** A broker under test: ours here, a real RabbitMQ in a lab. Everything may be asynchronous. */
export interface Target {
  readonly url: string;
  /** Real milliseconds per millisecond of heart-beat; 1 for a real server. */
  readonly pace: number;
  readonly broker: Administration;
  readonly stop: () => Promise<void>;
}

type Call =
  | 'putVhost'
  | 'putUser'
  | 'deleteUser'
  | 'putPermission'
  | 'deletePermission'
  | 'putQueue'
  | 'deleteQueue'
  | 'publish';
type Administration = { readonly [K in Call]: (...args: Parameters<Broker[K]>) => unknown };

export interface OwnTarget extends Target {
  readonly broker: Broker;
  readonly port: number;
}

export async function startOwn(options: BrokerOptions = {}): Promise<OwnTarget> {
  const broker = createBroker(options);
  const server = createServer().on('upgrade', broker.upgrade);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/ws`,
    port,
    pace: 1 / (options.timeScale ?? 1),
    broker,
    stop: async () => {
      await broker.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
