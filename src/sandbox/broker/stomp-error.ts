/** A request that is answered with an ERROR frame. The connection stays usable afterwards, as RabbitMQ leaves it. */
export class StompError extends Error {
  override readonly name = 'StompError';
  /** Body of the frame; the message is its `message` header. */
  readonly detail: string;

  constructor(summary: string, detail: string) {
    super(summary);
    this.detail = detail;
  }
}

/** A request that kills the channel beneath at once: RabbitMQ closes the WebSocket with 1000 "STOMP died" and no ERROR. */
export class ChannelDeath extends Error {
  override readonly name = 'ChannelDeath';
}
