import { expect, test } from 'vitest';
import { ENV, fileWith, shown } from './load-text.ts';

test('a mapping whose keys are digits is no list: what its schema declares may be shown', () => {
  const component = { accounting_type: 'usag', backend_name: 'storage', unit_factor: 1e9, unknown: 'hidden' };
  const text = shown(fileWith({ backend_components: { 7: component } }), { env: ENV });
  expect(text).toContain('"7":{"accounting_type":"usag","backend_name":"storage"');
  expect(text).not.toContain('hidden');
});
