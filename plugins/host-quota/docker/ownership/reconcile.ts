import { LOOK_BACK_SECONDS } from '../audit/audit-tail.ts';
import { type ClientUse, fullRef, type Verb } from '../audit/client-use.ts';
import type { Container, EngineEvent, Image, Snapshot, Volume } from '../engine/types.ts';
import { match, type NewObject } from './match.ts';
import { originsIn } from './origins.ts';
import type { Evidence, Known, KnownImage, KnownLayer, Method, Origin } from './types.ts';

export interface Seen {
  readonly snapshot: Snapshot;
  readonly events: readonly EngineEvent[];
  /** Of people only. */
  readonly uses: readonly ClientUse[];
  /** Epoch seconds. */
  readonly now: number;
  /** Whose a container is, with what is known of it; undefined for one that does not count. */
  ownerOf(container: Container, evidence: Evidence | undefined): number | undefined;
}

/** How long the creator of an image is looked for after it was first listed. */
const OPEN_SECONDS = 15 * 60;
/** A volume that is as old as the container that mounts it was made with it. */
const TOGETHER_SECONDS = 120;

/**
 * What is known after one more look. The lists decide what there is; events only tell when and how an image came, and
 * many of them are lost. Layers belong to the image that had them first; what is gone is forgotten.
 */
export function reconcile(known: Known, seen: Seen): Known {
  const images = imagesSeen(known, seen);
  const found = match(
    [...newContainers(known, seen), ...newImages(images, seen), ...newVolumes(known, seen)],
    seen.uses,
    takenIn(known),
  );
  const evidence = new Map([...found].map(([object, one]) => [`${kindOf(object.method)}/${object.id}`, one]));
  const containers = keep(seen.snapshot.containers, ({ id }) => [
    id,
    known.containers.get(id) ?? evidence.get(`container/${id}`),
  ]);
  for (const [id, one] of pulledByRun(images, containers, seen)) evidence.set(`image/${id}`, one);
  const settled = new Map<string, KnownImage>();
  for (const [id, image] of images) {
    const one = image.evidence ?? evidence.get(`image/${id}`);
    const isOpen = image.isOpen && one === undefined && seen.now - image.seenAt < OPEN_SECONDS;
    settled.set(id, { ...image, isOpen, ...(one !== undefined && { evidence: one }) });
  }
  const volumes = keep(seen.snapshot.volumes, (volume) => [
    volume.name,
    known.volumes.get(volume.name) ?? evidence.get(`volume/${volume.name}`) ?? madeWith(volume, containers, seen),
  ]);
  const layers = layersOf(known, settled, seen);
  return {
    containers,
    images: settled,
    layers,
    volumes,
    overrides: overridesOf(known, layers, seen.snapshot),
    hasBegun: true,
  };
}

function imagesSeen(known: Known, { snapshot, events, now }: Seen): Map<string, KnownImage> {
  const origins = originsIn(events, snapshot.images);
  const images = new Map<string, KnownImage>();
  for (const { id, createdAt } of snapshot.images) {
    const before = known.images.get(id);
    if (before !== undefined) {
      const origin = before.origin ?? (before.isOpen ? origins.get(id) : undefined);
      images.set(id, { ...before, ...(origin !== undefined && { origin }) });
      continue;
    }
    const origin = origins.get(id);
    // What was there at the first look may be as old as its content: a pull then brings nothing new.
    const isNew = known.hasBegun || now - createdAt < LOOK_BACK_SECONDS;
    images.set(id, { seenAt: now, isOpen: isNew, ...(origin !== undefined && isNew && { origin }) });
  }
  return images;
}

function newContainers(known: Known, { snapshot, now }: Seen): readonly NewObject[] {
  return snapshot.containers
    .filter(({ id, createdAt }) => !known.containers.has(id) && now - createdAt < LOOK_BACK_SECONDS)
    .map(({ id, name, image, createdAt, labels }) => {
      // The engine names the image by its id when the name has gone to another one.
      const refs = /^(sha256:)?[0-9a-f]{64}$/.test(image) ? [] : [fullRef(image)];
      return { id, method: 'create', verbs: ['create'], at: createdAt, names: [name], refs, labels };
    });
}

function newImages(images: ReadonlyMap<string, KnownImage>, { snapshot, now }: Seen): readonly NewObject[] {
  return snapshot.images.flatMap((image): readonly NewObject[] => {
    const { isOpen = false, origin, evidence } = images.get(image.id) ?? {};
    if (!isOpen || evidence !== undefined) return [];
    const isFresh = now - image.createdAt < LOOK_BACK_SECONDS;
    if (origin !== undefined) return [imageObject(image, origin, VERBS[origin.method] ?? [])];
    // Its event was lost, or comes with the next look. What was made here has the time of its making.
    return isFresh ? [imageObject(image, { method: 'build', at: image.createdAt }, ['build', 'commit', 'import'])] : [];
  });
}

