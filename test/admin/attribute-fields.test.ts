import { expect, test } from 'vitest';
import { attributeFields } from '../../src/admin/attribute-fields.ts';
import { slowStorage } from '../fakes/slow-storage.ts';

test('attributes become fields of the order form, and those that may change options of the resource', () => {
  const { options, resourceOptions } = attributeFields(slowStorage().plugin.attributes);
  expect(options).toEqual({
    tier: { type: 'select_string', label: 'Tier', choices: ['fast', 'slow'] },
    tags: { type: 'text', label: 'Tags', help_text: 'words of small letters' },
  });
  expect(resourceOptions).toEqual({ tags: options['tags'] });
});

test('a plugin without attributes adds nothing', () => {
  expect(attributeFields(undefined)).toEqual({ options: {}, resourceOptions: {} });
});

test('bounds, defaults and what is required are kept', () => {
  const schema = {
    type: 'object',
    additionalProperties: false,
    required: ['days'],
    properties: {
      days: { type: 'integer', title: 'Days', minimum: 1, maximum: 30, default: 7, description: 'How long.' },
      versioning: { type: 'boolean', title: 'Versioning' },
    },
  };
  expect(attributeFields({ schema }).options).toEqual({
    days: { type: 'integer', label: 'Days', help_text: 'How long.', min: 1, max: 30, default: 7, required: true },
    versioning: { type: 'boolean', label: 'Versioning' },
  });
});
