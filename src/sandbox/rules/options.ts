import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';

/** Fields of an offering's option form (`{order, options}`); empty when the offering has none. */
export function optionFields(form: JsonObject): JsonObject {
  const options = form['options'];
  return isJsonObject(options) ? options : {};
}

/** The values that belong to the form: 8.1 copies them from a Create order's attributes to the resource. */
export function pickOptions(form: JsonObject, attributes: JsonObject): JsonObject {
  const fields = optionFields(form);
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => name in fields));
}

/** Problems per option; undefined when the values fit the form. Unknown names are ignored. */
export function validateOptions(form: JsonObject, answers: JsonObject): Record<string, string[]> | undefined {
  const problems: Record<string, string[]> = {};
  for (const [name, field] of Object.entries(optionFields(form))) {
    if (!(name in answers) || !isJsonObject(field)) continue;
    const problem = problemOf(field, answers[name] ?? null);
    if (problem !== undefined) problems[name] = [problem];
  }
  return Object.keys(problems).length === 0 ? undefined : problems;
}

function problemOf(field: JsonObject, value: Json): string | undefined {
  if (value === null) return undefined;
  const type = field['type'];
  if (type === 'integer' || type === 'money') return numberProblem(field, value);
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : 'Must be a valid boolean.';
  if (type === 'string' || type === 'text') return typeof value === 'string' ? undefined : 'Not a valid string.';
  if (type !== 'select_string') return undefined;
  const choices = field['choices'];
  return Array.isArray(choices) && !choices.includes(value)
    ? `${JSON.stringify(value)} is not a valid choice.`
    : undefined;
}

function numberProblem(field: JsonObject, value: Json): string | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (!/^-?\d+$/.test(text)) return 'A valid integer is required.';
  const { min, max } = { min: field['min'], max: field['max'] };
  if (typeof min === 'number' && Number(text) < min) return `Ensure this value is greater than or equal to ${min}.`;
  if (typeof max === 'number' && Number(text) > max) return `Ensure this value is less than or equal to ${max}.`;
  return undefined;
}
