import { Ajv, type ErrorObject } from 'ajv';
import type { JsonSchema } from '../plugin/contract.ts';
import { addFormats, hasFormat } from '../plugin/formats.ts';
import { keyOf, type Problem, pointer, quote } from './diagnostic.ts';
import { KEYWORDS } from './schema.ts';
import { suggest } from './suggest.ts';

/** The formats a plugin's schema may use. */
export function createAjv(): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    // The branches of `if` and `allOf` say less than a whole schema.
    strictTypes: false,
    strictRequired: false,
    useDefaults: true,
    verbose: true,
    // Tests compile ours and the registry those of plugins: the schema of schemas would cost a tenth of the start.
    validateSchema: false,
    meta: false,
    // What is used once is not worth optimizing.
    code: { optimize: false },
  });
  ajv.addVocabulary([...KEYWORDS]);
  addFormats(ajv);
  return ajv;
}

/** What the file says at a JSON pointer. */
export interface FileView {
  /** Whether the value may be quoted in a message. */
  shows(path: string): boolean;
  /** The text of a scalar as written, before YAML reads it as a number or boolean. */
  source(path: string): string | undefined;
}

/** Returns everything wrong with `data`, which gets the defaults of the schema filled in. */
export function validate(ajv: Ajv, schema: JsonSchema, data: unknown, view: FileView): readonly Problem[] {
  const check = ajv.compile(schema);
  if (check(data)) return [];
  const problems = new Map<string, Problem>();
  for (const error of relevant(check.errors ?? [])) {
    const problem = explain(error, view);
    const same = ABOUT_KEYS.has(error.keyword) ? `${problem.path}\n${problem.message}` : problem.path;
    if (!problems.has(same)) problems.set(same, problem);
  }
  return [...problems.values()];
}

/** A value gets one error, a mapping one for each key. */
const ABOUT_KEYS: ReadonlySet<string> = new Set(['additionalProperties', 'required', 'dependencies', 'propertyNames']);

/** Without what only repeats another error. The order decides which error of a value is told: its type first. */
function relevant(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const unions = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf');
  return errors
    .filter(
      ({ keyword, schemaPath }) =>
        keyword !== 'if' && !unions.some((union) => schemaPath.startsWith(`${union.schemaPath}/`)),
    )
    .sort((a, b) => Number(b.keyword === 'type') - Number(a.keyword === 'type'));
}

function explain(error: ErrorObject, view: FileView): Problem {
  const { keyword, instancePath: path } = error;
  if (keyword === 'additionalProperties') return unknownKey(path, String(error.params['additionalProperty']), error);
  if (keyword === 'required' || keyword === 'dependencies') {
    const missing = String(error.params['missingProperty']);
    const where = path === '' || /^\d+$/.test(path.split('/').at(-1) ?? '') ? '' : ` in "${keyOf(path)}"`;
    return { severity: 'error', path, atKey: where !== '', message: `the key "${missing}" is missing${where}` };
  }
  if (keyword === 'propertyNames') {
    const key = String(error.params['propertyName']);
    return {
      severity: 'error',
      path: pointer(path, key),
      atKey: true,
      message: `${quote(key)} cannot be used as a name here`,
    };
  }
  const subject = path === '' ? 'the file' : `"${keyOf(path)}"`;
  return {
    severity: 'error',
    path,
    message: `${subject} must ${requirement(error)}`,
    hint: advice(error, view),
  };
}

function unknownKey(parent: string, key: string, error: ErrorObject): Problem {
  const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {});
  const meant = suggest(key, known);
  const hint = key === '<<' ? 'YAML 1.2 has no merge keys: write the keys out' : meant && `did you mean "${meant}"?`;
  return { severity: 'error', path: pointer(parent, key), atKey: true, message: `unknown key ${quote(key)}`, hint };
}

function requirement(error: ErrorObject): string {
  const { keyword, params, parentSchema, message } = error;
  const expected: unknown = parentSchema?.['x-expected'];
  if (typeof expected === 'string') return `be ${expected}`;
  if (SHORTEST.has(keyword) && params['limit'] === 1) return 'not be empty';
  const known = condition(error);
  return known === undefined ? (message ?? 'must be valid').replace(/^must /, '') : `be ${known}`;
}

const SHORTEST: ReadonlySet<string> = new Set(['minLength', 'minItems', 'minProperties']);

function condition({ keyword, params }: ErrorObject): string | undefined {
  switch (keyword) {
    case 'type':
      return [params['type']]
        .flat()
        .map((type) => TYPES[String(type)] ?? String(type))
        .join(' or ');
    case 'enum':
      return `one of ${(params['allowedValues'] as readonly unknown[]).join(', ')}`;
    case 'const':
      return String(params['allowedValue']);
    case 'minimum':
      return `at least ${params['limit']}`;
    case 'maximum':
      return `at most ${params['limit']}`;
    case 'exclusiveMinimum':
      return `more than ${params['limit']}`;
    case 'minLength':
    case 'minItems':
      return `at least ${params['limit']} long`;
    case 'maxLength':
    case 'maxItems':
      return `at most ${params['limit']} long`;
    case 'uniqueItems':
      return 'free of duplicates';
    case 'format':
      return params['format'] === 'uri' ? 'an http:// or https:// URL' : `a valid ${params['format']}`;
    case 'pattern':
      return `text of the form ${quote(String(params['pattern']))}`;
    case 'anyOf':
    case 'oneOf':
      return 'one of the forms that are allowed here';
    default:
      return undefined;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'a mapping of keys to values',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'empty',
};

function advice(error: ErrorObject, view: FileView): string | undefined {
  const { keyword, params, data, parentSchema, instancePath: path } = error;
  if (data === null) return 'it is empty';
  if (keyword === 'type' && params['type'] === 'string') {
    const isScalar = typeof data === 'number' || typeof data === 'boolean';
    return isScalar && fits(view.source(path) ?? String(data), parentSchema ?? {}) ? 'put it in quotes' : undefined;
  }
  if (keyword === 'type' && params['type'] === 'boolean') return 'write true or false, without quotes';
  if (keyword !== 'enum' || typeof data !== 'string' || !view.shows(path)) return undefined;
  const meant = suggest(data, (params['allowedValues'] as readonly unknown[]).map(String));
  return meant === undefined ? undefined : `did you mean "${meant}"?`;
}

/** Whether the text would be valid if YAML read it as text: a UUID of digits only is a number without quotes. */
function fits(text: string, schema: JsonSchema): boolean {
  const { pattern, format } = schema;
  if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(text)) return false;
  return typeof format !== 'string' || hasFormat(format, text);
}
