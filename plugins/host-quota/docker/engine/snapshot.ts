import { isAgentError } from '../../../../src/lib/errors.ts';
import { forEachLimited } from '../../../../src/lib/for-each-limited.ts';
import type { Engine } from './engine.ts';
import type { Image, Layer, Snapshot } from './types.ts';

/** Layers of images, which never change, by the id of the image. */
export type LayerCache = Map<string, readonly Layer[]>;

const CALLS_AT_ONCE = 4;

/**
 * Everything that the engine has now. Layers of images are asked for once; where sizes of volumes take too long they are
 * unknown, and the rest is there all the same.
 */
export async function takeSnapshot(engine: Engine, cache: LayerCache, signal: AbortSignal): Promise<Snapshot> {
  const info = await engine.info(signal);
  const listed = await engine.images(signal);
  await forEachLimited(listed, CALLS_AT_ONCE, signal, async ({ id }) => {
    if (cache.has(id)) return;
    const layers = await engine.layers(id, signal);
    if (layers !== undefined) cache.set(id, layers);
  });
  const ids = new Set(listed.map(({ id }) => id));
  for (const id of cache.keys()) if (!ids.has(id)) cache.delete(id);
  const images = listed.flatMap((image): readonly Image[] => {
    const layers = cache.get(image.id);
    return layers === undefined ? [] : [{ ...image, layers }];
  });
  // After the images, so that a container of an image that has just come has one.
  const containers = await engine.containers(signal);
  return { info, containers, images, ...(await sizesOf(engine, signal)) };
}

async function sizesOf(engine: Engine, signal: AbortSignal): Promise<Pick<Snapshot, 'volumes' | 'layerBytes'>> {
  try {
    return await engine.sizes(signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isAgentError(error) || error.code !== 'DEADLINE') throw error;
    return { volumes: await engine.volumes(signal), layerBytes: undefined };
  }
}
