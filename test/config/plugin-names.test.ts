import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPluginNames } from '../../src/config/plugin-names.ts';

test('names of external plugins are read from any text', () => {
  expect(readPluginNames('plugins: [a, "@b/c", 1, [x]]\nofferings: !x [\n').packages).toEqual(['a', '@b/c']);
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readPluginNames(`${text}\nplugins`)).toEqual({ packages: [], backendTypes: [] });
    }),
  );
});

test('a file that is too large to be a configuration is not parsed for them', () => {
  const text = `plugins: [a]\n#${'x'.repeat(1024 * 1024)}`;
  expect(readPluginNames(text).packages).toEqual([]);
});

test('backend types are read as they are written, through aliases too', () => {
  const text = `offerings:
  - &one {name: a, backend_type: &type croit_s3}
  - {backend_type: *type}
  - {backend_type: "\${env:B}"}
  - {backend_type: 7}
  - *one
  - text
`;
  expect(readPluginNames(text).backendTypes).toEqual(['croit_s3', 'croit_s3', '${env:B}', 'croit_s3']);
});
