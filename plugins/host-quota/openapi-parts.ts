import type { JsonSchema } from '../../src/plugin/contract.ts';

/** What the descriptions of the APIs are made of. */

export const WHOLE: JsonSchema = { type: 'integer', minimum: 0 };
export const TEXT: JsonSchema = { type: 'string' };
export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
export const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

export function object(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(properties),
    properties: { ...properties, ...optional },
  };
}

const json = (schema: JsonSchema): JsonSchema => ({ content: { 'application/json': { schema } } });
const FAILURES = { default: { description: 'What is wrong, as `msg`.', ...json(ref('Failure')) } };

/** `path` has its parameters in braces. */
export function call(summary: string, schema: JsonSchema): JsonSchema {
  return { summary, responses: { '200': { description: 'Done.', ...json(schema) }, ...FAILURES } };
}
