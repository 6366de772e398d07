import { describe, expect, test } from 'vitest';
import type { Problem } from '../../src/config/diagnostic.ts';
import { locate } from '../../src/config/locate.ts';
import { readYaml } from '../../src/config/read-yaml.ts';

const TEXT = 'a: 1\nb: { c: 2 }  \nd:\n';

function located(problems: readonly Partial<Problem>[], text = TEXT) {
  const whole = problems.map((problem): Problem => ({ severity: 'error', path: '', message: 'm', ...problem }));
  const secrets = { scrub: (said: string) => said.replaceAll('hidden', '***') };
  return locate(whole, readYaml(text), (start, end) => text.slice(start, end), { file: 'a.yaml', text, secrets });
}

describe('a problem is', () => {
  test.each<[string, Partial<Problem>, readonly [number, number]]>([
    ['at its value', { path: '/a' }, [1, 4]],
    ['at its key', { path: '/a', atKey: true }, [1, 1]],
    ['where its empty value would be', { path: '/d' }, [3, 3]],
    ['at a value inside', { path: '/b/c' }, [2, 9]],
    ['at the key around what is not there', { path: '/b/x/y' }, [2, 1]],
    ['at the beginning, where there is nothing around it', { path: '/x' }, [1, 1]],
    ['at its offset', { path: '/a', offset: 10 }, [2, 6]],
    ['at the end of the file at most', { offset: 999 }, [4, 1]],
  ])('%s', (_, problem, [line, col]) => {
    expect(located([problem])).toMatchObject([{ line, col, file: 'a.yaml', severity: 'error' }]);
  });
});

test('a key without a value is where its problem is', () => {
  expect(located([{ path: '/a' }], '{ a }')).toMatchObject([{ line: 1, col: 3 }]);
});

test('its line is shown without what follows it, and what is hidden stays so', () => {
  const [first, second, last] = located([
    { path: '/a', message: 'it is hidden', hint: 'h' },
    { path: '/b/c', severity: 'warning' },
    { offset: TEXT.length },
  ]);
  expect(first).toMatchObject({ message: 'it is ***', hint: 'h', excerpt: { text: 'a: 1', caret: 3 } });
  expect(second).toMatchObject({ severity: 'warning', excerpt: { text: 'b: { c: 2 }', caret: 8 } });
  expect(last?.excerpt).toEqual({ text: '', caret: 0 });
  expect(located([{ path: '/a' }], 'a: hidden')[0]?.excerpt).toEqual({ text: 'a: ***', caret: 3 });
});

test('a hundred are told, errors before warnings, and all in the order of the file', () => {
  const text = Array.from({ length: 120 }, (_, line) => `k${line}: 1\n`).join('');
  const problems = Array.from({ length: 120 }, (_, line): Partial<Problem> => {
    return { path: `/k${119 - line}`, severity: line < 60 ? 'error' : 'warning' };
  });
  const told = located(problems, text);
  expect(told).toHaveLength(100);
  expect(told.filter(({ severity }) => severity === 'error')).toHaveLength(60);
  const lines = told.map(({ line }) => line);
  expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  expect(lines[0]).toBe(1);
});
