import type { Json, JsonObject } from '../../../src/lib/json.ts';
import type { View } from './docker.ts';
import type { EngineEvent } from './engine/types.ts';
import { formatDetail, type NameOf, ownerFields, sizeField } from './format.ts';
import type { Item } from './ownership/items.ts';
import type { Review } from './ownership/review.ts';
import type { ObjectKind } from './ownership/types.ts';

/**
 * The lists of Docker in the form in which managers read them: sizes in bytes, null when unknown and 0 in sums; times in ISO
 * 8601. `attribution` and `needs_review` are ours.
 */
export function formatContainers({ items }: View, nameOf: NameOf): JsonObject {
  const all = items.filter(({ kind }) => kind === 'container');
  const containers = all.map(({ id, name, bytes, container, attribution }) => ({
    container_id: id,
    name,
    image: container?.image ?? '',
    status: container?.state ?? '',
    size_bytes: sizeField(bytes),
    created_at: timeField(container?.createdAt),
    ...ownerFields(attribution, nameOf),
  }));
  return { containers, ...sums(all) };
}

export function formatVolumes({ items, snapshot }: View, nameOf: NameOf): JsonObject {
  const all = items.filter(({ kind }) => kind === 'volume');
  const volumes = all.map(({ id, bytes, attribution }) => ({
    volume_name: id,
    size_bytes: sizeField(bytes),
    ref_count: snapshot.containers.filter((container) => container.volumes.includes(id)).length,
    attribution_source: attribution.how ?? null,
    first_seen_at: timeField(attribution.evidence?.at),
    ...ownerFields(attribution, nameOf),
  }));
  return { volumes, ...sums(all) };
}

/** Layers belong to whoever brought them first, and images to whoever brought their highest layer of their own. */
export function formatImages({ items, snapshot }: View, nameOf: NameOf): JsonObject {
  const all = items.filter(({ kind }) => kind === 'layer');
  const images = snapshot.images.map(({ id, refs, createdAt, bytes }) => {
    const puller = pullerOf(ownerFields(broughtBy(all, id)?.attribution ?? NO_ONE, nameOf));
    return { image_id: id, tags: refs, size_bytes: sizeField(bytes), created: timeField(createdAt), ...puller };
  });
  const layers = all.map(({ id, bytes, image, attribution }) => {
    const { uid, host_user_name: name, ...ours } = ownerFields(attribution, nameOf);
    const { method, at } = attribution.evidence ?? {};
    const first = { first_puller_uid: uid ?? null, first_puller_host_user_name: name ?? null };
    const seen = { creation_method: method ?? null, first_seen_at: timeField(at) };
    return { layer_id: id, size_bytes: sizeField(bytes), image_id: image ?? '', ...first, ...seen, ...ours };
  });
  const byUser: Record<string, number> = {};
  for (const { bytes, attribution } of all) {
    const { uid } = attribution;
    if (uid !== undefined) byUser[uid] = (byUser[uid] ?? 0) + Number(bytes ?? 0n);
  }
  const { total_bytes, attributed_bytes, unattributed_bytes } = sums(all);
  return {
    images,
    layers,
    total_image_bytes: snapshot.images.reduce((sum, { bytes }) => sum + Number(bytes ?? 0n), 0),
    total_layer_bytes: total_bytes,
    attributed_layer_bytes: attributed_bytes,
    unattributed_layer_bytes: unattributed_bytes,
    layers_by_user: byUser,
  };
}

/** What label and audit log say of one object, and what was decided; null for what does not exist. */
export function formatOne({ items, known }: View, kind: ObjectKind, id: string, nameOf: NameOf): JsonObject {
  const item = kind === 'image' ? broughtBy(items, id) : items.find((one) => one.kind === kind && one.id === id);
  const decided = known.overrides.get(`${kind}/${id}`);
  return {
    auto: item === undefined ? null : formatDetail(item, nameOf),
    override:
      decided === undefined
        ? null
        : {
            uid: decided.uid,
            host_user_name: nameOf(decided.uid),
            resolved_by: decided.by,
            resolved_at: timeField(decided.at),
          },
  };
}

export interface Paging {
  /** From 1. */
  readonly page: number;
  readonly size: number;
}

/** What waits for a decision of one kind, a page of it. Several layers of one image are one decision. */
export function formatQueue(
  queue: readonly Review[],
  kind: ObjectKind,
  { page, size }: Paging,
  nameOf: NameOf,
): JsonObject {
  const entries = new Map<string, JsonObject>();
  for (const { item, reason } of queue) {
    const id = item.kind === 'layer' ? (item.image ?? '') : item.id;
    if ((item.kind === 'layer' ? 'image' : item.kind) !== kind || entries.has(id)) continue;
    const { attribution, container } = item;
    const owner = ownerFields(attribution, nameOf);
    const seen = timeField(attribution.evidence?.at);
    const times = kind === 'volume' ? { first_seen_at: seen } : { created_at: timeField(container?.createdAt) ?? seen };
    const who = kind === 'image' ? pullerOf(owner) : owner;
    const events = attribution.evidence === undefined ? 0 : 1;
    entries.set(id, { entity_type: kind, [ID_FIELDS[kind]]: id, ...who, ...times, unresolved_events: events, reason });
  }
  const from = (page - 1) * size;
  return { items: [...entries.values()].slice(from, from + size), total: entries.size, page, page_size: size };
}

/** What the engine told lately about one object. */
export function formatEventsOf(events: readonly EngineEvent[], id: string): JsonObject {
  return {
    events: events.flatMap((event, index): readonly Json[] => {
      if (event.id !== id) return [];
      const at = timeField(event.at);
      const payload = JSON.stringify({ type: event.type, action: event.action, id });
      return [{ id: index, source: 'docker', event_ts: at, created_at: at, used_for_auto_attribution: false, payload }];
    }),
  };
}

/** How requests and answers name the id of an object. */
export const ID_FIELDS = { container: 'container_id', image: 'image_id', volume: 'volume_name' } as const;

const NO_ONE = { uid: undefined, how: undefined, counts: false } as const;

function broughtBy(items: readonly Item[], image: string): Item | undefined {
  return items.findLast((item) => item.kind === 'layer' && item.image === image);
}

/** The owner of an image, as managers call it. */
function pullerOf({ uid = null, host_user_name: name = null }: JsonObject): JsonObject {
  return { puller_uid: uid, puller_host_user_name: name };
}

function sums(items: readonly Item[]) {
  let [total, attributed] = [0, 0];
  for (const { bytes = 0n, attribution } of items) {
    total += Number(bytes);
    if (attribution.uid !== undefined) attributed += Number(bytes);
  }
  return { total_bytes: total, attributed_bytes: attributed, unattributed_bytes: total - attributed };
}

function timeField(seconds: number | undefined): string | null {
  return seconds === undefined || seconds <= 0 ? null : new Date(seconds * 1000).toISOString();
}
