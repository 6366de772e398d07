import { expect, test } from 'vitest';
import { MAX_CONFIG_BYTES, readYaml } from '../../src/config/read-yaml.ts';

const CHARACTER = 'a character is missing here: a comma, a bracket, a colon after a key, or a space';

test.each([
  ['[a, b', CHARACTER, 5],
  ['{ a: b', CHARACTER, 6],
  ['a: "b', 'a closing quote is missing', 5],
  ["a: 'b", 'a closing quote is missing', 5],
])('%j says what is missing', (text, message, offset) => {
  const { document, places, problems } = readYaml(text);
  expect([document, places]).toEqual([undefined, []]);
  expect(problems[0]).toEqual({ severity: 'error', path: '', message, offset });
});

test('a tag that is not known leaves the rest to be read', () => {
  const { places, problems } = readYaml('a: !x b\nc: d\n');
  expect(places.map(({ path }) => path)).toEqual(['', '/a', '/c']);
  expect(problems.map(({ message }) => message)).toEqual(['this tag (!name) is not known']);
});

test('a file of 1 MiB is read, and one of a byte more is not', () => {
  const largest = `#${'x'.repeat(MAX_CONFIG_BYTES - 1)}`;
  expect(readYaml(largest).problems).toEqual([]);
  expect(readYaml(`${largest}x`).problems).toMatchObject([{ offset: 0, message: 'the file is larger than 1 MiB' }]);
});

test('lines are known of a text that cannot be read', () => {
  const { lines, problems } = readYaml('a\nbc\nd\uFFFDe\n');
  expect(lines.linePos(problems[0]?.offset ?? 0)).toEqual({ line: 3, col: 2 });
});
