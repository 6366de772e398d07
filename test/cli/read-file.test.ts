import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFile } from '../../src/cli/read-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('returns the text and the permissions', () => {
  const file = join(folder, 'text');
  writeFileSync(file, 'ä'.repeat(50_000));
  chmodSync(file, 0o640);
  expect(readFile(file)).toEqual({ text: 'ä'.repeat(50_000), mode: 0o640 });
});

test('a file or device that is too large is refused before it fills the memory', () => {
  const file = join(folder, 'large');
  writeFileSync(file, '');
  truncateSync(file, 16 * 1024 * 1024 + 1);
  expect(() => readFile(file)).toThrow(expect.objectContaining({ code: 'EFBIG' }));
  expect(() => readFile('/dev/zero')).toThrow(expect.objectContaining({ code: 'EFBIG' }));
});

test('a directory and a missing file have the code of the system', () => {
  expect(() => readFile(folder)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  expect(() => readFile(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});
