import type { Publication } from './broker/broker.ts';

/** The broker as the server uses it: some calls of its management, and publishing. Ours returns at once, RabbitMQ later. */
export interface Bus {
  putVhost(vhost: string): Soon<void>;
  /** Creates the user or changes its password; live sessions stay. */
  putUser(login: string, password: string): Soon<void>;
  hasUser(login: string): Soon<boolean>;
  deleteUser(login: string): Soon<void>;
  putPermission(vhost: string, login: string): Soon<void>;
  hasPermission(vhost: string, login: string): Soon<boolean>;
  deletePermission(vhost: string, login: string): Soon<void>;
  /** Keeps what is in a queue that exists. */
  putQueue(vhost: string, queue: string): Soon<void>;
  deleteQueue(vhost: string, queue: string): Soon<void>;
  purgeQueue(vhost: string, queue: string): Soon<void>;
  /** False when the message was certainly lost. */
  publish(message: Publication): Soon<boolean>;
  close(): Soon<void>;
}

export type Soon<T> = T | Promise<T>;
