import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** More than any file the agent reads; a device or a pipe may have no end. */
const MAX_BYTES = 16 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a file, or what a pipe holds, as UTF-8; `mode` are its permission bits.
 *
 * @throws Error with the system's code, or `EFBIG` for more than 16 MiB.
 */
export function readFile(path: string): { readonly text: string; readonly mode: number } {
  const file = openSync(path, 'r');
  try {
    return { text: readAll(file).toString('utf8'), mode: fstatSync(file).mode & 0o777 };
  } finally {
    closeSync(file);
  }
}

function readAll(file: number): Buffer {
  const chunks: Buffer[] = [];
  for (let total = 0; total <= MAX_BYTES; ) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const read = readSync(file, chunk);
    if (read === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, read));
    total += read;
  }
  throw Object.assign(new Error('the file is too large'), { code: 'EFBIG' });
}
