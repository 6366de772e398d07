import fc from 'fast-check';
import { expect, test } from 'vitest';
import { logfmtLine } from '../../src/cli/logfmt-line.ts';

test('time, level and message come first, nested fields get dots, and values are quoted where they must be', () => {
  const record = {
    level: 'warn',
    time: '2026-11-28T22:00:00.000Z',
    offering: 'S3 prod',
    ms: 12,
    err: { code: 'WALDUR_FAILED', message: 'say "no"\nthen a=b' },
    empty: '',
    list: [1, 2],
    msg: 'order left as it is',
  };
  expect(logfmtLine(`${JSON.stringify(record)}\n`)).toBe(
    'time=2026-11-28T22:00:00.000Z level=warn msg="order left as it is" offering="S3 prod" ms=12 err.code=WALDUR_FAILED err.message="say \\"no\\"\\nthen a=b" empty="" list=[1,2]\n',
  );
});

test('what is not a JSON object stays as it is', () => {
  expect(logfmtLine('a warning of Node\n')).toBe('a warning of Node\n');
  expect(logfmtLine('[1]\n')).toBe('[1]\n');
});

test('one line stays one line, and control characters are escaped', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (record) => {
      expect(logfmtLine(JSON.stringify(record)).slice(0, -1)).not.toMatch(/\p{Cc}/u);
    }),
  );
});
