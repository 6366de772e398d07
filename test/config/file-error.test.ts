import { expect, test } from 'vitest';
import { fileError } from '../../src/config/file-error.ts';

test.each([
  ['ENOENT', 'there is no such file (ENOENT)', undefined],
  ['EISDIR', 'it is a directory (EISDIR)', 'name the file in it'],
  ['EACCES', 'permission denied (EACCES)', expect.stringContaining('must be able to read the file')],
  ['EIO', 'EIO', undefined],
])('%s', (code, reason, hint) => {
  expect(fileError(Object.assign(new Error('/secret/path'), { code }))).toEqual({ reason, hint });
});

test.each([
  [new Error('it broke'), 'it broke'],
  [Object.assign(new Error('it broke'), { code: 5 }), 'it broke'],
  [{ code: 'ENOENT' }, 'unknown error'],
  ['text', 'unknown error'],
  [undefined, 'unknown error'],
])('%o without a code of the system says what it can', (error, reason) => {
  expect(fileError(error)).toEqual({ reason, hint: undefined });
});
