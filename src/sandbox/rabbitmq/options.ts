/** A running RabbitMQ with the plugins for management and STOMP. */
export interface RabbitmqOptions {
  /** Of its management, `http://127.0.0.1:15672/api/`. */
  readonly apiUrl: string;
  /** Where STOMP is spoken without WebSockets, on 127.0.0.1. */
  readonly stompPort: number;
  /** Where agents connect, `ws://127.0.0.1:15674/ws`. */
  readonly wsUrl: string;
  /** An administrator. */
  readonly user: string;
  readonly password: string;
  /** A lifetime of messages shorter than that of the queue, in milliseconds. */
  readonly messageTtlMs?: number;
}
