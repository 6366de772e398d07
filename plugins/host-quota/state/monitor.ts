import { isJsonObject, type JsonObject } from '../../../src/lib/json.ts';
import type { DocumentChange, Documents } from '../../../src/plugin/contract.ts';
import { eachDevice } from '../devices/each-device.ts';
import { hasLimit } from '../devices/limits.ts';
import type { Device, Grace, QuotaRow, Subject } from '../devices/types.ts';
import { nameOfId } from '../host/name-of-id.ts';
import type { HostService } from '../host/service.ts';
import { listAll } from '../list-all.ts';
import { type DiskState, eventOf, stateOf } from './machine.ts';
import { outboxPut } from './outbox.ts';

export interface MonitorDeps {
  readonly host: HostService;
  readonly store: Documents;
  readonly endingSeconds: number;
  now(): Date;
}

/**
 * Looks at every id with a limit, of users, groups and directories alike, whoever set it, and puts what changed into the
 * outbox. The state is stored together with the event: either both are, or the next look finds the change again.
 * A device that cannot be read keeps its states. Returns how many events there were.
 */
export async function look(deps: MonitorDeps, signal: AbortSignal): Promise<number> {
  const { done, lost } = await eachDevice(deps.host, DEADLINE_MS, signal, (device, inner) =>
    // Its enforcement tells what happens there.
    device.fstype === 'docker' ? Promise.resolve(0) : lookAt(deps, device, inner),
  );
  for (const { name, error } of lost) {
    deps.host.log.warn({ err: error, device: name }, 'what changed on the device could not be found out');
  }
  return done.reduce((sum, events) => sum + events, 0);
}

async function lookAt(deps: MonitorDeps, device: Device, signal: AbortSignal): Promise<number> {
  const { devices } = deps.host;
  let events = 0;
  for (const subject of device.subjects) {
    const { rows, unreadable } = await devices.rows(device, subject, signal);
    const grace = await devices.grace(device, subject, signal);
    events += await compare(deps, { device, subject, rows, unreadable: new Set(unreadable), grace }, signal);
  }
  return events;
}

/** Less than the pass has for everything. */
const DEADLINE_MS = 2 * 60_000;

interface Seen {
  readonly device: Device;
  readonly subject: Subject;
  readonly rows: readonly QuotaRow[];
  readonly unreadable: ReadonlySet<number>;
  readonly grace: Grace;
}

async function compare(deps: MonitorDeps, seen: Seen, signal: AbortSignal): Promise<number> {
  const { store } = deps;
  const prefix = `state/${seen.subject}/${encodeURIComponent(seen.device.name)}/`;
  const before = await statesIn(store, prefix);
  const now = Math.floor(deps.now().getTime() / 1000);
  const states = new Map<number, { readonly state: DiskState; readonly row: QuotaRow | undefined }>();
  for (const row of seen.rows) {
    if (row.id === 0 || !hasLimit(row)) continue;
    const options = {
      now,
      endingSeconds: deps.endingSeconds,
      ...seen.grace,
      startsGrace: seen.device.fstype === 'ext4',
    };
    states.set(row.id, { state: stateOf(row, options), row });
  }
  // Whoever lost the limit is back to ok; whose line cannot be read stays as he was.
  for (const id of before.keys()) {
    if (!states.has(id) && !seen.unreadable.has(id))
      states.set(id, { state: 'ok', row: seen.rows.find((row) => row.id === id) });
  }
  const changed = [...states].filter(([id, { state }]) => (before.get(id) ?? 'ok') !== state);
  const names = await namesFor(
    deps.host,
    seen.subject,
    changed.map(([id]) => id),
    signal,
  );
  let events = 0;
  for (const [id, { state, row }] of changed) {
    const event = eventOf(before.get(id) ?? 'ok', state);
    const changes: DocumentChange[] = [stateChange(prefix + id, state)];
    if (event !== undefined) {
      const detail = row === undefined ? {} : detailOf(row, seen.device, state);
      const name = nameOfId(names, id);
      changes.push(outboxPut({ event, subject: seen.subject, id, name, device: seen.device.name, at: now, detail }));
      events++;
    }
    await store.batch(changes);
  }
  return events;
}

function namesFor(
  { names }: HostService,
  subject: Subject,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, string>> {
  if (ids.length === 0 || (subject !== 'user' && subject !== 'group')) return Promise.resolve(new Map());
  return subject === 'user' ? names.userNames(ids, signal) : names.groupNames(ids, signal);
}

/** Only what is not ok is kept. */
function stateChange(key: string, state: DiskState): DocumentChange {
  return state === 'ok' ? { kind: 'delete', key } : { kind: 'put', key, value: { state } };
}

async function statesIn(store: Documents, prefix: string): Promise<ReadonlyMap<number, DiskState>> {
  const states = new Map<number, DiskState>();
  for (const { key, value } of await listAll(store, prefix)) {
    if (isJsonObject(value)) states.set(Number(key.slice(prefix.length)), value['state'] as DiskState);
  }
  return states;
}

function detailOf(row: QuotaRow, { name, fstype }: Device, state: DiskState): JsonObject {
  return {
    uid: row.id,
    device_name: name,
    fstype,
    state,
    block_current: Number(row.usedBytes),
    block_soft_limit: Number(row.blockSoft),
    block_hard_limit: Number(row.blockHard),
    inode_current: Number(row.usedInodes),
    inode_soft_limit: Number(row.inodeSoft),
    inode_hard_limit: Number(row.inodeHard),
    block_time_limit: row.blockGrace,
    inode_time_limit: row.inodeGrace,
  };
}
