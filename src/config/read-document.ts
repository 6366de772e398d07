import { isScalar } from 'yaml';
import { isJsonObject, type JsonObject } from '../lib/json.ts';
import type { JsonSchema } from '../plugin/contract.ts';
import type { Diagnostic } from './diagnostic.ts';
import { ALIAS_BOMB, plain } from './load.ts';
import { isError, type LocateInput, locate } from './locate.ts';
import { readYaml } from './read-yaml.ts';
import { createAjv, validate } from './validate.ts';

export interface ReadDocument {
  /** With the defaults of the schema; undefined when one of the diagnostics is an error. */
  readonly value: JsonObject | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** A YAML file that is no configuration and holds no secrets, read and checked like one. Never throws. */
export function readDocument(input: LocateInput & { readonly schema: JsonSchema }): ReadDocument {
  const { text, schema } = input;
  const source = readYaml(text);
  const { document, places } = source;
  const data = document && plain(document);
  const scalars = new Map(places.flatMap(({ node, path }) => (isScalar(node) ? [[path, node] as const] : [])));
  const view = { shows: () => true, source: (path: string) => scalars.get(path)?.source };
  const invalid = data === undefined ? [] : validate(createAjv(), schema, data, view);
  const bomb = document !== undefined && data === undefined ? [ALIAS_BOMB] : [];
  const problems = [...source.problems, ...bomb, ...invalid];
  const isWhole = isJsonObject(data) && !problems.some(isError);
  const diagnostics = locate(problems, source, (start, end) => text.slice(start, end), input);
  return { value: isWhole ? data : undefined, diagnostics };
}
