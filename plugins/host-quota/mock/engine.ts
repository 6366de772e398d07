import type { Engine } from '../docker/engine/engine.ts';
import type { Container, Image, Volume } from '../docker/engine/types.ts';
import { engineRefused } from '../docker/errors.ts';
import { USER_LABEL } from '../docker/ownership/items.ts';

const GIB = 1024n ** 3n;
const HOUR = 3600;

/** Images of one layer, and who brought them. */
export const IMAGES = [
  { id: idOf(101), uid: 1000, refs: ['python:3.12'], bytes: GIB },
  { id: idOf(102), uid: 1001, refs: ['pytorch:2.5'], bytes: 5n * GIB },
  { id: idOf(103), uid: 1002, refs: ['jupyter:7'], bytes: GIB },
] as const;

/** Volumes, and whose they are. */
export const VOLUMES = [
  { name: 'alice-data', uid: 1000, bytes: GIB },
  { name: 'bob-data', uid: 1001, bytes: 2n * GIB },
  { name: 'charlie-data', uid: 1002, bytes: GIB },
  { name: 'cache', uid: undefined, bytes: GIB },
] as const;

/** Labels that name a user, and one that names none. */
const CONTAINERS = [
  { name: 'web', label: 'alice', image: 0, bytes: 3n * GIB },
  { name: 'training', label: 'bob', image: 1, bytes: 2n * GIB },
  { name: 'notebook', label: 'charlie', image: 2, bytes: 3n * GIB },
  { name: 'notebook-old', label: 'charlie', image: 2, bytes: GIB },
  { name: 'experiment', label: 'frank', image: 0, bytes: GIB },
] as const;

/** An engine in memory with five containers, three images and four volumes, of which users have 20 GiB and no one 2 GiB. */
export function createMockEngine(now: number): Engine {
  let containers: readonly Container[] = CONTAINERS.map(({ name, label, image, bytes }, index) => ({
    id: idOf(index + 1),
    name,
    image: IMAGES[image].refs[0],
    imageId: IMAGES[image].id,
    createdAt: now - (index + 1) * HOUR,
    state: 'running',
    labels: { [USER_LABEL]: label },
    bytes,
    volumes: [],
  }));
  const images: readonly Image[] = IMAGES.map(({ id, refs, bytes }) => ({
    id,
    refs,
    createdAt: now - 24 * HOUR,
    labels: {},
    bytes,
    layers: [{ id: layerOf(id), bytes }],
  }));
  const volumes: readonly Volume[] = VOLUMES.map(({ name, bytes }) => ({ name, labels: {}, createdAt: now, bytes }));
  return {
    info: async () => ({ version: 'made up', driver: 'overlay2', dataRoot: '/var/lib/docker', store: 'graph' }),
    containers: async () => containers,
    images: async () => images,
    layers: async (id) => images.find((image) => image.id === id)?.layers,
    sizes: async () => ({ volumes, layerBytes: undefined }),
    volumes: async () => volumes,
    events: async () => [],
    stop: async (id) => {
      containers = containers.map((one) => (one.id === id ? { ...one, state: 'exited' } : one));
    },
    remove: async (id) => {
      if (containers.find((one) => one.id === id)?.state === 'running')
        throw engineRefused('remove a container', 409, 'it runs');
      containers = containers.filter((one) => one.id !== id);
    },
  };
}

/** The layer of an image of one layer. */
export function layerOf(image: string): string {
  return image.replace(/.$/, 'f');
}

/** 64 hex digits. */
function idOf(number: number): string {
  return number.toString(16).padStart(12, '0').padEnd(64, '0');
}
