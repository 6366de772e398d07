import type { Ajv } from 'ajv';
import { type Document, isAlias, isScalar, type Node, type Scalar } from 'yaml';
import type { JsonSchema } from '../plugin/contract.ts';
import { keyOf, type Problem } from './diagnostic.ts';
import type { Place } from './list-places.ts';
import type { Substitution } from './substitute.ts';

export interface SurveyInput {
  readonly document: Document;
  readonly places: readonly Place[];
  readonly substitutions: ReadonlyMap<Scalar, Substitution>;
  /** The values of the document, with normalised ids. */
  readonly data: unknown;
  readonly schema: JsonSchema;
  readonly ajv: Ajv;
}

/** What the schema says about the places of the document, whether it is valid or not. */
export interface Survey {
  /** Scalars that a declared key has, and that are not secret: only they may be shown. */
  readonly shown: ReadonlySet<Scalar>;
  /** Values that must be registered with the log scrubber. */
  readonly secrets: readonly string[];
  /** Secrets that are written into the file. */
  readonly literalSecrets: readonly string[];
  /** Values that look like numbers but belong to a key that takes text: as written. */
  readonly texts: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

interface Declared {
  readonly schemas: readonly JsonSchema[];
  readonly data: unknown;
  readonly hidden: boolean;
  readonly secret: boolean;
}

export function survey(input: SurveyInput): Survey {
  const known = new Map<string, Declared>();
  const shown = new Set<Scalar>();
  const secrets: string[] = [];
  const literalSecrets: string[] = [];
  const texts = new Map<string, string>();
  const problems: Problem[] = [];
  for (const place of input.places) {
    const declared = declare(place, known, input);
    known.set(place.path, declared);
    const ignored = declared.schemas.map((schema) => schema['x-ignored']).find((why) => typeof why === 'string');
    if (ignored !== undefined) problems.push(ignoredKey(place.path, ignored));
    const scalar = scalarAt(place.node, input.document);
    if (scalar === undefined) continue;
    const substitution = input.substitutions.get(scalar);
    const text = substitution?.text ?? textOf(scalar.value);
    if (substitution !== undefined && typeof scalar.value !== 'string' && takesOnlyText(declared.schemas)) {
      texts.set(place.path, text);
    }
    const secret = declared.secret || PASSWORD_IN_URL.test(text);
    if (secret && text !== '') {
      secrets.push(...secretsIn(text));
      if (substitution?.literal !== false) literalSecrets.push(place.path);
    }
    if (!declared.hidden && !secret && !isAlias(place.node) && takesScalar(declared.schemas)) shown.add(scalar);
  }
  return { shown, secrets, literalSecrets, texts, problems };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value ?? '') ?? '');
}

const PASSWORD_IN_URL = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*:([^/?#\s]+)@/i;

function secretsIn(text: string): readonly string[] {
  const password = PASSWORD_IN_URL.exec(text)?.[1];
  return password === undefined ? [text] : [text, password];
}

function ignoredKey(path: string, why: string): Problem {
  return { severity: 'warning', path, atKey: true, message: `"${keyOf(path)}" has no effect: ${why}` };
}

function scalarAt(node: Node | undefined, document: Document): Scalar | undefined {
  const target = isAlias(node) ? node.resolve(document) : node;
  return isScalar(target) ? target : undefined;
}

function declare(place: Place, known: ReadonlyMap<string, Declared>, input: SurveyInput): Declared {
  const parent = place.parent === undefined ? undefined : known.get(place.parent);
  const data = parent === undefined ? input.data : valueAt(parent.data, place.segment);
  const own = parent === undefined ? [input.schema] : parent.schemas.flatMap((schema) => child(schema, place.segment));
  const schemas = own.flatMap((schema) => expand(schema, data, input));
  const secret = parent?.secret === true || schemas.some((schema) => schema['x-secret'] === true);
  const hidden =
    secret || parent?.hidden === true || schemas.length === 0 || schemas.some((schema) => 'x-ignored' in schema);
  return { schemas, data, secret, hidden };
}

function valueAt(data: unknown, segment: string): unknown {
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, segment)) return undefined;
  return (data as Readonly<Record<string, unknown>>)[segment];
}

function child(schema: JsonSchema, segment: string): readonly JsonSchema[] {
  const properties = schema['properties'] as Readonly<Record<string, JsonSchema>> | undefined;
  if (properties !== undefined && Object.hasOwn(properties, segment)) return schemasIn(properties[segment]);
  if (/^\d+$/.test(segment) && 'items' in schema) return schemasIn(schema['items']);
  return schemasIn(schema['additionalProperties']);
}

/** The schema and everything it combines that applies to the data. */
function expand(schema: JsonSchema, data: unknown, input: SurveyInput): readonly JsonSchema[] {
  const target = schema['$ref'];
  if (typeof target === 'string') return expand(definition(input.schema, target), data, input);
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => schemasIn(schema[keyword]));
  const [condition] = schemasIn(schema['if']);
  if (condition !== undefined) parts.push(...schemasIn(schema[input.ajv.validate(condition, data) ? 'then' : 'else']));
  return [schema, ...parts.flatMap((part) => expand(part, data, input))];
}

function definition(root: JsonSchema, ref: string): JsonSchema {
  const definitions = root['definitions'] as Readonly<Record<string, JsonSchema>> | undefined;
  return definitions?.[ref.replace('#/definitions/', '')] ?? {};
}

function schemasIn(value: unknown): JsonSchema[] {
  return [value].flat().filter((item): item is JsonSchema => typeof item === 'object' && item !== null);
}

/** A text where a mapping is expected may be a key and its secret without the colon. */
function takesScalar(schemas: readonly JsonSchema[]): boolean {
  return !schemas.some(({ type }) => type === 'object' || type === 'array');
}

function takesOnlyText(schemas: readonly JsonSchema[]): boolean {
  const types = schemas.map((schema) => schema['type']).filter((type) => type !== undefined);
  return types.length > 0 && types.every((type) => type === 'string');
}
