import type { Problem } from './diagnostic.ts';
import { fileError } from './file-error.ts';
import type { SubstituteDeps } from './substitute.ts';

/** PEM text of the CAs in a file; undefined without a file, or when it holds none. @param path pointer of the setting */
export function readCa(
  file: string | undefined,
  path: string,
  readFile: SubstituteDeps['readFile'],
): { readonly text: string | undefined; readonly problems: readonly Problem[] } {
  if (file === undefined) return { text: undefined, problems: [] };
  const refuse = (message: string, hint?: string): ReturnType<typeof readCa> => ({
    text: undefined,
    problems: [{ severity: 'error', path, message, hint }],
  });
  try {
    const { text } = readFile(file);
    return text.includes('-----BEGIN CERTIFICATE-----')
      ? { text, problems: [] }
      : refuse(`${file} holds no PEM certificate`);
  } catch (error) {
    const { reason, hint } = fileError(error);
    return refuse(`cannot read ${file}: ${reason}`, hint);
  }
}
