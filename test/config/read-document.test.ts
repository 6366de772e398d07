import { expect, test } from 'vitest';
import { readDocument } from '../../src/config/read-document.ts';
import { renderDiagnostics } from '../../src/config/render-diagnostics.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['kind'],
  properties: { kind: { const: 'Bucket' }, size: { type: 'integer', default: 500 } },
};

function read(text: string) {
  return readDocument({ file: 'bucket.yaml', text, secrets: { scrub: (said) => said }, schema });
}

test('a document that is right comes with the defaults of its schema', () => {
  expect(read('kind: Bucket\n')).toEqual({ value: { kind: 'Bucket', size: 500 }, diagnostics: [] });
});

test('everything that is wrong is said at once, with the line it is in', () => {
  const { value, diagnostics } = read('kind: Bucket\nsise: 1\nsize: large\n');
  expect(value).toBeUndefined();
  const text = renderDiagnostics(diagnostics);
  expect(text).toContain('bucket.yaml:2:1: ');
  expect(text).toContain('bucket.yaml:3:7: ');
  expect(text).toContain('size: large');
});

test.each(['', '[', 'a: &a [*a, *a]\n', '- 1\n'])('%j is no document', (text) => {
  const { value, diagnostics } = read(text);
  expect(value).toBeUndefined();
  expect(diagnostics.length).toBeGreaterThan(0);
});
