import { isJsonObject, type JsonObject } from '../../../src/lib/json.ts';
import type { Log } from '../../../src/lib/log.ts';
import type { Document, DocumentChange, Documents } from '../../../src/plugin/contract.ts';
import type { QuotaEvent } from './event.ts';

const PREFIX = 'outbox/';
/** What was not taken for so long is of no use any more. */
const KEPT_SECONDS = 7 * 24 * 60 * 60;
/** Events in one delivery. */
const AT_ONCE = 100;

/** A way out. It throws when nothing of it arrived, and may be called again with what did. */
export interface Channel {
  readonly name: string;
  send(events: readonly QuotaEvent[], signal: AbortSignal): Promise<void>;
}

/** The change that puts an event into the outbox. The same event is the same document: it cannot be there twice. */
export function outboxPut(event: QuotaEvent): DocumentChange {
  const { at, subject, id, device, event: name, detail, host } = event;
  // Several containers of one user may be removed in one second; other hosts may not tell ids.
  const { container_id: container } = detail;
  const extra = [container, ...(host === undefined ? [] : [host, event.name])]
    .map((part) => (typeof part === 'string' ? `/${encodeURIComponent(part)}` : ''))
    .join('');
  const key = `${PREFIX}${String(at).padStart(12, '0')}/${subject}/${id}/${encodeURIComponent(device)}/${name}${extra}`;
  const expiresAt = new Date((at + KEPT_SECONDS) * 1000);
  return { kind: 'put', key, value: { ...event, done: [] }, expiresAt };
}

/**
 * Sends what waits, oldest first, over every channel; a channel that fails keeps its events waiting and does not hold up
 * the others. Returns how many deliveries there were.
 */
export async function deliver(
  store: Documents,
  channels: readonly Channel[],
  log: Log,
  signal: AbortSignal,
): Promise<number> {
  let sent = 0;
  const failed = new Set<string>();
  let after: string | undefined;
  for (;;) {
    const page = await store.list(PREFIX, { limit: AT_ONCE, ...(after !== undefined && { after }) });
    if (page.length === 0) return sent;
    const documents = new Map(page.map((document) => [document.key, document]));
    for (const channel of channels) {
      const waiting = [...documents.values()].filter((document) => !doneIn(document).includes(channel.name));
      if (waiting.length === 0 || failed.has(channel.name)) continue;
      try {
        await channel.send(waiting.map(eventIn), signal);
      } catch (err) {
        signal.throwIfAborted();
        failed.add(channel.name);
        log.warn({ err, channel: channel.name, events: waiting.length }, 'events of quotas wait for the next delivery');
        continue;
      }
      for (const document of waiting)
        documents.set(document.key, await settle(store, document, channel.name, channels));
      sent += waiting.length;
    }
    if (channels.length === 0) await store.batch(page.map(({ key }) => ({ kind: 'delete', key })));
    after = page.at(-1)?.key;
  }
}

/** Written after each delivery: a death in between sends once more, and receivers drop what they have. */
async function settle(
  store: Documents,
  document: Document,
  channel: string,
  channels: readonly Channel[],
): Promise<Document> {
  const done = [...doneIn(document), channel];
  if (channels.every(({ name }) => done.includes(name))) {
    await store.delete(document.key);
    return { ...document, value: { ...(document.value as JsonObject), done } };
  }
  const value = { ...(document.value as JsonObject), done };
  await store.put(document.key, value, { expiresAt: new Date((eventIn(document).at + KEPT_SECONDS) * 1000) });
  return { ...document, value };
}

function doneIn({ value }: Document): readonly string[] {
  const done = isJsonObject(value) ? value['done'] : undefined;
  return Array.isArray(done) ? done.map(String) : [];
}

function eventIn({ value }: Document): QuotaEvent {
  return value as unknown as QuotaEvent;
}
