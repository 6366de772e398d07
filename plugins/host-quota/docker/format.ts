import type { Json, JsonObject } from '../../../src/lib/json.ts';
import type { SocketUse } from './audit/audit-tail.ts';
import type { View } from './docker.ts';
import type { UserPlan } from './enforcement/plan.ts';
import type { EngineEvent } from './engine/types.ts';
import type { Item } from './ownership/items.ts';
import type { Review } from './ownership/review.ts';
import type { Attribution } from './ownership/types.ts';
import type { Parts } from './ownership/usage.ts';

/** Names of uids; one without a name is `#1000`. */
export type NameOf = (uid: number) => string;

/** What is answered to programs: sizes in bytes, null when unknown; times in epoch seconds. */
export function formatDetail(item: Item, nameOf: NameOf): JsonObject {
  const { kind, id, name, bytes, image, attribution } = item;
  const { label, evidence, conflict, counts } = attribution;
  return {
    kind,
    id,
    name,
    size_bytes: sizeField(bytes),
    ...(image !== undefined && { image }),
    ...ownerFields(attribution, nameOf),
    counts_for_limit: counts,
    label: label ?? null,
    conflict: conflict ?? null,
    evidence:
      evidence === undefined
        ? null
        : { event: evidence.event, at: evidence.at, uid: evidence.uid, method: evidence.method, text: evidence.text },
  };
}

export function formatReview({ item, reason, nearby }: Review, nameOf: NameOf): JsonObject {
  return {
    ...formatDetail(item, nameOf),
    reason,
    nearby_socket_uses: nearby.map((use) => formatSocketUse(use, nameOf)),
  };
}

function formatSocketUse({ event, at, uid, exe }: SocketUse, nameOf: NameOf): JsonObject {
  return { event, at, uid, host_user_name: nameOf(uid), program: exe };
}

export function formatParts({ containers, layers, volumes }: Parts): JsonObject {
  return {
    docker_container_bytes: Number(containers),
    docker_image_layer_bytes: Number(layers),
    docker_volume_bytes: Number(volumes),
  };
}

/** Users by uid, with the limit in KiB. */
export function formatUsers(
  { usage }: View,
  limits: ReadonlyMap<number, bigint>,
  nameOf: NameOf,
): readonly JsonObject[] {
  const uids = [...new Set([...usage.users.keys(), ...limits.keys()])].sort((a, b) => a - b);
  return uids.map((uid) => {
    const {
      total = 0n,
      counted = 0n,
      unknown = [],
      containers = 0n,
      layers = 0n,
      volumes = 0n,
    } = usage.users.get(uid) ?? {};
    return {
      uid,
      host_user_name: nameOf(uid),
      block_current: Number(total),
      block_hard_limit: Number(limits.get(uid) ?? 0n),
      counted_bytes: Number(counted),
      ...formatParts({ containers, layers, volumes }),
      unknown_sizes: unknown,
    };
  });
}

export function formatPlan(plan: UserPlan, nameOf: NameOf): JsonObject {
  const { uid, used, limitKib, excess, verdict, why, removalAfter, steps } = plan;
  return {
    uid,
    host_user_name: nameOf(uid),
    counted_bytes: Number(used),
    block_hard_limit: Number(limitKib),
    excess_bytes: Number(excess),
    verdict,
    why,
    removal_after: removalAfter ?? null,
    steps: steps.map(({ action, id, name, image, bytes }) => ({ action, id, name, image, size_bytes: Number(bytes) })),
  };
}

export function formatEvent({ at, type, action, id }: EngineEvent): Json {
  return { at, type, action, id };
}

export function ownerFields({ uid, how, conflict }: Attribution, nameOf: NameOf): JsonObject {
  return {
    uid: uid ?? null,
    host_user_name: uid === undefined ? null : nameOf(uid),
    attribution: how ?? null,
    needs_review: conflict !== undefined,
  };
}

export function sizeField(bytes: bigint | undefined): number | null {
  return bytes === undefined ? null : Number(bytes);
}
