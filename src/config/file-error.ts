/** Why a file could not be read, and what the operator can do about it. */
export interface FileError {
  readonly reason: string;
  readonly hint: string | undefined;
}

/** In our own words: the system's message repeats the path, and may be the only place that shows it. */
export function fileError(error: unknown): FileError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const known = typeof code === 'string' ? KNOWN[code] : undefined;
  if (known !== undefined) return { reason: `${known.reason} (${String(code)})`, hint: known.hint };
  if (typeof code === 'string') return { reason: code, hint: undefined };
  return { reason: error instanceof Error ? error.message : 'unknown error', hint: undefined };
}

const KNOWN: Readonly<Record<string, { readonly reason: string; readonly hint?: string }>> = {
  ENOENT: { reason: 'there is no such file' },
  ENOTDIR: { reason: 'a part of its path is not a directory' },
  EISDIR: { reason: 'it is a directory', hint: 'name the file in it' },
  EACCES: {
    reason: 'permission denied',
    hint: 'the user that runs the agent must be able to read the file and to enter every directory above it',
  },
  EEXIST: { reason: 'it exists already', hint: 'choose another name, or remove it first' },
  EFBIG: { reason: 'it is too large', hint: 'this is not a file the agent can use' },
};
