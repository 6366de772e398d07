import { describe, expect, it } from 'vitest';
import { journalPrefix } from '../../src/daemon/journald.ts';

const STDOUT = { dev: 9, ino: 117259 };

describe('journalPrefix', () => {
  it.each([
    ['fatal', '<2>'],
    ['error', '<3>'],
    ['warn', '<4>'],
    ['info', '<6>'],
    ['debug', '<7>'],
    ['trace', '<7>'],
  ] as const)('%s is %s', (level, prefix) => {
    expect(journalPrefix('9:117259', STDOUT)(level)).toBe(prefix);
  });

  it.each([
    ['no journal', undefined],
    ['stdout was redirected', '9:1'],
    ['another device', '8:117259'],
    ['empty', ''],
  ])('nothing where %s', (_, stream) => {
    expect(journalPrefix(stream, STDOUT)('error')).toBe('');
  });
});
