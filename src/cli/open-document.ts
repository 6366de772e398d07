import { resolve } from 'node:path';
import { fileError } from '../config/file-error.ts';
import { readDocument } from '../config/read-document.ts';
import { renderDiagnostics } from '../config/render-diagnostics.ts';
import { AgentError } from '../lib/errors.ts';
import type { JsonObject } from '../lib/json.ts';
import type { JsonSchema } from '../plugin/contract.ts';
import type { Io } from './io.ts';

/**
 * A YAML file that is no configuration. What is wrong with it goes to stderr.
 *
 * @throws AgentError `DOCUMENT_INVALID`, `DOCUMENT_UNREADABLE`
 */
export function openDocument(path: string, schema: JsonSchema, io: Io): JsonObject {
  const text = readText(path, io);
  const { value, diagnostics } = readDocument({ file: path, text, secrets: io.secrets, schema });
  io.stderr.write(renderDiagnostics(diagnostics));
  if (value !== undefined) return value;
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  throw new AgentError(`${path} has ${errors === 1 ? 'an error' : `${errors} errors`}`, {
    code: 'DOCUMENT_INVALID',
    disposition: 'operator',
  });
}

function readText(path: string, io: Io): string {
  try {
    return io.readFile(resolve(io.cwd, path)).text;
  } catch (error) {
    const { reason, hint } = fileError(error);
    throw new AgentError(`${path} cannot be read: ${reason}`, {
      code: 'DOCUMENT_UNREADABLE',
      disposition: 'operator',
      hint,
      cause: error,
    });
  }
}
