import { fullRef } from '../audit/client-use.ts';
import type { EngineEvent, Image } from '../engine/types.ts';
import type { Origin } from './types.ts';

/**
 * How images came, by id: the first time that the engine told of each. An import is told as `tag` and `import`, a commit
 * as `tag` of the image and `commit` of the container, a pull by the name and not by the id; a `tag` alone is a build.
 */
export function originsIn(events: readonly EngineEvent[], images: readonly Image[]): ReadonlyMap<string, Origin> {
  const byRef = new Map(images.flatMap(({ id, refs }) => refs.map((ref) => [fullRef(ref), id])));
  const origins = new Map<string, Origin>();
  for (const { at, type, action, id, attributes } of events) {
    if (type === 'container' && action === 'commit') put(idIn(attributes['imageID']), { method: 'commit', at });
    if (type !== 'image') continue;
    if (action === 'import' || action === 'load') put(idIn(id), { method: action, at });
    if (action === 'tag') put(idIn(id), { method: 'build', at });
    if (action === 'pull') put(byRef.get(fullRef(id)), { method: 'pull', at });
  }

  function put(image: string | undefined, origin: Origin): void {
    if (image === undefined) return;
    const before = origins.get(image);
    // Any other event says more than a tag.
    if (before === undefined || (before.method === 'build' && origin.method !== 'build')) origins.set(image, origin);
  }
  return origins;
}

function idIn(text: string | undefined): string | undefined {
  return text?.replace('sha256:', '');
}
