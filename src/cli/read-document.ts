import { resolve } from 'node:path';
import { fileError } from '../config/file-error.ts';
import { readDocument as readYamlDocument } from '../config/read-document.ts';
import { renderDiagnostics } from '../config/render-diagnostics.ts';
import { AgentError } from '../lib/errors.ts';
import type { JsonObject } from '../lib/json.ts';
import type { JsonSchema } from '../plugin/contract.ts';
import type { Io } from './io.ts';

/**
 * A YAML file that a command of a plugin takes. What is wrong with it goes to stderr.
 *
 * @throws AgentError terminal `DOCUMENT_UNREADABLE`, `DOCUMENT_INVALID`.
 */
export function readDocument(path: string, schema: JsonSchema, io: Io): JsonObject {
  const file = resolve(io.cwd, path);
  const { value, diagnostics } = readYamlDocument({ file, text: readText(file, io), schema, secrets: io.secrets });
  io.stderr.write(renderDiagnostics(diagnostics));
  if (value !== undefined) return value;
  throw new AgentError(`${file} has mistakes`, { code: 'DOCUMENT_INVALID', disposition: 'terminal' });
}

function readText(file: string, io: Io): string {
  try {
    return io.readFile(file).text;
  } catch (cause) {
    const { reason, hint } = fileError(cause);
    const code = 'DOCUMENT_UNREADABLE';
    throw new AgentError(`${file} cannot be read: ${reason}`, { code, disposition: 'terminal', hint, cause });
  }
}
