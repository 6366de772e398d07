import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileError } from '../config/file-error.ts';
import { AgentError } from '../lib/errors.ts';

/**
 * Writes a new file with the permission bits `mode`, and the directories above it.
 *
 * @throws AgentError `FILE_NOT_WRITTEN` when it exists or cannot be written.
 */
export function writeFile(path: string, text: string, mode: number): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx', mode });
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
