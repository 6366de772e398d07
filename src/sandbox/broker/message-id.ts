import { createHash } from 'node:crypto';

/** The `x-message-id` Mastermind gives a message: the same for the same payload on the same topic, at any time. */
export function messageId(vhost: string, topic: string, payload: string | Uint8Array): string {
  return createHash('sha256').update(`${vhost}:${topic}:`).update(payload).digest('hex').slice(0, 32);
}
