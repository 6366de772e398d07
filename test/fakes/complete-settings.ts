import type { JsonSchema } from '../../src/plugin/contract.ts';
import { settingsValidator } from '../../src/plugin/schema.ts';

/**
 * Settings as a backend gets them, with the defaults of its schema.
 *
 * @throws Error what the schema refuses
 */
export function completeSettings<Settings>(schema: JsonSchema, settings: Readonly<Record<string, unknown>>): Settings {
  const complete = { ...settings };
  const validate = settingsValidator().compile(schema);
  if (!validate(complete)) throw new Error(JSON.stringify(validate.errors));
  return complete as unknown as Settings;
}
