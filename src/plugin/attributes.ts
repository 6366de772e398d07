import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import { AgentError } from '../lib/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import type { AttributeRules, JsonSchema } from './contract.ts';
import { settingsValidator } from './schema.ts';

/** The attributes a plugin knows, one by one. */
export interface AttributeReader {
  readonly names: readonly string[];
  isChangeable(name: string): boolean;
  /**
   * The value of one attribute as the plugin wants it: what a form field says as text is read as the type that the schema
   * asks for. Null, an empty text and undefined are undefined, which is "not ordered".
   *
   * @throws AgentError terminal `ORDER_ATTRIBUTE_INVALID`, with a text for the consumer.
   */
  read(name: string, value: Json | undefined): Json | undefined;
  /** The attributes that an order must have. */
  readonly required: readonly string[];
  title(name: string): string;
  normalize(attributes: JsonObject): JsonObject;
}

const READERS = new WeakMap<AttributeRules, AttributeReader>();

/** Compiled once for each set of rules, at first use. */
export function attributeReader(rules: AttributeRules | undefined): AttributeReader | undefined {
  if (rules === undefined) return undefined;
  const known = READERS.get(rules) ?? createReader(rules);
  READERS.set(rules, known);
  return known;
}

function createReader(rules: AttributeRules): AttributeReader {
  const properties = propertiesOf(rules.schema);
  const ajv: Ajv = settingsValidator();
  const validators = new Map<string, ValidateFunction>();
  const title = (name: string): string => {
    const said = properties[name]?.['title'];
    return typeof said === 'string' ? said : name;
  };
  const { required } = rules.schema;
  return {
    names: Object.keys(properties),
    isChangeable: (name) => properties[name]?.['x-changeable'] === true,
    required: Array.isArray(required) ? required.map(String) : [],
    title,
    normalize: (attributes) => rules.normalize?.(attributes) ?? attributes,
    read: (name, value) => {
      const schema = properties[name];
      if (schema === undefined || value === undefined || value === null || value === '') return undefined;
      const read = coerce(value, schema);
      const validate = validators.get(name) ?? ajv.compile(schema);
      validators.set(name, validate);
      if (validate(read)) return read;
      throw new AgentError(
        `${title(name)} is ${shown(value)}; it must be ${expected(schema, validate.errors ?? [])}.`,
        {
          code: 'ORDER_ATTRIBUTE_INVALID',
          disposition: 'terminal',
          hint: 'Place the order again with another value.',
        },
      );
    },
  };
}

export function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  const { properties } = schema;
  return isJsonObject(properties) ? (properties as Readonly<Record<string, JsonSchema>>) : {};
}

/** Forms of Waldur send text for what they have no field for: lists and objects as JSON, lists also line by line. */
function coerce(value: Json, schema: JsonSchema): Json {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  switch (schema['type']) {
    case 'integer':
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : value;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : value;
    case 'array':
      return text.startsWith('[') ? parsed(text) : text.split(/[\n,]/).flatMap((item) => item.trim() || []);
    case 'object':
      return parsed(text);
    default:
      return text;
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** In the words of the schema, which are for people, before those of the validator. */
function expected(schema: JsonSchema, errors: readonly ErrorObject[]): string {
  const [error] = errors;
  const words = schema['x-expected'] ?? error?.parentSchema?.['x-expected'];
  if (typeof words === 'string') return words;
  const { enum: choices } = schema;
  if (Array.isArray(choices)) return `one of ${choices.map(String).join(', ')}`;
  const where = error?.instancePath ? ` at ${error.instancePath.slice(1)}` : '';
  return (error?.message ?? 'something else').replace(/^must be /, '').replace(/^must /, 'such that it must ') + where;
}

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
