import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileError } from '../config/file-error.ts';
import { AgentError } from '../lib/errors.ts';

/**
 * Writes a new file that only its owner may read, and the directories above it.
 *
 * @throws AgentError `FILE_NOT_WRITTEN` when it exists or cannot be written.
 */
export function writeFile(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const { reason, hint } = fileError(error);
    throw new AgentError(`${path} cannot be written: ${reason}`, {
      code: 'FILE_NOT_WRITTEN',
      disposition: 'terminal',
      hint,
      cause: error,
    });
  }
}
