import type { Resource } from '../waldur/types.ts';

/** Only what we made Erred is made OK again; what was set Erred by others, only they can call right. */
export function isErredByUs({ state, errorMessage }: Pick<Resource, 'state' | 'errorMessage'>): boolean {
  return state === 'Erred' && /\((ACCOUNT_MISSING|ACCOUNT_TAKEN)\)$/.test(errorMessage);
}
