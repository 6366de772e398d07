import type { ClientUse } from '../../docker/audit/client-use.ts';
import type { Container, Image, Snapshot, Volume } from '../../docker/engine/types.ts';
import type { People, Rules } from '../../docker/ownership/items.ts';
import type { Seen } from '../../docker/ownership/reconcile.ts';
import type { Known } from '../../docker/ownership/types.ts';

/** Made-up things of an engine, for tests of what is concluded from them. */

export const NOW = 1_795_208_375;
export const ALICE = 1000;
export const BOB = 1001;
export const MIB = 1_048_576n;

/** 64 hex digits that a person can tell apart. */
export function id(number: number): string {
  return number.toString(16).padStart(5, '0').padEnd(64, '0');
}

export function container(number: number, changes: Partial<Container> = {}): Container {
  return {
    id: id(number),
    name: `c${number}`,
    image: 'app:1',
    imageId: id(900),
    createdAt: NOW,
    state: 'running',
    labels: {},
    bytes: MIB,
    volumes: [],
    ...changes,
  };
}

/** `layers` are numbers of layers, and each takes 1 MiB. */
export function image(number: number, layers: readonly number[], changes: Partial<Image> = {}): Image {
  return {
    id: id(number),
    refs: [`i${number}:1`],
    createdAt: NOW,
    labels: {},
    bytes: BigInt(layers.length) * MIB,
    layers: layers.map((layer) => ({ id: id(layer), bytes: MIB })),
    ...changes,
  };
}

export function volume(name: string, changes: Partial<Volume> = {}): Volume {
  return { name, labels: {}, createdAt: NOW, bytes: MIB, ...changes };
}

export function snapshot(changes: Partial<Snapshot> = {}): Snapshot {
  const info = { version: '20.10.24', driver: 'overlay2', dataRoot: '/var/lib/docker', store: 'graph' as const };
  return { info, containers: [], images: [], volumes: [], layerBytes: undefined, ...changes };
}

/** One look at an engine, a minute after `NOW`. */
export function seen(changes: Partial<Seen>): Seen {
  return {
    snapshot: snapshot(),
    events: [],
    uses: [],
    now: NOW + 60,
    ownerOf: (_, evidence) => evidence?.uid,
    ...changes,
  };
}

let serial = 0;
export function use(changes: Partial<ClientUse>): ClientUse {
  const event = `${NOW}.000:${++serial}`;
  return {
    event,
    at: NOW,
    uid: ALICE,
    verb: 'create',
    name: undefined,
    refs: [],
    labels: {},
    text: 'docker',
    ...changes,
  };
}

export const NOTHING: Known = {
  containers: new Map(),
  images: new Map(),
  layers: new Map(),
  volumes: new Map(),
  overrides: new Map(),
  hasBegun: true,
};

export const people: People = {
  uidOf: (label) => ({ alice: ALICE, bob: BOB })[label] ?? (/^\d{4}$/.test(label) ? Number(label) : undefined),
  isPerson: (uid) => uid >= 1000 && uid < 10_000,
};

export const RULES: Rules = { people, trustLabel: true };