const VERBS: Readonly<Partial<Record<Method, readonly Verb[]>>> = {
  pull: ['pull'],
  build: ['build'],
  commit: ['commit'],
  import: ['import'],
  load: ['load'],
};

function imageObject({ id, refs }: Image, { method, at }: Origin, verbs: readonly Verb[]): NewObject {
  // Whoever loads an archive or commits names something else than the image.
  const isNamed = method !== 'load';
  return { id, method, verbs, at, names: [], refs: isNamed ? refs.map(fullRef) : [], labels: {} };
}

function newVolumes(known: Known, { snapshot, now }: Seen): readonly NewObject[] {
  return snapshot.volumes
    .filter(({ name, createdAt }) => !known.volumes.has(name) && now - createdAt < LOOK_BACK_SECONDS)
    .map(({ name, createdAt: at, labels }) => {
      return { id: name, method: 'volume', verbs: ['volume'], at, names: [name], refs: [], labels };
    });
}

/** `docker run` fetches an image that is not there: its use made the container, and brought the image before it. */
function pulledByRun(
  images: ReadonlyMap<string, KnownImage>,
  containers: ReadonlyMap<string, Evidence>,
  { snapshot }: Seen,
): ReadonlyMap<string, Evidence> {
  const found = new Map<string, Evidence>();
  for (const container of snapshot.containers) {
    const { origin, isOpen, evidence } = images.get(container.imageId) ?? {};
    const run = containers.get(container.id);
    if (run === undefined || origin?.method !== 'pull' || isOpen !== true || evidence !== undefined) continue;
    if (origin.at < run.at - 10 || origin.at > container.createdAt + 10) continue;
    found.set(container.imageId, { ...run, method: 'pull' });
  }
  return found;
}

function madeWith(volume: Volume, containers: ReadonlyMap<string, Evidence>, seen: Seen): Evidence | undefined {
  const { name, createdAt } = volume;
  const near = seen.snapshot.containers.filter(
    (one) => one.volumes.includes(name) && Math.abs(one.createdAt - createdAt) <= TOGETHER_SECONDS,
  );
  const [first] = near.sort((a, b) => a.createdAt - b.createdAt);
  const uid = first === undefined ? undefined : seen.ownerOf(first, containers.get(first.id));
  if (first === undefined || uid === undefined) return undefined;
  return {
    uid,
    method: 'mount',
    event: first.id,
    at: first.createdAt,
    text: `with container ${first.name}`,
    isDoubtful: false,
  };
}

function layersOf(
  known: Known,
  images: ReadonlyMap<string, KnownImage>,
  { snapshot }: Seen,
): ReadonlyMap<string, KnownLayer> {
  const layers = new Map<string, KnownLayer>();
  const cameAt = ({ id, createdAt }: Image): number => {
    const { origin, seenAt } = images.get(id) ?? {};
    return origin?.at ?? seenAt ?? createdAt;
  };
  const inOrder = [...snapshot.images].sort(
    (a, b) => cameAt(a) - cameAt(b) || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1),
  );
  for (const image of inOrder) {
    for (const { id } of image.layers) {
      if (layers.has(id)) continue;
      const before = known.layers.get(id) ?? { image: image.id };
      const evidence = images.get(before.image)?.evidence;
      layers.set(id, evidence === undefined ? before : { ...before, evidence });
    }
  }
  return layers;
}

/** Those of objects that are there; that of an image stays as long as one of its layers does. */
function overridesOf(
  { overrides }: Known,
  layers: ReadonlyMap<string, KnownLayer>,
  snapshot: Snapshot,
): Known['overrides'] {
  const there = new Set([
    ...snapshot.containers.map(({ id }) => `container/${id}`),
    ...snapshot.images.map(({ id }) => `image/${id}`),
    ...[...layers.values()].map(({ image }) => `image/${image}`),
    ...snapshot.volumes.map(({ name }) => `volume/${name}`),
  ]);
  return new Map([...overrides].filter(([key]) => there.has(key)));
}

function takenIn({ containers, images, volumes }: Known): ReadonlySet<string> {
  const taken = new Set<string>();
  for (const { event } of [...containers.values(), ...volumes.values()]) taken.add(event);
  for (const { evidence } of images.values()) if (evidence !== undefined) taken.add(evidence.event);
  return taken;
}

function keep<T>(all: readonly T[], read: (one: T) => readonly [string, Evidence | undefined]): Map<string, Evidence> {
  const kept = new Map<string, Evidence>();
  for (const one of all) {
    const [id, evidence] = read(one);
    if (evidence !== undefined) kept.set(id, evidence);
  }
  return kept;
}

function kindOf(method: Method): 'container' | 'image' | 'volume' {
  if (method === 'create') return 'container';
  return method === 'volume' ? 'volume' : 'image';
}
