import { createHmac } from 'node:crypto';
import type { Http, HttpFactory } from '../../../src/lib/http.ts';
import type { QuotaEvent } from '../state/event.ts';
import type { Channel } from '../state/outbox.ts';

export interface WebhookOptions {
  readonly url: string;
  /** Shown to the receiver and used to sign; undefined sends without. */
  readonly secret: string | undefined;
  readonly hostId: string;
}

const TIMEOUT_MS = 15_000;
/** Of a central side, which is named by its address alone. */
const CENTRAL = '/api/internal/slave-events';

/**
 * POST `{host_id, events: [{host_user_name, event_type, detail}]}` with the key in `X-API-Key` and in `X-Signature` the
 * HMAC of the body (`sha256=` and hex), so that a receiver may check either. Only users have a place in that form.
 */
export function createWebhook(http: HttpFactory, { url, secret, hostId }: WebhookOptions): Channel & { close(): void } {
  const { origin, pathname: given, search } = new URL(url);
  const pathname = given === '/' ? CENTRAL : given;
  let client: Http | undefined;
  return {
    name: 'webhook',
    send: async (events, signal) => {
      // What other hosts told here would come back in a circle.
      const users = events.filter(({ subject, host }) => subject === 'user' && host === undefined);
      if (users.length === 0) return;
      client ??= http({ baseUrl: `${origin}/`, peer: 'receiver of events', timeoutMs: TIMEOUT_MS });
      const body = JSON.stringify({ host_id: hostId, events: users.map(format) });
      const headers = { 'content-type': 'application/json', ...(secret !== undefined && signed(body, secret)) };
      const path = pathname.slice(1) + search;
      await client.request({ operation: 'events.send', method: 'POST', path, headers, body, answer: 'text' }, signal);
    },
    close: () => client?.close(),
  };
}

function format({ name, event, detail }: QuotaEvent) {
  return { host_user_name: name, event_type: event, detail };
}

function signed(body: string, secret: string): Readonly<Record<string, string>> {
  return { 'x-api-key': secret, 'x-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` };
}
