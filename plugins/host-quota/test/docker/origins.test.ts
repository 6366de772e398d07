import { expect, it } from 'vitest';
import type { EngineEvent } from '../../docker/engine/types.ts';
import { originsIn } from '../../docker/ownership/origins.ts';
import { id, image } from './objects.ts';

const IMAGE = id(1);
function event(action: string, changes: Partial<EngineEvent> = {}): EngineEvent {
  return { at: 5, type: 'image', action, id: `sha256:${IMAGE}`, attributes: {}, ...changes };
}
const commit = (imageID: string): EngineEvent =>
  event('commit', { type: 'container', id: id(7), attributes: { imageID } });
const origins = (...events: readonly EngineEvent[]) => [...originsIn(events, [image(1, [])])];

it.each<[string, EngineEvent, string]>([
  ['import', event('import'), 'import'],
  ['load', event('load', { id: IMAGE }), 'load'],
  ['tag', event('tag'), 'build'],
  ['pull, by a name', event('pull', { id: 'i1:1' }), 'pull'],
  ['pull, by another way to write the name', event('pull', { id: 'docker.io/library/i1:1' }), 'pull'],
  ['commit of a container', commit(`sha256:${IMAGE}`), 'commit'],
])('an image came by %s', (_, told, method) => {
  expect(origins(told)).toEqual([[IMAGE, { method, at: 5 }]]);
});

it.each<[string, EngineEvent]>([
  ['a pull of what is not there any more', event('pull', { id: 'other:1' })],
  ['a commit that names no image', event('commit', { type: 'container' })],
  ['a commit that is not of a container', { ...commit(IMAGE), type: 'image' }],
  ['another event of a container', { ...commit(IMAGE), action: 'start' }],
  ['the tag of something else', event('tag', { type: 'plugin' })],
  ['the end of an image', event('delete')],
])('%s tells of none', (_, told) => {
  expect(origins(told)).toEqual([]);
});

it('the first event counts, but any says more than a tag', () => {
  const at = (seconds: number, told: EngineEvent): EngineEvent => ({ ...told, at: seconds });
  expect(origins(at(1, event('tag')), at(2, event('tag')))).toEqual([[IMAGE, { method: 'build', at: 1 }]]);
  expect(origins(at(1, event('tag')), at(2, event('load')))).toEqual([[IMAGE, { method: 'load', at: 2 }]]);
  expect(origins(at(1, event('load')), at(2, event('tag')))).toEqual([[IMAGE, { method: 'load', at: 1 }]]);
  expect(origins(at(1, event('load')), at(2, event('import')))).toEqual([[IMAGE, { method: 'load', at: 1 }]]);
});
