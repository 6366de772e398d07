import { isJsonObject } from '../lib/json.ts';
import type { JsonSchema } from '../plugin/contract.ts';
import { entry, roff, title } from './man.ts';

/** `agent.yaml(5)` from the schema of the configuration, or of the settings of one backend. */
export function renderConfigManPage(schema: JsonSchema, version: string): string {
  const definitions = isJsonObject(schema['definitions']) ? Object.entries(schema['definitions']) : [];
  return [
    title('AGENT.YAML', 5, version),
    '.SH NAME',
    'agent.yaml \\- configuration of the Waldur Storage Agent',
    '.SH DESCRIPTION',
    roff(
      'YAML 1.2. Values may refer to secrets: ${env:NAME}, ${file:/path} and ${credential:name}. agent validate checks the file.',
    ),
    ...section('KEYS', schema),
    ...definitions.flatMap(([name, definition]) =>
      isJsonObject(definition) ? section(`KEYS OF ${name.toUpperCase()}`, definition) : [],
    ),
    '.SH SEE ALSO',
    '.BR agent (8)',
    '',
  ].join('\n');
}

function section(heading: string, schema: JsonSchema): readonly string[] {
  const properties = isJsonObject(schema['properties']) ? Object.entries(schema['properties']) : [];
  const known = properties.filter(([, property]) => isJsonObject(property) && !('x-ignored' in property));
  const required: unknown = schema['required'];
  const entries = known.flatMap(([name, property]) => {
    const must = Array.isArray(required) && required.includes(name) ? ' (required)' : '';
    return entry(`${name}${must}`, describe(property as JsonSchema));
  });
  return entries.length === 0 ? [] : [`.SH ${roff(heading)}`, ...entries];
}

function describe(schema: JsonSchema): string {
  const { description, default: fallback } = schema;
  const values: unknown = schema['enum'];
  const parts = [
    typeof description === 'string' ? description : '',
    Array.isArray(values) ? `One of ${values.join(', ')}.` : '',
    fallback === undefined ? '' : `Default: ${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}.`,
  ];
  const text = parts.filter((part) => part !== '').join(' ');
  return text === ''
    ? `${typeof schema['type'] === 'string' ? schema['type'] : 'any value'}.`
    : text.replaceAll('\n', ' ');
}
