import type { Json } from '../../../src/lib/json.ts';
import type { Docker, View } from './docker.ts';
import { noSuchObject } from './errors.ts';
import { overrideKey } from './known-store.ts';
import type { ObjectKind } from './ownership/types.ts';

export interface Target {
  readonly kind: ObjectKind;
  readonly id: string;
}

/**
 * The object that a person names: a container or image by its id, the first 12 digits of it or its name; a volume by its
 * name.
 *
 * @throws AgentError terminal `HOST_QUOTA_DOCKER_NOT_FOUND`.
 */
export function findObject({ snapshot }: View, kind: ObjectKind, text: string): Target {
  const isId = /^[0-9a-f]{12,64}$/.test(text);
  const found =
    kind === 'container'
      ? snapshot.containers.filter(({ id, name }) => name === text || (isId && id.startsWith(text))).map(({ id }) => id)
      : kind === 'image'
        ? snapshot.images
            .filter(({ id, refs }) => refs.includes(text) || (isId && id.startsWith(text)))
            .map(({ id }) => id)
        : snapshot.volumes.filter(({ name }) => name === text).map(({ name }) => name);
  const [id] = found;
  if (id === undefined || found.length > 1) throw noSuchObject(kind, text);
  return { kind, id };
}

/** Says whose it is, whatever the label and the log say. */
export async function setOverride(docker: Docker, { kind, id }: Target, uid: number, by: string): Promise<void> {
  await docker.store.put(overrideKey(kind, id), { uid, by, at: docker.now() } satisfies Json);
  docker.forget();
}

export async function removeOverride(docker: Docker, { kind, id }: Target): Promise<void> {
  await docker.store.delete(overrideKey(kind, id));
  docker.forget();
}
