import { resolve } from 'node:path';
import { fileError } from '../config/file-error.ts';
import { readDocument } from '../config/read-document.ts';
import { renderDiagnostics } from '../config/render-diagnostics.ts';
import { AgentError } from '../lib/errors.ts';
import type { JsonObject } from '../lib/json.ts';
import type { JsonSchema } from '../plugin/contract.ts';
import type { Io } from './io.ts';

/**
 * A YAML file that a command was given. What is wrong with it goes to stderr.
 *
 * @throws AgentError `DOCUMENT_INVALID` when it has errors, `DOCUMENT_UNREADABLE` when it cannot be read.
 */
export async function loadDocument(path: string, schema: JsonSchema, io: Io): Promise<JsonObject> {
  const text = read(resolve(io.cwd, path), io);
  const { value, diagnostics } = readDocument({ file: path, text, schema, secrets: io.secrets });
  io.stderr.write(renderDiagnostics(diagnostics));
  if (value !== undefined) return value;
  throw new AgentError(`${path} has errors`, {
    code: 'DOCUMENT_INVALID',
    disposition: 'operator',
    hint: 'Correct them and run the command again.',
  });
}

function read(path: string, io: Io): string {
  try {
    return io.readFile(path).text;
  } catch (error) {
    const { reason, hint } = fileError(error);
    throw new AgentError(`${path} cannot be read: ${reason}`, {
      code: 'DOCUMENT_UNREADABLE',
      disposition: 'operator',
      hint,
    });
  }
}
