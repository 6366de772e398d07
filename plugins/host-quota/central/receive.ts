import type { Clock } from '../../../src/lib/clock.ts';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import type { Log } from '../../../src/lib/log.ts';
import type { Documents } from '../../../src/plugin/contract.ts';
import { DOCKER } from '../docker/settings.ts';
import { listAll } from '../list-all.ts';
import type { QuotaEvent } from '../state/event.ts';
import { outboxPut } from '../state/outbox.ts';

/** What a host may tell. */
export const EVENT_TYPES: ReadonlySet<string> = new Set<QuotaEvent['event']>([
  'disk_soft_limit_exceeded',
  'disk_soft_grace_ending',
  'disk_soft_grace_expired',
  'disk_hard_limit_reached',
  'disk_back_to_ok',
  'device_enforcement_off',
  'device_enforcement_on',
  'docker_quota_exceeded',
  'docker_quota_unresolvable',
  'docker_container_stopped',
  'docker_container_removed',
]);
/** A text of an event as part of a document's key, which has at most 512 characters. */
const LONGEST = 100;
const DAY_MS = 86_400_000;
const KEPT_DAYS = 30;

export interface ReceiveDeps {
  readonly store: Documents;
  readonly clock: Clock;
  readonly log: Log;
  knows(hostId: string): boolean;
  /** Whether it is the host of this agent, which writes its letters when it sees the change. */
  isHere(hostId: string): boolean;
}

/**
 * Keeps what hosts tell, once a day for each user, device and event, and puts it into the outbox for letters. What it
 * cannot place is dropped, and logged.
 */
export function createReceiver({ store, clock, log, knows, isHere }: ReceiveDeps) {
  return async (hostId: string, events: readonly Json[]): Promise<void> => {
    for (const event of events) {
      const { host_user_name: user, event_type: type, detail } = isJsonObject(event) ? event : {};
      const facts = isJsonObject(detail) ? detail : {};
      // What other managers tell of Docker names no device.
      const isDocker = text(type).startsWith('docker_');
      const device = text(facts['device_name'] ?? facts['device'] ?? (isDocker ? DOCKER : undefined));
      const isShort = [text(user), device, text(facts['container_id'])].every(
        (part) => encodeURIComponent(part).length <= LONGEST,
      );
      if (typeof user !== 'string' || !isEventType(type) || !isShort || !knows(hostId)) {
        log.info({ host: hostId.slice(0, 64), type: text(type).slice(0, 64) }, 'an event of a host was dropped');
        continue;
      }
      const seen = `seen/${['host', hostId, user, device, type, text(facts['container_id'])].map(encodeURIComponent).join('|')}`;
      if ((await store.get(seen)) !== undefined) continue;
      const now = clock.now();
      const seconds = Math.floor(now.getTime() / 1000);
      const id = `${now.toISOString()}-${encodeURIComponent(`${hostId}-${user}-${type}-${device}`)}`;
      const value = {
        id,
        at: now.toISOString(),
        host_id: hostId,
        host_user_name: user,
        event_type: type,
        detail: facts,
      };
      await store.batch([
        { kind: 'put', key: seen, value: true, expiresAt: new Date(now.getTime() + DAY_MS) },
        { kind: 'put', key: PREFIX + id, value, expiresAt: new Date(now.getTime() + KEPT_DAYS * DAY_MS) },
        // Letters go by the name: hosts may not tell the id.
        ...(isHere(hostId)
          ? []
          : [
              outboxPut({
                event: type,
                subject: 'user',
                id: 0,
                name: user,
                device,
                host: hostId,
                at: seconds,
                detail: facts,
              }),
            ]),
      ]);
    }
  };
}

function isEventType(type: Json | undefined): type is QuotaEvent['event'] {
  return typeof type === 'string' && EVENT_TYPES.has(type);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** The newest first, at most so many. */
export async function listNotifications(store: Documents, most = 500): Promise<readonly Json[]> {
  const all = await listAll(store, PREFIX);
  return all
    .slice(-most)
    .reverse()
    .map(({ value }) => value);
}

export async function findNotification(store: Documents, id: string): Promise<Json | undefined> {
  return isKey(id) ? store.get(PREFIX + id) : undefined;
}

export async function removeNotification(store: Documents, id: string): Promise<void> {
  if (isKey(id)) await store.delete(PREFIX + id);
}

const PREFIX = 'notification/';

/** Ids are made above, and are percent-encoded. */
function isKey(id: string): boolean {
  return /^[\x21-\x7e]{1,499}$/.test(id);
}
