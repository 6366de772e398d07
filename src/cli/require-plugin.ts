import { suggest } from '../config/suggest.ts';
import type { Plugin } from '../plugin/contract.ts';
import { findPlugin } from '../plugin/registry.ts';
import { usageError } from './usage-error.ts';

/** The plugin called `id`, in any spelling. */
export function requirePlugin(plugins: readonly Plugin[], id: string): Plugin {
  const found = findPlugin(id, plugins);
  if (found !== undefined) return found;
  const ids = plugins.map((plugin) => plugin.id);
  const near = suggest(id, ids);
  const hint = near === undefined ? `there are: ${ids.join(', ')}` : `did you mean ${near}?`;
  throw usageError(`there is no backend ${JSON.stringify(id)}`, hint);
}
