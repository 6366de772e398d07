import { createHash } from 'node:crypto';
import type { Publication } from './publication.ts';

/** The `x-message-id` Mastermind gives a message: the same for the same payload on the same topic, at any time. */
export function messageId(vhost: string, topic: string, payload: string | Uint8Array): string {
  return createHash('sha256').update(`${vhost}:${topic}:`).update(payload).digest('hex').slice(0, 32);
}

/** The headers Mastermind sends with a message. */
export function publishedHeaders({ vhost, queue, topic = queue, body, headers }: Publication): Record<string, string> {
  return {
    'x-message-id': headers?.['x-message-id'] ?? messageId(vhost, topic, body),
    'auto-delete': 'false',
    durable: 'true',
    persistent: 'true',
    'content-type': 'application/json',
    ...headers,
  };
}
