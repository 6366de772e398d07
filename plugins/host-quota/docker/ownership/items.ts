import type { Container, Image, Snapshot } from '../engine/types.ts';
import { attribute } from './attribute.ts';
import type { Attribution, Known } from './types.ts';

/** One thing that takes space, and whose it is. */
export interface Item {
  readonly kind: 'container' | 'layer' | 'volume';
  /** Of a layer its chain id. */
  readonly id: string;
  readonly name: string;
  readonly bytes: bigint | undefined;
  readonly attribution: Attribution;
  /** Only of containers. */
  readonly container?: Container;
  /** Of a layer the image that had it first. */
  readonly image?: string;
}

export interface People {
  /** The user that the text of a label names, by name or uid; undefined when there is none, or when it is no person. */
  uidOf(label: string): number | undefined;
  isPerson(uid: number): boolean;
}

export interface Rules {
  readonly people: People;
  readonly trustLabel: boolean;
}

/** The label that says whose a container or volume is. */
export const USER_LABEL = 'qman.user';

/** Every container, layer and volume with its owner. */
export function itemsOf(snapshot: Snapshot, known: Known, rules: Rules): readonly Item[] {
  const images = new Map(snapshot.images.map((image) => [image.id, image]));
  const sizes = layerSizes(snapshot.images);
  const items: Item[] = snapshot.containers.map((container) => {
    const { id, name, bytes } = container;
    return {
      kind: 'container',
      id,
      name,
      bytes,
      container,
      attribution: ownerOfContainer(container, images, known, rules),
    };
  });
  for (const [id, bytes] of sizes) {
    const { image = '', evidence } = known.layers.get(id) ?? {};
    const override = known.overrides.get(`image/${image}`);
    const claims = { override, label: undefined, labelUid: undefined, evidence: personal(evidence, rules) };
    const name = images.get(image)?.refs[0] ?? image.slice(0, 12);
    items.push({ kind: 'layer', id, name, bytes, image, attribution: attribute(claims, rules.trustLabel) });
  }
  for (const { name, bytes, labels } of snapshot.volumes) {
    const label = labels[USER_LABEL];
    const claims = {
      override: known.overrides.get(`volume/${name}`),
      label,
      labelUid: label === undefined ? undefined : rules.people.uidOf(label),
      evidence: personal(known.volumes.get(name), rules),
    };
    items.push({ kind: 'volume', id: name, name, bytes, attribution: attribute(claims, rules.trustLabel) });
  }
  return items;
}

/** An image hands its labels on to containers: one that the image has as well was not given when the container was made. */
export function ownerOfContainer(
  { id, imageId, labels }: Container,
  images: ReadonlyMap<string, Image>,
  known: Pick<Known, 'containers' | 'overrides'>,
  rules: Rules,
): Attribution {
  const given = labels[USER_LABEL];
  const label = given === images.get(imageId)?.labels[USER_LABEL] ? undefined : given;
  const claims = {
    override: known.overrides.get(`container/${id}`),
    label,
    labelUid: label === undefined ? undefined : rules.people.uidOf(label),
    evidence: personal(known.containers.get(id), rules),
  };
  return attribute(claims, rules.trustLabel);
}

/** Root and services make things for others. */
function personal<T extends { readonly uid: number }>(evidence: T | undefined, { people }: Rules): T | undefined {
  return evidence !== undefined && people.isPerson(evidence.uid) ? evidence : undefined;
}

/**
 * The size of every layer, each once. Where a history does not tell the layers of an image apart, those that no other image
 * has count as one, at the topmost of them: what the image takes beyond the layers that are known.
 */
export function layerSizes(images: readonly Image[]): ReadonlyMap<string, bigint | undefined> {
  const sizes = new Map<string, bigint | undefined>();
  const holders = new Map<string, number>();
  for (const { layers } of images) {
    for (const { id, bytes } of layers) {
      sizes.set(id, sizes.get(id) ?? bytes);
      holders.set(id, (holders.get(id) ?? 0) + 1);
    }
  }
  for (const { layers, bytes: total } of images) {
    const unknown = layers.filter(({ id }) => sizes.get(id) === undefined);
    const isOwn = unknown.every(({ id }) => holders.get(id) === 1);
    if (unknown.length === 0 || total === undefined || !isOwn) continue;
    const rest = layers.reduce((sum, { id }) => sum - (sizes.get(id) ?? 0n), total);
    for (const [at, { id }] of unknown.entries()) sizes.set(id, at === unknown.length - 1 && rest > 0n ? rest : 0n);
  }
  return sizes;
}
