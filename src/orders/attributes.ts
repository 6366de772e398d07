import { AgentError, isAgentError } from '../lib/errors.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import type { AttributeReader } from '../plugin/attributes.ts';
import type { Problem } from './problem.ts';

export interface AttributeSources {
  /** Of an options order, and of no other. */
  readonly newOptions: JsonObject;
  readonly options: JsonObject;
  readonly attributes: JsonObject;
}

export interface OrderedAttributes {
  /** In the normal form of the plugin. What was not ordered is missing; null is what an option unsets. */
  readonly attributes: JsonObject;
  readonly problems: readonly Problem[];
}

/** What was ordered beside limits. Options say what may be changed later, attributes of the order everything. */
export function orderedAttributes(reader: AttributeReader | undefined, sources: AttributeSources): OrderedAttributes {
  if (reader === undefined) return { attributes: {}, problems: [] };
  const attributes: Record<string, Json> = {};
  const problems: Problem[] = [];
  for (const key of reader.names) {
    try {
      const value = readOne(reader, key, sources);
      if (value !== undefined) attributes[key] = value;
    } catch (error) {
      if (!isAgentError(error)) throw error;
      problems.push({ aspect: 'attributes', key, error });
    }
  }
  return { attributes: reader.normalize(attributes), problems };
}

function readOne(reader: AttributeReader, key: string, sources: AttributeSources): Json | undefined {
  if (!reader.isChangeable(key) && key in sources.newOptions) {
    const said = reader.read(key, sources.newOptions[key]);
    const before = reader.read(key, sources.attributes[key]);
    if (said !== undefined && JSON.stringify(said) !== JSON.stringify(before)) throw fixed(reader.title(key));
  }
  const source = reader.isChangeable(key)
    ? [sources.newOptions, sources.options].find((options) => key in options)
    : undefined;
  if (source !== undefined) return reader.read(key, source[key]) ?? null;
  const value = reader.read(key, sources.attributes[key]);
  if (value === undefined && reader.required.includes(key)) throw missing(reader.title(key));
  return value;
}

function missing(title: string): AgentError {
  return new AgentError(`The order does not say the ${title}.`, {
    code: 'ORDER_ATTRIBUTE_MISSING',
    disposition: 'terminal',
    hint: 'Place the order again with it.',
  });
}

function fixed(title: string): AgentError {
  return new AgentError(`${title} cannot be changed after the creation.`, {
    code: 'ORDER_ATTRIBUTE_FIXED',
    disposition: 'terminal',
    hint: 'Order another one with the value you need.',
  });
}
