import type { ApiKey, ResourceState } from '../model.ts';

export type KeyState = ApiKey['state'];
export type KeyAction = 'report_created' | 'set_key' | 'set_erred' | 'rotate' | 'reveal';

const FROM: Readonly<Record<KeyAction, readonly KeyState[]>> = {
  report_created: ['Creating', 'OK', 'Updating', 'Erred'],
  set_key: ['Creating', 'OK', 'Updating', 'Erred'],
  set_erred: ['Creating', 'Updating', 'Erred'],
  rotate: ['OK', 'Erred'],
  reveal: ['OK'],
};

/** State of a key row after `action`; undefined is a conflict. */
export function keyAfter(action: KeyAction, state: KeyState, resource: ResourceState): KeyState | undefined {
  const dying = resource === 'Terminating' || resource === 'Terminated';
  if (dying && (action === 'report_created' || action === 'rotate')) return undefined;
  if (!FROM[action].includes(state)) return undefined;
  if (action === 'rotate') return 'Updating';
  return action === 'set_erred' ? 'Erred' : 'OK';
}
