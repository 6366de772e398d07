import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPluginNames } from '../../src/config/plugin-names.ts';

test('names of external plugins are read from any text', () => {
  expect(readPluginNames('plugins: [a, "@b/c", 1, [x]]\nofferings: !x [\n')).toEqual(['a', '@b/c']);
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readPluginNames(`${text}\nplugins`)).toEqual([]);
    }),
  );
});

test('a file that is too large to be a configuration is not parsed for them', () => {
  const text = `plugins: [a]\n#${'x'.repeat(1024 * 1024)}`;
  expect(readPluginNames(text)).toEqual([]);
});
