import { propertiesOf } from '../plugin/attributes.ts';
import type { AttributeRules, JsonSchema, OptionTemplate } from '../plugin/contract.ts';

export interface AttributeFields {
  /** Of the order form. */
  readonly options: Readonly<Record<string, OptionTemplate>>;
  /** What the consumer may change later. */
  readonly resourceOptions: Readonly<Record<string, OptionTemplate>>;
}

/** Fields of Waldur's forms for the attributes of a plugin. Lists and objects are texts, which the agent reads. */
export function attributeFields(rules: AttributeRules | undefined): AttributeFields {
  const properties = Object.entries(rules === undefined ? {} : propertiesOf(rules.schema));
  const { required } = rules?.schema ?? {};
  const isRequired = (name: string): boolean => Array.isArray(required) && required.includes(name);
  const options = properties.map(([name, schema]) => [name, { ...fieldOf(name, schema), ...when(isRequired(name)) }]);
  const changeable = properties.filter(([, schema]) => schema['x-changeable'] === true);
  return {
    options: Object.fromEntries(options),
    resourceOptions: Object.fromEntries(changeable.map(([name, schema]) => [name, fieldOf(name, schema)])),
  };
}

function when(required: boolean): Pick<OptionTemplate, 'required'> {
  return required ? { required } : {};
}

function fieldOf(name: string, schema: JsonSchema): OptionTemplate {
  const { title, description, enum: choices, minimum, maximum, default: preset } = schema;
  const help = [description, schema['x-expected']].filter((text) => typeof text === 'string').join(' It must be ');
  return {
    type: typeOf(schema),
    label: typeof title === 'string' ? title : name,
    ...(help !== '' && { help_text: help }),
    ...(Array.isArray(choices) && { choices: choices.map(String) }),
    ...(typeof minimum === 'number' && { min: minimum }),
    ...(typeof maximum === 'number' && { max: maximum }),
    ...(isPlain(preset) && { default: preset }),
  };
}

function typeOf({ type, enum: choices }: JsonSchema): OptionTemplate['type'] {
  if (Array.isArray(choices)) return 'select_string';
  if (type === 'boolean' || type === 'integer') return type;
  return type === 'array' || type === 'object' ? 'text' : 'string';
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
