import type { OfferingConfig } from '../config/types.ts';
import type { Log } from '../lib/log.ts';
import type { AccountRef, Action, Applied, Backend } from '../plugin/contract.ts';

export interface ExecuteDeps {
  readonly offering: OfferingConfig;
  readonly backend: Backend;
  readonly log: Log;
}

export async function execute(deps: ExecuteDeps, action: Action, signal: AbortSignal): Promise<Applied> {
  const applied = await deps.backend.apply(action, signal);
  deps.log.debug({ action: action.kind, account: action.account, changed: applied.changed }, 'action applied');
  return applied;
}

/** Revokes a key that was just issued, as far as the backend lets us; what is left is found by upkeep. */
export async function discardKey(
  deps: ExecuteDeps,
  key: AccountRef & { readonly accessKey: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    await execute(deps, { kind: 'revoke-key', ...key }, signal);
  } catch (err) {
    signal.throwIfAborted();
    deps.log.warn({ err, account: key.account }, 'a key that was not reported could not be revoked');
  }
}

/** Undoes the changes of a plan that failed half way, as far as the backend lets us. */
export async function revert(deps: ExecuteDeps, actions: readonly Action[], signal: AbortSignal): Promise<void> {
  for (const action of actions.flatMap(inverse)) {
    try {
      await execute(deps, action, signal);
    } catch (err) {
      deps.log.warn({ err, action: action.kind, account: action.account }, 'the previous state could not be restored');
    }
  }
}

/** Only of what an options order changes: the rest is what should be there anyway. */
function inverse(action: Action): readonly Action[] {
  if (action.kind === 'set-quota') return [{ ...action, from: action.to, to: action.from }];
  if (action.kind !== 'configure') return [];
  return [{ ...action, changes: action.changes.map(({ path, from, to }) => ({ path, from: to, to: from })) }];
}
