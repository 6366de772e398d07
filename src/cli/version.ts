import { readFileSync } from 'node:fs';
import manifest from '../../package.json' with { type: 'json' };

/** Of the installed package. */
export const VERSION: string = manifest.version;

/** Written by `npm run build` in a checkout. */
const REVISION_FILE = new URL('../../revision', import.meta.url);

/** The commit this was built from; empty when it is not known. The container image sets `WALDUR_AGENT_REVISION`. */
export function readRevision(env: Readonly<Record<string, string | undefined>>): string {
  const named = env['WALDUR_AGENT_REVISION'];
  if (named !== undefined && named !== '' && named !== 'unknown') return named;
  try {
    return readFileSync(REVISION_FILE, 'utf8').trim();
  } catch {
    return '';
  }
}
