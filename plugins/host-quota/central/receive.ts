import type { Clock } from '../../../src/lib/clock.ts';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import type { Log } from '../../../src/lib/log.ts';
import type { Documents } from '../../../src/plugin/contract.ts';
import { listAll } from '../list-all.ts';

/** What a host may tell. */
export const EVENT_TYPES: ReadonlySet<string> = new Set([
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
const DAY_MS = 86_400_000;
const KEPT_DAYS = 30;

export interface ReceiveDeps {
  readonly store: Documents;
  readonly clock: Clock;
  readonly log: Log;
  knows(hostId: string): boolean;
}

/** Keeps what hosts tell, once a day for each user, device and event. What it cannot place is dropped, and logged. */
export function createReceiver({ store, clock, log, knows }: ReceiveDeps) {
  return async (hostId: string, events: readonly Json[]): Promise<void> => {
    for (const event of events) {
      const { host_user_name: user, event_type: type, detail } = isJsonObject(event) ? event : {};
      if (typeof user !== 'string' || typeof type !== 'string' || !EVENT_TYPES.has(type) || !knows(hostId)) {
        log.info({ host: hostId.slice(0, 64), type: text(type).slice(0, 64) }, 'an event of a host was dropped');
        continue;
      }
      const facts = isJsonObject(detail) ? detail : {};
      const device = text(facts['device_name'] ?? facts['device']);
      const seen = `seen/${['host', hostId, user, device, type, text(facts['container_id'])].map(encodeURIComponent).join('|')}`;
      if ((await store.get(seen)) !== undefined) continue;
      const now = clock.now();
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
      ]);
    }
  };
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
